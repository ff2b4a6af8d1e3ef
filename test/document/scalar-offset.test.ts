import { describe, expect, test } from 'vitest'
import { parseFile, placeInside } from '../../src/document/file/source-file.ts'

function place(text: string, offset: number): string {
  const { line, column } = placeInside(parseFile('/test.yaml', text).value as object, 'a', offset)
  return `${line}:${column}`
}

describe('each character of a value is found in the text', () => {
  test.each([
    ['plain', 'a: $statusCode == 200'],
    ['plain over lines', 'a: one\n   two\n   three\nb: 1'],
    ['single quotes', "a: 'it {$inputs.a}'"],
    ['double quotes over lines', 'a: "one\n  two\n\n  three"'],
    ['literal', 'a: |\n    {\n      "b": 1\n    }\n'],
    ['literal with CRLF', 'a: |\r\n  one\r\n  two\r\n'],
    ['literal that keeps blank lines', 'a: |+\n\n  one\n\n  two\n\nb: 1'],
    ['literal with an indentation of its own', 'a: |2\n    one\n  two\n'],
    ['folded', 'a: >-\n  one\n  two\n\n  three\n    deeper\n  four\n'],
    ['folded with leading blank lines', 'a: >\n\n  one\n  two\n'],
    ['anchored and tagged', 'a: &x !!str text'],
    ['by alias', 'b: &x text\na: *x'],
    ['in a flow mapping', '{ "b": 1, "a": "text" }'],
  ])('%s', (_, text) => {
    const record = parseFile('/test.yaml', text).value as { a: string }
    const lines = text.split(/\r?\n/)
    const found = Array.from(record.a, (_, offset) => {
      const { line, column } = placeInside(record, 'a', offset)
      return lines[line - 1]![column - 1] ?? '\n'
    })
    // What YAML makes of a line break stands at a line break or where the next line begins.
    const folded = Array.from(record.a, (char, index) => (/\s/.test(char) ? char : found[index])).join('')
    expect(folded).toBe(record.a)
  })
})

test('quotes and escapes are counted as they are written', () => {
  expect(place("a: 'it''s b'", 3)).toBe('1:9')
  expect(place("a: 'it''s b'", 5)).toBe('1:11')
  expect(place('a: "\\u0041\\t\\"x"', 0)).toBe('1:5')
  expect(place('a: "\\u0041\\t\\"x"', 1)).toBe('1:11')
  expect(place('a: "\\u0041\\t\\"x"', 3)).toBe('1:15')
  expect(place('a: "one \\\n  two"', 4)).toBe('2:3')
})

test('the end of a text is behind its last character', () => {
  expect(place('a: one', 3)).toBe('1:7')
  expect(place('a: "one"', 3)).toBe('1:8')
  expect(place('a: |\n  one\n', 3)).toBe('2:6')
})

test('where a place cannot be told, it is where the scalar begins', () => {
  expect(place('a: 200', 2)).toBe('1:4')
  expect(place('a: { b: 1 }', 2)).toBe('1:4')
})
