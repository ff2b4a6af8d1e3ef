import { describe, expect, test } from 'vitest'
import { parseFile, placeOf, placeOfKey, placeOfValue, pointerOf } from '../../src/document/file/source-file.ts'
import { API, arazzo, problemsOf, readAll } from './reading.ts'

const read = (text: string) => parseFile('/test.yaml', text).value
const faultsOf = (text: string) =>
  parseFile('/test.yaml', text).faults.map(({ found, severity }) => `${severity}: ${found}`)

describe('values', () => {
  test('YAML 1.2: keys are text, `on` and `no` are words, numbers in quotes are text', () => {
    expect(read("200: a\non: no\n1.0: '1'\n~: x\n")).toEqual({ 200: 'a', on: 'no', '1.0': '1', '~': 'x' })
  })

  test('JSON, with tabs and escapes', () => {
    expect(read('{\n\t"a": "\\ud83d\\ude00 \\/",\n\t"b": [\n\t\t1, true, null\n\t]\n}')).toEqual({
      a: '😀 /',
      b: [1, true, null],
    })
  })

  test('anchors give the same object, merge keys give members that the mapping does not have itself', () => {
    const value = read(`
base: &base { a: 1, b: 2 }
other: &other { b: 3, c: 4 }
one: { <<: *base, b: 5 }
two: { <<: [*other, *base] }
same: *base
quoted: { "<<": text }
`) as Record<string, unknown>
    expect(value.one).toEqual({ a: 1, b: 5 })
    expect(value.two).toEqual({ a: 1, b: 3, c: 4 })
    expect(value.same).toBe(value.base)
    expect(value.quoted).toEqual({ '<<': 'text' })
  })

  test('`__proto__` is a name like any other', () => {
    const value = read('__proto__: { polluted: true }\na: 1') as object
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })
})

describe('places', () => {
  test('of keys, values and items, also of merged ones', () => {
    const value = read('list:\n  - name: &n x\n    empty:\nmap: { <<: { merged: 1 } }\nalias: *n') as {
      list: [Record<string, unknown>]
      map: object
    }
    const at = ({ line, column }: { line: number; column: number }) => `${line}:${column}`
    expect(at(placeOf(value.list[0]))).toBe('2:5')
    expect(at(placeOfKey(value.list, 0))).toBe('2:5')
    expect(at(placeOfValue(value.list[0], 'name'))).toBe('2:14')
    expect(at(placeOfValue(value.list[0], 'empty'))).toBe('3:5')
    expect(at(placeOfKey(value.list[0], 'absent'))).toBe('2:5')
    expect(at(placeOfKey(value.map, 'merged'))).toBe('4:14')
    expect(at(placeOfValue(value, 'alias'))).toBe('5:8')
    expect(pointerOf(value.list[0])).toBe('/list/0')
    expect(pointerOf(read('a/b: { ~c: {} }') as object)).toBe('')
    expect(pointerOf((read('a/b: { ~c: {} }') as Record<string, Record<string, object>>)['a/b']!['~c']!)).toBe(
      '/a~1b/~0c',
    )
  })
})

describe('what is refused', () => {
  test.each([
    ['duplicate keys', 'a: 1\nb: 2\na: 3', 'the mapping has this key already'],
    ['an alias of nothing', 'a: *nope', 'nothing before this is anchored as &nope'],
    ['an anchor within itself', 'a: &x [*x]', '&x contains itself'],
    ['a bad merge', 'a: { <<: 1 }', 'a merge key (<<) takes a mapping or a list of mappings'],
    ['two documents', 'a: 1\n---\nb: 1', 'it holds more than one document'],
    ['keys that are no text', '? [b]\n: 1', 'this key is not text'],
    ['a reserved character', 'a: @b', 'plain value cannot start with reserved character @'],
    ['nesting without end', '['.repeat(20_000), 'it is nested too deeply'],
  ])('%s', (_, text, found) => {
    expect(faultsOf(text)).toEqual([`error: ${found}`])
  })

  test('aliases that would repeat their values without end', () => {
    const levels = Array.from({ length: 30 }, (_, level) => `l${level + 1}: &l${level + 1} [*l${level}, *l${level}]`)
    const source = parseFile('/bomb.yaml', ['l0: &l0 [1, 2, 3]', ...levels].join('\n'))
    expect(source.value).toBeUndefined()
    expect(source.faults.map(({ found }) => found)).toEqual(['aliases repeat more than 100,000 values'])
  })

  test('unknown tags and numbers that lose digits are warnings', () => {
    expect(faultsOf('a: !secret x\nb: 12345678901234567890\nc: 1e400\nd: 9007199254740991')).toEqual([
      'warning: unresolved tag: !secret',
      'warning: 12345678901234567890 has more digits than a number can hold and is read as 12345678901234567000',
    ])
  })
})

describe('files that cannot be read', () => {
  test('one problem a line, at its place', async () => {
    expect(
      await problemsOf({ 'main.yaml': 'arazzo: 1.0.0\ninfo:\n\ttitle: x\nsourceDescriptions: [a\nworkflows: @x\n' }),
    ).toMatchInlineSnapshot(`
      "main.yaml:3:1 error invalid-yaml: Failed to read main.yaml: tabs are not allowed as indentation. Indent with spaces.
      main.yaml:5:1 error invalid-yaml: Failed to read main.yaml: flow sequence in block collection must be sufficiently indented and end with a ]. Correct the indentation."
    `)
  })

  test('an unquoted embedded expression with a fragment', async () => {
    const steps =
      '  - workflowId: a\n    steps:\n      - stepId: b\n        operationPath: {$sourceDescriptions.api.url}#/paths/~1items/get'
    expect(await problemsOf({ 'main.yaml': arazzo(steps), 'api.yaml': API })).toMatchInlineSnapshot(
      `"main.yaml:9:53 error invalid-yaml: Failed to read main.yaml: comments must be separated from other tokens by white space characters. Put a value that begins with {$ in quotes."`,
    )
  })

  test('duplicate keys do not hide what else is wrong', async () => {
    const text = arazzo('  - workflowId: a\n    workflowId: b\n    steps: []')
    expect(await problemsOf({ 'main.yaml': text, 'api.yaml': API })).toMatchInlineSnapshot(`
      "main.yaml:7:5 error invalid-yaml: Failed to read main.yaml: the mapping has this key already. Remove one of the two.
      main.yaml:8:12 error invalid-value: Failed to read workflow "b": \`steps\` is empty. It needs at least one item."
    `)
  })

  test('no file, a directory, an empty file, another encoding', async () => {
    expect(await problemsOf({ 'main.yml': '' })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error unreadable-file: Failed to read main.yaml: there is no such file. Did you mean "main.yml"?"`,
    )
    expect(await problemsOf({ 'main.yaml/x': '' })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error unreadable-file: Failed to read main.yaml: it is a directory. Name a file in it."`,
    )
    expect(await problemsOf({ 'main.yaml': '' })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error invalid-source: Failed to read an Arazzo document: the file is empty. An Arazzo document begins with \`arazzo: 1.1.0\`."`,
    )
    expect(await problemsOf({ 'main.yaml': '# only a comment\n' })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error invalid-source: Failed to read an Arazzo document: the file is empty. An Arazzo document begins with \`arazzo: 1.1.0\`."`,
    )
    expect(await problemsOf({ 'main.yaml': 'just text' })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error invalid-source: Failed to read an Arazzo document: the file holds no mapping. An Arazzo document begins with \`arazzo: 1.1.0\`."`,
    )
    expect(await problemsOf({ 'main.yaml': Buffer.from('a: 1\nb: caf\xe9', 'latin1') })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error unreadable-file: Failed to read main.yaml: it is not UTF-8 (line 2). Save it as UTF-8."`,
    )
    expect(await problemsOf({ 'main.yaml': Buffer.from('\uFEFFa: 1', 'utf16le') })).toMatchInlineSnapshot(
      `"main.yaml:1:1 error unreadable-file: Failed to read main.yaml: it is UTF-16. Save it as UTF-8."`,
    )
  })

  test('a byte order mark is no part of the text', async () => {
    const text = arazzo('  - workflowId: a\n    steps:\n      - { stepId: b, operationId: listItems }')
    const { document, list } = await readAll({ 'main.yaml': `\uFEFF${text}`, 'api.yaml': `\uFEFF${API}` })
    expect(list).toBe('')
    expect(document?.workflows[0]?.at).toMatchObject({ line: 6, column: 5 })
  })

  test('a warning of a document is told, one of its OpenAPI file is not', async () => {
    const text = arazzo(
      '  - workflowId: a\n    steps:\n      - { stepId: b, operationId: listItems }\n    x-big: 12345678901234567890',
    )
    expect(
      await problemsOf({ 'main.yaml': text, 'api.yaml': `${API}x-max: 9223372036854775807` }),
    ).toMatchInlineSnapshot(
      `"main.yaml:9:12 warning imprecise-number: Failed to read a value: 12345678901234567890 has more digits than a number can hold and is read as 12345678901234567000. Write it as text: "12345678901234567890"."`,
    )
  })
})
