import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OnCollection, ParsedText } from '../../src/document/file/parsed-text.ts'
import { parseJson } from '../../src/document/file/source-file.ts'
import { parseYaml, partsOf } from '../../src/document/file/yaml.ts'
import { amount } from '../builders/thorough.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SHOP = readFileSync(join(root, 'examples/shop/openapi.yaml'), 'utf8')

/** All that a reading of a text gives: values, faults, and where each collection and member stands. */
function allOf(read: (onCollection: OnCollection) => ParsedText | undefined) {
  const collections = new Map<unknown, number>()
  const keys = new Map<unknown, string | number>()
  const parsed = read((value, _, key, collection) => {
    collections.set(value, collection)
    keys.set(value, key)
  })
  if (parsed === undefined) return undefined
  const { value, faults, offsets } = parsed
  const places: unknown[] = []
  for (const one of collectionsWithin(value)) {
    const collection = collections.get(one)!
    const members = Object.keys(one).map((_, position) => offsets.member(collection, position))
    places.push({ key: keys.get(one), start: offsets.start(collection), members })
  }
  return { value, faults, places }
}

function collectionsWithin(root: unknown): Set<object> {
  const found = new Set<object>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || found.has(value)) return
    found.add(value)
    for (const member of Object.values(value)) visit(member)
  }
  visit(root)
  return found
}

const inParts = (text: string, usual: number) => allOf(onCollection => parseYaml(text, onCollection, usual))
const asWhole = (text: string) => inParts(text, Number.POSITIVE_INFINITY)

const filler = Array.from({ length: 12 }, (_, n) => `filler${n}: text\n`).join('')

describe('a large text that is read in parts is what it is as a whole', () => {
  test.each([
    [
      'mappings within mappings',
      'paths:\n  /a:\n    get:\n      x: 1\n  /b: { get: 1 }\ncomponents:\n  schemas:\n    A: 1\n',
    ],
    ['comments and blank lines anywhere', '# one\n\na: 1\n  # two\n\nb:\n# three\n  c: 1\n\n  d: 2\n'],
    ['a document marker', '# comment\n---\na: 1\nb:\n  c: 2\n'],
    ['lists as deep as their key', 'a:\n- x: 1\n  y: 2\n- z\nb:\n  c:\n  - 1\n  d: 2\n'],
    ['texts in blocks', 'a: |\n  b: 1\n   c: 2\n\n  d\ne:\n  f: >-\n    g: 1\n\n    h\n  i: 2\n'],
    ['texts over lines', 'a: one\n  two\nb: "x\n  y: 1\n  z"\nc:\n  d: \'q\n    r\'\n  e: 1\n'],
    ['mappings in braces over lines', 'a: { b: 1,\n  c: 2 }\nd:\n  e: [1,\n    2]\n  f: 3\n'],
    ['anchors of other parts', 'a: &a\n  b: &b text\n  c: 1\nd: *a\ne:\n  f: *b\n  g: { <<: *a, c: 2 }\n'],
    ['keys in quotes and of digits', 'a:\n  "200": x\n  \'b c\': y\n  404: z\n  100: w\n"d": 1\n'],
    ['Windows line breaks', 'a:\r\n  b: 1\r\n  c: |\r\n    x\r\n    y\r\nd: 2\r\n'],
    ['keys without values', 'a:\nb:\n  c:\n  d: 1\ne:\n'],
    ['warnings of both kinds', 'a: 12345678901234567890\nb:\n  c: !secret 1\n  d: 1\n'],
    ['warnings', 'a: !secret x\nb:\n  c: 12345678901234567890\n  d: 1\n'],
  ])('%s', (_, text) => {
    expect(asWhole(text + filler)?.value).toBeTypeOf('object')
    expect(partsOf(text + filler, 1)?.length).toBeGreaterThan(1)
    for (const one of [filler + text, text + filler])
      for (const usual of [1, 4]) expect(inParts(one, usual)).toEqual(asWhole(one))
  })

  test.each([
    ['a key that stands twice, far apart', 'a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n', 'the mapping has this key already'],
    ['a text without end', 'a: "x\nb:\n  c: 1\n', 'missing closing "quote'],
    [
      'a brace without end',
      'a: { b: 1\nc: 2\n',
      'flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['an alias of nothing', 'a: 1\nb: *nope\n', 'nothing before this is anchored as &nope'],
    ['a second document', 'a: 1\n---\nb: 1\n', 'it holds more than one document'],
    ['what stands behind the end', 'a: 1\n...\nb: 1\n', 'it holds more than one document'],
    ['a line too far left', 'a:\n    b: 1\n  c: 2\n', 'all mapping items must start at the same column'],
    ['a tab', 'a:\n\tb: 1\n', 'tabs are not allowed as indentation'],
  ])('%s is told of at its place', (_, text, found) => {
    const whole = asWhole(text + filler)
    expect(whole?.faults.map(fault => fault.found)).toContain(found)
    expect(inParts(text + filler, 1)).toEqual(whole)
  })

  test('a byte order mark that does not begin the text is part of a key', () => {
    const text = `---\n\ufeffa: 1\nb:\n  c: 1\n${filler}`
    expect(asWhole(text)?.value).toHaveProperty('\ufeffa')
    expect(inParts(text, 1)).toEqual(asWhole(text))
  })

  test('also where it has lost or gained something', () => {
    const lines = [
      '',
      'a: 1\n',
      '- b\n',
      '  c: |\n',
      '200: x\n',
      '? d\n',
      '---\n',
      '...\n',
      '# e\n',
      '&f\n',
      '<<: *f\n',
    ]
    const marks = [
      '',
      ' ',
      '  ',
      '\n',
      '\r\n',
      '\t',
      '"',
      "'",
      '{',
      '}',
      '[',
      ']',
      ':',
      ': ',
      ',',
      '#',
      '|',
      '>',
      '&f ',
      '*f',
      '!',
      '%',
    ]
    const edit = fc.record({
      at: fc.nat(SHOP.length),
      cut: fc.nat(12),
      put: fc.oneof(fc.constantFrom(...marks), fc.constantFrom(...lines)),
      isLine: fc.boolean(),
    })
    const property = fc.property(
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: Math.floor(SHOP.length / 60) }),
      (edits, usual) => {
        const text = edits.reduce((one, { at, cut, put, isLine }) => {
          const from = isLine ? one.indexOf('\n', at) + 1 : at
          return one.slice(0, from) + put + one.slice(from + cut)
        }, SHOP)
        expect(inParts(text, usual)).toEqual(asWhole(text))
      },
    )
    fc.assert(property, { numRuns: amount(30, 500), interruptAfterTimeLimit: 60_000 })
  })

  test('files of this repository', () => {
    for (const text of [SHOP, readFileSync(join(root, 'fixtures/apps/petstore/petstore.openapi.yaml'), 'utf8')]) {
      expect(partsOf(text, 20)?.some(({ within }) => within)).toBe(true)
      for (const usual of [1, 20, 80]) expect(inParts(text, usual)).toEqual(asWhole(text))
    }
  })
})

describe('JSON is to its own parser what it is to the parser of YAML', () => {
  const byJson = (text: string) => allOf(onCollection => parseJson(text, onCollection))

  test.each([
    '{}',
    ' [ ] \n',
    '{"a": 1, "200": [true, null, "x"], "100": {"b": "\\ud83d\\ude00 \\/ \\"q\\" \\n"}, "": ""}',
    '{\n\t"__proto__": {"a": -0.5e-3},\r\n\t"<<": {"a": 1}\n}',
    '[12345678901234567890, 1e400, -0, 9007199254740991]',
    `{"long ${'é'.repeat(50)}": "${'x'.repeat(2_000)}"}`,
  ])('%s', text => {
    expect(byJson(text)).toEqual(asWhole(text))
    expect(byJson(text)).toBeDefined()
  })

  test.each([
    '',
    '{ a: 1 }',
    '{"a": 1,}',
    '{"a": 1} x',
    '{"a": 1, "a": 2}',
    '["a\nb"]',
    '["\\x"]',
    '[01]',
    '[tru]',
    '[1 2]',
    '["a]',
    '{"a" 1}',
    `${'['.repeat(600)}${']'.repeat(600)}`,
  ])('%s is left to that', text => {
    expect(byJson(text)).toBeUndefined()
  })
})
