import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { VITEST_FIELD } from '../../../src/document/extension-fields.ts'
import type { ArazzoDocument, Workflow } from '../../../src/document/model.ts'
import { readSuiteOptions } from '../../../src/load/suites/options.ts'
import { suiteProblems } from '../../../src/load/suites/problems.ts'

const at = { file: '/project/a.arazzo.yaml', line: 1, column: 1 }

const extensions = (value: unknown) => (value === undefined ? {} : { [VITEST_FIELD]: { value, at, places: {} } })

function read(ofDocument: unknown, own?: unknown) {
  const document = { extensions: extensions(ofDocument) } as unknown as ArazzoDocument
  return readSuiteOptions(document, { extensions: extensions(own) } as unknown as Workflow)
}

test("a workflow's own word comes before the document's; tags and hooks are joined, inputs kept apart", () => {
  const { options, problems } = read(
    { skip: true, tags: 'a', inputs: { x: 1, y: 1 }, retry: 1, timeout: '1s', setup: '../reset.ts#all' },
    { skip: false, tags: ['b'], inputs: { x: 2 }, retry: 0, each: './rows.CSV', teardown: '#remove' },
  )
  expect(problems).toEqual([])
  expect(options).toEqual({
    skip: false,
    retry: 0,
    timeout: 1000,
    inputs: { x: 2 },
    common: { x: 1, y: 1 },
    tags: [
      { name: 'a', at },
      { name: 'b', at },
    ],
    each: { csv: resolve('/project/rows.CSV'), at },
    isEachCommon: false,
    hooks: [
      {
        hook: 'setup',
        per: 'run',
        name: '../reset.ts#all',
        file: resolve('/reset.ts'),
        id: 'all',
        isModule: true,
        of: 'document',
        at,
      },
      {
        hook: 'teardown',
        per: 'iteration',
        name: '#remove',
        file: '/project/a.arazzo.yaml',
        id: 'remove',
        isModule: false,
        of: 'workflow',
        at,
      },
    ],
  })
})

const schema = JSON.parse(readFileSync(new URL('../../../schemas/x-vitest.v1.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ strict: false }).compile(schema)

test.each([
  {},
  { skip: true },
  { only: true, skip: false },
  { skip: true, only: true },
  { skip: 1 },
  { onyl: true },
  { tags: 'a' },
  { tags: ['a', 'b'] },
  { tags: ['a', 1] },
  { tags: '' },
  { inputs: { a: { env: 'A' } } },
  { inputs: [{ a: 1 }] },
  { each: [{ a: 1 }] },
  { each: [] },
  { each: [1] },
  { each: 'a.jsonl' },
  { each: 'a.txt' },
  { each: { csv: 'a.txt', name: '$a' } },
  { each: { csv: 'a.csv', delimiter: ';' } },
  { each: { rows: [{}], json: 'a.json' } },
  { each: { name: 'a' } },
  { each: { csv: 'a', order: 'random' } },
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
