import { readFileSync } from 'node:fs'
import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { blocks } from '../../scripts/readme.mjs'
import { memoize } from '../builders/sources.ts'
import { arazzoSchema } from './arazzo-schema.ts'
import { commandLine } from './command-line.ts'
import { FILES, referenceOf } from './reference.ts'
import { resultFields } from './result-fields.ts'
import { WrittenTypes } from './types.ts'

/* Written anew by `npm run reference`. */

// The types of the whole package are read.
vi.setConfig({ testTimeout: 180_000 })

let read: WrittenTypes | undefined
const types = () => {
  read ??= new WrittenTypes(FILES)
  return read
}

test('docs/reference/options.md and option-details.md have every option, each with its words', async () => {
  const { tables, details, silent } = referenceOf(types())
  expect(silent).toEqual([])
  await expect(tables).toMatchFileSnapshot('../../docs/reference/options.md')
  await expect(details).toMatchFileSnapshot('../../docs/reference/option-details.md')
})

test('there are 120 names of options at most', () => {
  const names = new Set([...referenceOf(types()).tables.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name))
  expect(names.size).toBeGreaterThan(80)
  expect(names.size).toBeLessThanOrEqual(120)
})

test('docs/reference/messages.md shows the interface of a transport with its words', () => {
  const shown = blocks('docs/reference/messages.md').filter(block => block.includes('interface ChannelTransport'))
  expect(shown).toHaveLength(1)
  expect(readFileSync('src/workflow/channel/transport.ts', 'utf8').replaceAll('export ', '')).toContain(shown[0])
})

test('docs/reference/result-fields.md has every field of result.json', async () => {
  await expect(resultFields()).toMatchFileSnapshot('../../docs/reference/result-fields.md')
})

test('docs/reference/command-line.md has every command and every flag', async () => {
  await expect(await commandLine()).toMatchFileSnapshot('../../docs/reference/command-line.md')
})

/** Code that is run a few times takes longer to optimise than to run. */
const quick = { code: { optimize: false }, inlineRefs: false }

let compiled: ValidateFunction | undefined
const validator = () => {
  compiled ??= new Ajv2020({ ...quick, strict: false, allErrors: true }).compile(arazzoSchema(types()))
  return compiled
}

test('schemas/arazzo.v1.json is that of the documents that are read', async () => {
  await expect(`${JSON.stringify(arazzoSchema(types()), null, 1)}\n`).toMatchFileSnapshot(
    '../../schemas/arazzo.v1.json',
  )
})

test('editors show words and an example of each field', () => {
  expect(wanting(arazzoSchema(types()))).toEqual([])
})

test('the examples of each field are such values', () => {
  const schema = arazzoSchema(types()) as { $defs: object }
  const ajv = new Ajv2020({ ...quick, strict: false })
  const validatorOf = memoize(text => ajv.compile(withDefinitions(text, schema.$defs)))
  const wrong = examplesIn(schema).filter(({ field, example }) => !validatorOf(withoutWords(field))(example))
  expect(wrong.map(({ field, example }) => `${field.description} ${JSON.stringify(example)}`)).toEqual([])
})

/** Few fields refer to what all share, which takes long to compile. */
const withDefinitions = (text: string, $defs: object) => ({
  ...JSON.parse(text),
  ...(text.includes('$ref') && { $defs }),
})

/** A field as JSON without its words, by which nothing is valid or not: those of many places are then the same. */
const withoutWords = (field: Field) =>
  JSON.stringify(field, (key, value) => {
    const isWords = (key === 'description' && typeof value === 'string') || (key === 'examples' && Array.isArray(value))
    return isWords ? undefined : value
  })

interface Field {
  description?: string
  examples?: unknown[]
}

function examplesIn(schema: unknown): { field: Field; example: unknown }[] {
  if (Array.isArray(schema)) return schema.flatMap(examplesIn)
  if (typeof schema !== 'object' || schema === null) return []
  const { examples, ...field } = schema as Field
  const own = Array.isArray(examples) ? examples.map(example => ({ field, example })) : []
  return [...own, ...Object.values(field).flatMap(examplesIn)]
}

/** Fields without a description, or without an example where there is a choice. */
function wanting(schema: unknown, place = '#'): string[] {
  if (Array.isArray(schema)) return schema.flatMap((item, index) => wanting(item, `${place}/${index}`))
  if (typeof schema !== 'object' || schema === null) return []
  const { properties = {}, not: _, examples: __, default: ___, ...others } = schema as Record<string, object>
  const named = Object.entries(properties) as [string, Record<string, unknown>][]
  const lacks = named
    .filter(([, field]) => !('$ref' in field) || Object.keys(field).length > 1)
    .flatMap(([name, field]) => {
      const isChoice = 'enum' in field || field.type === 'boolean'
      const isThere = [field.description, isChoice || field.examples].every(Boolean)
      return isThere ? [] : [`${place}/${name}`]
    })
  return [
    ...lacks,
    ...wanting(Object.values(others), place),
    ...named.flatMap(([name, field]) => wanting(field, `${place}/${name}`)),
  ]
}

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
  [{ 'x-load-test': { mode: 'rps', rps: 100, duration: '30s', warmUp: { atLeast: '5s' } } }, false],
  [{ 'x-load-test': [{ name: 'a', vus: 5, iterations: 10, budgets: { p99: ['1s', 'base + 5%'] } }] }, true],
  [
    { 'x-load-test': { stages: [{ rate: 5, duration: '1s', hold: '5s' }], budgets: { steps: { list: { p95: 5 } } } } },
    true,
  ],
  [{ 'x-load-test': { capacity: { latency: 'p99 < 1s' }, target: { pid: 1 } } }, true],
  [{ 'x-load-test': { rsp: 100, duration: '30s' } }, false],
  [{ 'x-load-test': { rps: '100', duration: '30s' } }, false],
  [{ 'x-load-test': { rps: 100, duration: '30s', budgets: { p9x: 5 } } }, false],
  [{ 'x-load-test': { rps: 100, duration: '30s', metrics: 9464 } }, false],
  [{ 'x-vitest': { inputs: { rows: './rows.csv' }, tags: ['smoke'] }, 'x-other': 1 }, true],
  [{ 'x-vitest': { skpi: true } }, false],
  [{ steps: [{ stepId: 'a', operationId: 'a', 'x-events': { until: '$statusCode == 200', within: '5s' } }] }, true],
  [{ steps: [{ stepId: 'a', operationId: 'a', 'x-events': { until: [{ condition: 'a' }], most: 5 } }] }, true],
  [{ steps: [{ stepId: 'a', operationId: 'a', 'x-events': {} }] }, false],
  [{ steps: [{ stepId: 'a', operationId: 'a', 'x-events': { most: 0 } }] }, false],
  [{ steps: [{ stepId: 'a', operationId: 'a', 'x-events': { until: [] } }] }, false],
  ...(
    [
      [{ context: '$response.header.link', 'x-extract': { regex: '(a)', decode: 'url' } }, true],
      [{ context: '$response.body', selector: '/a', type: 'jsonpointer', 'x-extract': { regex: '(a)' } }, true],
      [{ context: '$response.header.link' }, false],
      [{ context: '$response.header.link', 'x-extract': {} }, false],
      [{ context: '$response.header.link', 'x-extract': { regx: '(a)' } }, false],
      ['$response.cookie.csrftoken', true],
    ] as const
  ).map(([a, isRight]) => [{ steps: [{ stepId: 'a', operationId: 'a', outputs: { a } }] }, isRight] as const),
  [{ stpes: [] }, false],
] as const)('a workflow with %j', (more, isRight) => {
  const validate = validator()
  expect(validate(whole(more)), JSON.stringify(validate.errors)).toBe(isRight)
})
