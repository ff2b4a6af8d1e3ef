import { expect } from 'vitest'
import type { Answer } from '../builders/server.ts'
import { section, type Version } from './rule.ts'
import { accepted, judged, outputsOf, read, refused, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Expression Type Object')

const xml = (text: string): Answer => ({ body: text, headers: { 'content-type': 'application/xml' } })
const pets = {
  body: {
    pets: [
      { name: 'Bo', age: 4 },
      { name: 'Ada', age: 2 },
    ],
  },
}
const goessner = { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' }

const passes = async (version: Version, condition: string, type: unknown, answer: Answer) =>
  (await judged(version, [{ context: '$response.body', condition, type }], answer)).passed

const withType = (type: unknown, condition = '$.a') => ({
  steps: [step('a', { successCriteria: [{ context: '$response.body', condition, type }] })],
})

isRefused('type and version are required', { field: ['type', 'version'], level: 'MUST' }, async version => {
  expect(await refused(version, withType({ type: 'jsonpath' }))).toEqual(['missing-field'])
  expect(await refused(version, withType({ version: 'rfc9535' }))).toEqual(['missing-field'])
})

executed(
  'jsonpath, draft-goessner-dispatch-jsonpath-00: filters and scripts of the draft',
  { field: ['type', 'version'], level: 'MUST' },
  async version => {
    for (const [condition, result] of [
      ['$.pets[?(@.age > 3)]', true],
      ['$.pets[?(@.age > 9)]', false],
      ['$.pets[(@.length-1)]', true],
      ["$.pets[?(@.name === 'Bo')]", true],
      ['$..name', true],
      ['$.cats', false],
    ] as const)
      expect([condition, await passes(version, condition, goessner, pets)]).toEqual([condition, result])
  },
)

executed('jsonpath, rfc9535 is the default', { field: 'version', level: 'MUST' }, async version => {
  expect(await passes(version, '$.pets[?@.age > 3]', 'jsonpath', pets)).toBe(true)
  const { codes } = await read(version, withType('jsonpath', '$.pets[(@.length-1)]'))
  expect(codes).toEqual([version === '1.0.1' ? 'invalid-expression' : '(expression-form)'])
})

executed('jsonpath, rfc9535 can be named', { only: '1.1.0', field: 'version' }, async version => {
  expect(await passes(version, '$.pets[?@.age > 3]', { type: 'jsonpath', version: 'rfc9535' }, pets)).toBe(true)
})

isRead(
  '1.0 has no name for its defaults: one from 1.1 is read with a warning',
  { only: '1.0.1', field: 'version', decides: 'newer-versions-in-1.0' },
  async version => {
    const { codes } = await read(version, withType({ type: 'jsonpath', version: 'rfc9535' }))
    expect(codes).toEqual(['(newer-field)'])
  },
)

executed('xpath, xpath-31: maps, arrays and arrows', { only: '1.1.0', field: 'version' }, async version => {
  const condition = "map { 'n': count(//pet) }?n = 2 and (//pet => count()) = 2"
  expect(await passes(version, condition, { type: 'xpath', version: 'xpath-31' }, xml('<r><pet/><pet/></r>'))).toBe(
    true,
  )
})

executed(
  'xpath, xpath-30 and xpath-20: sequences, for, some and if',
  { field: ['type', 'version'], level: 'MUST', decides: 'xpath-versions' },
  async version => {
    const answer = xml('<r><pet age="4">Bo</pet><pet age="2">Ada</pet></r>')
    for (const name of ['xpath-30', 'xpath-20']) {
      const type = { type: 'xpath', version: name }
      expect(await passes(version, 'some $p in //pet satisfies $p/@age > 3', type, answer)).toBe(true)
      expect(
        await passes(version, "string-join(for $p in //pet return string($p), ',') = 'Bo,Ada'", type, answer),
      ).toBe(true)
      expect(await passes(version, 'if (count(//pet) > 2) then true() else false()', type, answer)).toBe(false)
    }
  },
)

executed(
  'xpath, xpath-10: a name without prefix is in no namespace, regardless of the default of the document',
  { field: 'version', level: 'MUST', decides: 'xpath-namespaces' },
  async version => {
    const type = { type: 'xpath', version: 'xpath-10' }
    const answer = xml('<feed xmlns="urn:atom" xmlns:a="urn:atom"><entry>1</entry><plain xmlns="">2</plain></feed>')
    for (const [condition, result] of [
      ['/feed/entry', false],
      ['//plain', true],
      ['/a:feed/a:entry', true],
      ["/*[local-name() = 'feed']/*[local-name() = 'entry']", true],
    ] as const)
      expect([condition, await passes(version, condition, type, answer)]).toEqual([condition, result])
  },
)

executed(
  'xpath, xpath-10: conversions as 1.0 has them',
  { field: 'version', level: 'MUST', decides: 'xpath-versions' },
  async version => {
    const type = { type: 'xpath', version: 'xpath-10' }
    const answer = xml('<r><p>1</p><p>2</p><n>abc</n><e/></r>')
    for (const [condition, result] of [
      ['/r/p = 2', true],
      ['/r/p != 1', true],
      ['count(/r/p) = 2', true],
      ['/r/none', false],
      ["'0'", true],
      ["''", false],
      ['0', false],
      ["number('x')", false],
      ['/r/e', true],
      ["'5' > 4", true],
      ["string(/r/p) = '1'", true],
      ['/r/p + 1 = 2', true],
      ["contains(/r/p, '1')", true],
      ['number(/r/n) = number(/r/n)', false],
      ["'a' = 'A'", false],
      ["true() = 'x'", true],
    ] as const)
      expect([condition, await passes(version, condition, type, answer)]).toEqual([condition, result])
  },
)

executed('jsonpointer, rfc6901', { only: '1.1.0', field: ['type', 'version'] }, async version => {
  const type = { type: 'jsonpointer', version: 'rfc6901' }
  const outputs = { age: { context: '$response.body', selector: '/pets/1/age', type } }
  expect(await outputsOf(version, outputs, pets)).toEqual({ age: 2 })
})

isRefused('a version is one of its type', { field: 'version' }, async version => {
  for (const type of [
    { type: 'jsonpath', version: 'xpath-30' },
    { type: 'xpath', version: 'xpath-40' },
    { type: 'jsonpath', version: 'RFC9535' },
  ])
    expect(await refused(version, withType(type))).toEqual(['invalid-expression'])
})

isRefused(
  'the types are jsonpath and xpath; jsonpointer is refused for a criterion',
  { field: 'type', decides: 'jsonpointer-criteria' },
  async version => {
    for (const type of [
      { type: 'regex', version: '1' },
      { type: 'simple', version: '1' },
      { type: 'jsonpointer', version: 'rfc6901' },
    ])
      expect(await refused(version, withType(type))).toEqual(['invalid-value'])
  },
)

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, withType({ ...goessner, 'x-a': 1 }))
  expect(await refused(version, withType({ ...goessner, flags: 'i' }))).toEqual(['unknown-field'])
})
