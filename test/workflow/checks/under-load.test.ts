import { Buffer } from 'node:buffer'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parsePointer } from '../../../src/expression/pointer.ts'
import { JsonReader, selectPointers } from '../../../src/http/select/index.ts'
import { realClock } from '../../../src/measure/clock.ts'
import type { PlanOptions } from '../../../src/workflow/plan.ts'
import { ReceivedResponse } from '../../../src/workflow/response.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { type Answer, serve } from '../../builders/server.ts'
import { loadUser } from '../../builders/user.ts'

const schema = { type: 'array', items: { type: 'integer' } }
const api = openapi({
  op: ['get', '/op', { responses: { 200: { description: '', content: { 'application/json': { schema } } } } }],
})

async function load(
  answer: (count: number) => Answer,
  iterations: number,
  condition = '$statusCode == 200',
  options: PlanOptions = {},
  outputs = '{}',
  clock = realClock,
) {
  const server = await serve((_, count) => answer(count))
  const folder = project({
    'api.json': api,
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: only, operationId: op, successCriteria: [{ condition: '${condition}' }], outputs: ${outputs} }]
`),
  })
  const run = await loadUser(`${folder}/flow.arazzo.yaml`, { servers: server.origin, ...options }, undefined, clock)
  const states = await run.iterate(iterations)
  await run.close()
  return { states, attempts: run.attempts, contracts: run.contracts }
}

/** Validation takes no time by it. */
const fast = { ...realClock, now: () => 1 }

/** Validation takes seconds by it. */
const slow = () => {
  let now = 0
  return { ...realClock, now: () => (now += 1_000) }
}

const free = [undefined, {}, undefined, fast] as const

test('of cheap bodies all are looked at', async () => {
  const { states } = await load(count => ({ body: count % 128 === 0 ? ['x'] : [count] }), 900, ...free)
  expect(states.filter(state => state === 'failed')).toHaveLength(7)
})

test('of expensive bodies the first ten are checked, then one in a hundred, and all once one had a fault', async () => {
  const answer = (count: number) => ({ body: count <= 600 ? [count] : ['x', count] })
  const { states, attempts } = await load(answer, 1_200, undefined, {}, undefined, slow())
  expect(states.slice(0, 600)).toEqual(Array(600).fill('passed'))
  const first = states.indexOf('failed')
  expect(first).toBeGreaterThan(600)
  expect(first).toBeLessThan(1_000)
  expect(new Set(states.slice(first))).toEqual(new Set(['failed']))
  attempts.splice(0, first)
  expect(attempts[0]).toMatchObject({
    kind: 'openapi',
    message: 'the body of 200 application/json does not match its schema: /* must be integer',
  })
})

test('the same fault has the same words in every answer', async () => {
  const { attempts } = await load(count => ({ body: [...Array(count).fill(1), `x${count}`] }), 10)
  expect(new Set(attempts.map(attempt => attempt?.message)).size).toBe(1)
})

test('all expensive bodies are checked if the option says so', async () => {
  const answer = (count: number) => ({ body: count % 128 === 0 ? ['x'] : [count] })
  const { states } = await load(answer, 260, undefined, { checks: 'all' }, undefined, slow())
  expect(states.filter(state => state === 'failed')).toHaveLength(2)
})

test('every failure is looked at, and keeps its own kind', async () => {
  const { attempts } = await load(() => ({ body: { error: 'busy' } }), 30, '$response.body#/0 == 1')
  expect(new Set(attempts.map(attempt => `${attempt?.kind}: ${attempt?.message}`))).toEqual(
    new Set([
      'criterion: $response.body#/0 == 1 is not met (nothing); by OpenAPI, the body of 200 application/json does not match its schema: must be array',
    ]),
  )
})

test('what is in order passes; a warning fails nothing', async () => {
  expect(new Set((await load(() => ({ body: [1] }), 20)).states)).toEqual(new Set(['passed']))
  const warned = await load(() => ({ body: ['x'] }), 20, undefined, { checks: 'warn' })
  expect(new Set(warned.states)).toEqual(new Set(['passed']))
})

/** How often bodies were read: straight from the bytes, and as a whole. */
async function readings(...of: Parameters<typeof load>) {
  const read = vi.spyOn(JsonReader.prototype, 'read')
  const parse = vi.spyOn(JSON, 'parse')
  onTestFinished(() => void [read, parse].map(spy => spy.mockRestore()))
  const { states } = await load(...of)
  expect(new Set(states)).toEqual(new Set(['passed']))
  const bodies = parse.mock.calls.filter(([text]) => /^\[1,\d+\]$/.test(text))
  return { fromBytes: read.mock.calls.length, asWhole: bodies.length }
}

const firstOutput = '{ first: $response.body#/0 }'
const ofOne = '$response.body#/0 == 1'
const inOrder = (count: number): Answer => ({ body: [1, count] })

test('a body that is validated is read once, for criteria and outputs too', async () => {
  expect(await readings(inOrder, 50, ofOne, {}, firstOutput, fast)).toEqual({ fromBytes: 0, asWhole: 50 })
})

test('a body that is not validated is read from its bytes', async () => {
  const { fromBytes, asWhole } = await readings(inOrder, 1_200, ofOne, {}, firstOutput, slow())
  expect(fromBytes + asWhole).toBe(1_200)
  // Bodies of the first tenth of a second, and one in a hundred of the others.
  expect(asWhole).toBeGreaterThan(10)
  expect(asWhole).toBeLessThan(900)
})

test('no body is read as a whole where none is validated', async () => {
  expect(await readings(inOrder, 50, ofOne, { checks: 'warn' })).toEqual({ fromBytes: 50, asWhole: 0 })
})

test.each(['$statusCode == 200', '$response.body == null'])(
  'an encoded body with nothing in it is no empty one, with the criterion %s',
  async condition => {
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json' }
    const { attempts } = await load(() => ({ headers, body: gzipSync('') }), 12, condition)
    const message = 'the body of 200 application/json does not match its schema: must be array'
    expect(attempts.map(attempt => attempt?.message)).toEqual(Array(12).fill(message))
  },
)

/* What is read of a long body has to be counted there, and its faults remembered. */
test.each([
  ['of 60 KB is read as a whole', 60_000, 'application/json', 0],
  ['of 70 KB is read from its bytes all the same', 70_000, 'application/json', 1],
  ['that is no JSON is not', 100, 'text/plain', 0],
])('a body %s ahead', (_, size, type, fromBytes) => {
  const read = vi.spyOn(JsonReader.prototype, 'read')
  onTestFinished(() => void read.mockRestore())
  const received = new ReceivedResponse()
  const pointer = parsePointer('/0')
  const body = Buffer.from(JSON.stringify([1, 'x'.repeat(size)]))
  received.set(200, ['content-type', type], body, { selection: selectPointers([pointer]), whole: false, hold: true })
  received.readAhead()
  expect(received.at(pointer)).toBe(type === 'text/plain' ? undefined : 1)
  expect(read).toHaveBeenCalledTimes(fromBytes)
})

test('a long body that was due and not held has not kept to its description: the next one is held for it', async () => {
  const body = Array.from({ length: 15_000 }, (_, n) => n)
  const { contracts } = await load(() => ({ body }), 700, '$response.body#/1 == 1', {}, undefined, slow())
  const later = contracts.slice(contracts.indexOf('unchecked'))
  expect(later.filter(contract => contract === 'kept').length).toBeGreaterThan(1)
  expect(later.filter((contract, n) => contract === 'kept' && later[n + 1] === 'kept')).toEqual([])
})
