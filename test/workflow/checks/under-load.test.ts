import { expect, test, vi } from 'vitest'
import { JsonReader } from '../../../src/http/select/index.ts'
import type { PlanOptions } from '../../../src/workflow/plan.ts'
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
) {
  const server = await serve((_, count) => answer(count))
  const folder = project({
    'api.json': api,
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: only, operationId: op, successCriteria: [{ condition: '${condition}' }] }]
`),
  })
  const run = await loadUser(`${folder}/flow.arazzo.yaml`, { servers: server.origin, ...options })
  const states = await run.iterate(iterations)
  await run.close()
  return { states, attempts: run.attempts }
}

test('of successes the first ten are looked at, then one in a hundred', async () => {
  const { states, attempts } = await load(count => ({ body: ['x', count] }), 200)
  expect(states.slice(0, 10)).toEqual(Array(10).fill('failed'))
  const failed = states.slice(10).filter(state => state === 'failed').length
  expect(failed).toBeGreaterThan(0)
  expect(failed).toBeLessThan(5)
  expect(attempts[0]).toMatchObject({
    kind: 'openapi',
    message: 'the body of 200 application/json does not match its schema: /* must be integer',
  })
})

test('the same fault has the same words in every answer', async () => {
  const { attempts } = await load(count => ({ body: [...Array(count).fill(1), `x${count}`] }), 10)
  expect(new Set(attempts.map(attempt => attempt?.message)).size).toBe(1)
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

test('a body that is looked at is read once, for criteria and schema together', async () => {
  const read = vi.spyOn(JsonReader.prototype, 'read')
  const { states } = await load(count => ({ body: [1, count] }), 200, '$response.body#/0 == 1')
  expect(new Set(states)).toEqual(new Set(['passed']))
  // The first ten and one in a hundred of the others are read as a whole, the others by the reader.
  expect(read.mock.calls.length).toBeGreaterThan(180)
  expect(read.mock.calls.length).toBeLessThan(190)
  read.mockRestore()
})
