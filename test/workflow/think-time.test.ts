import { afterEach, expect, test } from 'vitest'
import { openGate } from '../builders/gate.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { type LoadUser, loadUser } from '../builders/user.ts'

const api = openapi({ a: ['get', '/a'], b: ['get', '/b'], c: ['get', '/c'] })
const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'
const flow = arazzo(`
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, ${ok}, onFailure: [{ name: again, type: retry, retryLimit: 5 }] }
      - { stepId: within, workflowId: within }
      - { stepId: c, operationId: c, ${ok} }
  - workflowId: within
    steps:
      - { stepId: b, operationId: b, ${ok} }
`)

const users: LoadUser[] = []
afterEach(() => Promise.all(users.splice(0).map(user => user.close())))

async function thinking(length: number) {
  let fails = 0
  const server = await serve(({ url }) => (url === '/a' && fails++ % 3 < 2 ? { status: 503 } : {}))
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow })
  /** After how many requests the user began to think. */
  const pauses: number[] = []
  const user = await loadUser(`${folder}/flow.arazzo.yaml#main`, { servers: server.origin }, () => {
    pauses.push(server.seen.length)
    return length
  })
  users.push(user)
  return { ...user, pauses, server }
}

test('a user thinks before each request but the first, also within nested workflows, and not before it tries again', async () => {
  const { user, iterate, pauses, attempts } = await thinking(15)
  expect(await iterate(2)).toEqual(['passed', 'passed'])
  // Three attempts at a, one at b, one at c; and the same again.
  expect(attempts).toHaveLength(10)
  expect(pauses).toEqual([3, 4, 8, 9])
  // Of the last iteration alone; timers leave out fractions of a millisecond.
  expect(user.thought).toBeGreaterThan(28)
  expect(user.isThinking).toBe(false)
})

test('one that is let go while it thinks ends at once, and no request is missing an answer', async () => {
  const { user, server, attempts } = await thinking(60_000)
  const ended = new Promise(resolve => user.start({}, resolve))
  await expect.poll(() => user.isThinking).toBe(true)
  user.abort()
  await ended
  expect(user).toMatchObject({ state: 'aborted', isThinking: true, busy: false })
  expect(server.seen.map(({ url }) => url)).toEqual(['/a', '/a', '/a'])
  expect(attempts.at(-1)).toBeUndefined()
})

test('the time in which a branch thinks while another has a request in flight is no thought of the user', async () => {
  const gate = await openGate(['/a', '/c'], () => ({ status: 200, body: {} }))
  const both = `
  - workflowId: main
    x-vitest: { parallel: true }
    steps:
      - { stepId: a, operationId: a }
      - { stepId: b, operationId: b }
      - { stepId: c, operationId: c, dependsOn: [b] }
`
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': arazzo(both, '', '1.1.0') })
  let pauses = 0
  const user = await loadUser(`${folder}/flow.arazzo.yaml#main`, { servers: gate.origin }, () => ++pauses && 15)
  users.push(user)
  expect(await user.iterate(1)).toEqual(['passed'])
  expect(pauses).toBe(1)
  expect(user.user.thought).toBe(0)
})
