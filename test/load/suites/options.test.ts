import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { VITEST_FIELD } from '../../../src/document/extension-fields.ts'
import type { ArazzoDocument, JsonSchema } from '../../../src/document/model.ts'
import { readSuiteOptions } from '../../../src/load/suites/options.ts'
import { suiteProblems } from '../../../src/load/suites/problems.ts'

const at = { file: '/project/a.arazzo.yaml', line: 1, column: 1 }

const extensions = (value: unknown) => (value === undefined ? {} : { [VITEST_FIELD]: { value, at, places: {} } })

function read(ofDocument: unknown, own?: unknown, inputs?: JsonSchema, ofOther?: JsonSchema) {
  const document = { extensions: extensions(ofDocument), workflows: [{ inputs: ofOther }] }
  return readSuiteOptions(document as never, { inputs, extensions: extensions(own) } as never)
}

test("a workflow's own word comes before the document's; tags and hooks are joined, inputs kept apart", () => {
  const { options, problems } = read(
    { skip: true, tags: 'a', inputs: { x: 1, y: 1 }, retry: 1, timeout: '1s', setup: '../reset.ts#all' },
    { skip: false, tags: ['b'], inputs: { x: 2 }, retry: 0, teardown: '#remove' },
  )
  expect(problems).toEqual([])
  const reset = { name: '../reset.ts#all', file: '/reset.ts', id: 'all', isModule: true }
  const remove = { name: '#remove', file: '/project/a.arazzo.yaml', id: 'remove', isModule: false }
  expect(options).toEqual({
    ...{ skip: false, retry: 0, timeout: 1000, inputs: { x: 2 }, common: { x: 1, y: 1 }, isFeedCommon: true },
    tags: ['a', 'b'].map(name => ({ name, at })),
    hooks: [
      { hook: 'setup', per: 'run', ...reset, of: 'document', at },
      { hook: 'teardown', per: 'iteration', ...remove, of: 'workflow', at },
    ],
  })
})

test('rows of a workflow come before those of the document; rows of either go with the inputs of the other', () => {
  const rows = { file: { inputs: { rows: './rows.CSV', name: '$a' } }, list: { inputs: { rows: [{ a: 1 }] } } }
  const all = [read(rows.list, rows.file), read({ inputs: { x: 1 } }, rows.file), read(rows.file, { inputs: { x: 1 } })]
  const rest = { tags: [], hooks: [], feed: { rows: resolve('/project/rows.CSV'), at, name: '$a' } }
  expect(all.map(({ options }) => options)).toEqual([
    { ...rest, inputs: {}, common: {}, isFeedCommon: false },
    { ...rest, inputs: {}, common: { x: 1 }, isFeedCommon: false },
    { ...rest, inputs: { x: 1 }, common: {}, isFeedCommon: true },
  ])
})

test('an input of the workflow may be called rows; at the top, one of any workflow of the document', () => {
  const [written, named] = [{ inputs: { rows: 5 } }, { properties: { rows: {} } }]
  expect(read({}, written, named)).toMatchObject({ options: written, problems: [] })
  expect(read(written, {}, undefined, named)).toMatchObject({ options: { common: written.inputs }, problems: [] })
})

const schema = JSON.parse(readFileSync(new URL('../../../schemas/x-vitest.v1.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: false }).compile(schema)

test.each([
  {},
  { skip: true },
  { skip: false },
  { only: true },
  { skip: 1 },
  { skpi: true },
  { tags: 'a' },
  { tags: ['a', 'b'] },
  { tags: ['a', 1] },
  { tags: '' },
  { inputs: { a: { env: 'A' } } },
  { inputs: [{ a: 1 }] },
  { inputs: { name: 'a' } },
  { inputs: { rows: [{ a: 1 }] } },
  { inputs: { rows: [] } },
  { inputs: { rows: [1] } },
  { inputs: { rows: 'a.jsonl' } },
  { inputs: { rows: 'a.TSV', name: '$a' } },
  { inputs: { rows: 'a.txt' } },
  { inputs: { rows: 'a.csv', name: 1 } },
  { inputs: { rows: 'a.csv', order: 'random' } },
  { each: './a.csv' },
  { timeout: 100 },
  { timeout: '1m30s' },
  { timeout: true },
  { retry: 2 },
  { retry: 1.5 },
  { setup: '#login', teardown: './drop.ts' },
  { setup: { vu: '#login' }, teardown: { vu: '#logout', iteration: 'a.arazzo.yaml#b' } },
  { setup: { run: '#reset' }, teardown: { run: '#reset' } },
  { setup: { iteration: '#login' } },
  { setup: {} },
  { setup: '' },
  { teardown: ['#a'] },
  { roundTrips: 3 },
  { roundTrips: '< 3' },
  { roundTrips: { '127.0.0.1:5432': 2, '/run/db.sock': '2' } },
  { roundTrips: {} },
  { roundTrips: { db: 2 } },
  { roundTrips: -1 },
  { roundTrips: 'base + 0' },
  { roundTrips: true },
  [],
])('the JSON schema and the reader agree on %j', value => {
  const document = { extensions: extensions(value), workflows: [] } as unknown as ArazzoDocument
  expect(validate(value)).toBe(suiteProblems(document).length === 0)
})
