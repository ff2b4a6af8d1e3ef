import { readFileSync } from 'node:fs'
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { arazzoSchema } from './arazzo-schema.ts'
import { FILES, referenceOf } from './reference.ts'
import { WrittenTypes } from './types.ts'

/* Written anew by `npm run reference`. */

// The types of the whole package are read.
vi.setConfig({ testTimeout: 180_000 })

let read: WrittenTypes | undefined
const types = () => {
  read ??= new WrittenTypes(FILES)
  return read
}

test('docs/reference.md has every option, each with its words', async () => {
  const { text, silent } = referenceOf(types())
  expect(silent).toEqual([])
  await expect(text).toMatchFileSnapshot('../../docs/reference.md')
})

let compiled: ValidateFunction | undefined
const validator = () => {
  compiled ??= new Ajv2020({ strict: false, allErrors: true }).compile(arazzoSchema(types()))
  return compiled
}

test('schemas/arazzo.v1.json is that of the documents that are read', async () => {
  await expect(`${JSON.stringify(arazzoSchema(types()), null, 1)}\n`).toMatchFileSnapshot(
    '../../schemas/arazzo.v1.json',
  )
})

const examples = ['examples/shop/shop.arazzo.yaml', 'fixtures/apps/petstore/adopt.arazzo.yaml']

test.each(examples)('%s fits it', path => {
  const validate = validator()
  expect(validate(parse(readFileSync(path, 'utf8'))), JSON.stringify(validate.errors)).toBe(true)
})

const whole = (more: object) => ({
  arazzo: '1.0.1',
  info: { title: 'Pets', version: '1' },
  sourceDescriptions: [{ name: 'pets', url: './openapi.yaml' }],
  workflows: [{ workflowId: 'look', steps: [{ stepId: 'list', operationId: 'list' }], ...more }],
})

test.each([
  [{ 'x-load-test': { rps: 100, duration: '30s', budgets: { 'p99.9': '1s', errorRate: 0.01 } } }, true],
  [{ 'x-load-test': { mode: 'rps', rps: 100, duration: '30s', warmUp: { atLeast: '5s' } } }, true],
  [
    { 'x-load-test': [{ name: 'a', vus: 5, iterations: 10, shared: true, budgets: { p99: ['1s', 'base + 5%'] } }] },
    true,
  ],
  [
    { 'x-load-test': { stages: [{ rate: 5, duration: '1s', hold: '5s' }], budgets: { steps: { list: { p95: 5 } } } } },
    true,
  ],
  [{ 'x-load-test': { capacity: { latency: 'p99 < 1s' }, target: { pid: 1 }, metrics: { port: 9464 } } }, true],
  [{ 'x-load-test': { rsp: 100, duration: '30s' } }, false],
  [{ 'x-load-test': { rps: '100', duration: '30s' } }, false],
  [{ 'x-load-test': { rps: 100, duration: '30s', budgets: { p9x: 5 } } }, false],
  [{ 'x-load-test': { rps: 100, duration: '30s', metrics: { pushgateway: 'http://a' } } }, false],
  [{ 'x-vitest': { each: './rows.csv', tags: ['smoke'] }, 'x-other': 1 }, true],
  [{ 'x-vitest': { skpi: true } }, false],
  [{ stpes: [] }, false],
] as const)('a workflow with %j', (more, isRight) => {
  const validate = validator()
  expect(validate(whole(more)), JSON.stringify(validate.errors)).toBe(isRight)
})
