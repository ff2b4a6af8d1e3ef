import { expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, serve } from '../builders/server.ts'

/* What the record of a run holds besides requests, states and outputs: those are held to test/model and test/three-ways. */

const api = openapi({ a: ['get', '/a'], b: ['get', '/b'], c: ['get', '/c'], refresh: ['post', '/refresh'] })
const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'

/** Runs `main` against a server that answers each path by its list, the last answer again and again. */
async function run(
  workflows: string,
  script: Record<string, Answer[]> = {},
  options: Parameters<typeof runWorkflow>[1] = {},
) {
  const server = await serve(({ url }) => {
    const answers = script[url] ?? [{}]
    return answers.length > 1 ? answers.shift()! : answers[0]!
  })
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': arazzo(workflows, '', '1.1.0') })
  return runWorkflow(`${folder}/flow.arazzo.yaml#main`, { servers: server.origin, ...options })
}

const flow = (b = '') => `
  - workflowId: main
    steps:
      - { stepId: a, operationId: a, ${ok} }
      - { stepId: b, operationId: b, ${ok}${b} }
      - { stepId: c, operationId: c }
`

test('what follows an attempt: the action, how long it waits, how often it may yet', async () => {
  const retry = flow(', onFailure: [{ name: again, type: retry, retryAfter: 0.25, retryLimit: 5 }]')
  const { steps } = await run(retry, { '/b': [{ status: 503 }, { status: 503, headers: { 'retry-after': '0' } }, {}] })
  expect(steps[1]!.next).toEqual({ action: 'again', go: 'retry', after: 250, left: 4 })
  expect(steps[2]!.next).toMatchObject({ go: 'retry', after: 0, left: 3 })
  expect(steps[2]!.exchange!.sent - steps[1]!.exchange!.ended).toBeGreaterThanOrEqual(249)
})

test('steps of a workflow that a retry runs are one deeper', async () => {
  const { steps } = await run(
    `${flow(', onFailure: [{ name: renew, type: retry, retryAfter: 0, workflowId: renew }]')}
  - workflowId: renew
    steps: [{ stepId: refresh, operationId: refresh }]
`,
    { '/b': [{ status: 401 }, {}] },
  )
  expect(steps.map(({ stepId, depth }) => `${stepId} ${depth}`)).toEqual(['a 0', 'b 0', 'refresh 1', 'b 0', 'c 0'])
})

test('the steps of a workflow that took too long, and of the one that ran it, are unanswered', async () => {
  const { steps } = await run(
    `
  - workflowId: main
    steps:
      - { stepId: inner, workflowId: child, timeout: 100, onFailure: [{ name: round, type: goto, stepId: c }] }
      - { stepId: c, operationId: c }
  - workflowId: child
    steps: [{ stepId: b, operationId: b }]
`,
    { '/b': [{ delay: 'never' }] },
  )
  const ends = steps.map(({ workflowId, stepId, state, next }) => `${workflowId}.${stepId} ${state}, ${next.go}`)
  expect(ends).toEqual(['child.b unanswered, end', 'main.inner unanswered, step', 'main.c passed, end'])
})

test('a refused connection is an unanswered step', async () => {
  const { steps } = await run(flow(), {}, { servers: 'http://127.0.0.1:1' })
  expect(steps[0]).toMatchObject({ state: 'unanswered', cause: 'refused' })
})

test('an abort ends the run at once', async () => {
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 50)
  const report = await run(flow(), { '/a': [{ delay: 'never' }] }, { signal: abort.signal })
  expect(report).toMatchObject({ state: 'failed', because: 'the run was aborted' })
})
