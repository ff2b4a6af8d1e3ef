import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { readRef } from '../../src/workflow/find.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Respond, serving } from '../builders/serving.ts'

/** A document whose workflow has one step. */
function flow(step = ''): string {
  const steps = `  - workflowId: main\n    steps: [{ stepId: get, operationId: get${step} }]`
  const folder = project({ 'api.json': openapi({ get: ['get', '/'] }), 'flow.arazzo.yaml': arazzo(steps, '', '1.1.0') })
  return `${folder}/flow.arazzo.yaml#main`
}

const few: LoadOptions['load'] = { vus: 2, iterations: 1, threads: 1, warmUp: 0 }

const silent: Respond = () => {}
const trickle: Respond = async response => {
  response.writeHead(200, { 'content-type': 'text/plain' })
  while (!response.closed) {
    response.write('x')
    await delay(50)
  }
}
/** A stream whose first event comes after so long, and its header with it. */
const eventAfter =
  (time: number): Respond =>
  async response => {
    await delay(time)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  }

const ways = [
  ['wire', { transport: 'wire' }],
  ['undici', { transport: 'undici' }],
  ['HTTP/2', { protocol: 'h2' }],
] as const

describe.each(ways)('over %s', (name, over) => {
  const isHttp2 = name === 'HTTP/2'

  test.each([
    ['that gets no response', silent, 'not one byte of it had come'],
    ['whose response trickles', trickle, 'of its body had come, and no more'],
  ])('a request %s fails by requestTimeout, under load and in a functional run', async (_, respond, came) => {
    const servers = await serving(respond, isHttp2)
    const conduct = { servers, requestTimeout: '400ms' }
    const report = await runLoad({ workflow: flow(), load: few, ...conduct, ...over })
    expect(report.arrivals).toMatchObject({ started: 2, failed: 2, aborted: 0 })
    expect(report.errors).toMatchObject([{ kind: 'timeout', count: 2 }])
    const { message, exemplars } = report.errors[0]!
    expect(message).toContain('no complete response within 400 ms. Raise requestTimeout, or the timeout of the step')
    expect(exemplars[0]!.failure).toContain(came)
    const functional = await runWorkflow(flow(), { ...conduct, ...(isHttp2 && { protocol: 'h2' }) })
    expect(functional).toMatchObject({ state: 'failed', because: expect.stringContaining('Raise requestTimeout') })
  })

  test('an event stream has to begin within it, unless its step says how long it waits', async () => {
    const servers = await serving(eventAfter(900), isHttp2)
    const conduct = { servers, requestTimeout: 300, load: few, ...over }
    const late = await runLoad({ workflow: flow(', x-events: { most: 1 }'), ...conduct })
    expect(late.arrivals).toMatchObject({ failed: 2, passed: 0 })
    expect(late.errors).toMatchObject([{ kind: 'timeout', count: 2 }])
    expect(late.errors[0]!.message).toContain("no response within 300 ms. Raise requestTimeout, or the stream's within")
    const timed = await runLoad({ workflow: flow(', x-events: { most: 1, within: 20s }'), ...conduct })
    expect(timed.arrivals).toMatchObject({ failed: 0, passed: 2 })
  })
})

test('the timeout of a step has precedence over requestTimeout, longer or shorter', async () => {
  const servers = await serving(response => setTimeout(() => response.end(), 600))
  const longer = await runWorkflow(flow(', timeout: 20000'), { servers, requestTimeout: 200 })
  expect(longer.state).toBe('passed')
  const shorter = await runWorkflow(flow(', timeout: 200'), { servers, requestTimeout: '20s' })
  expect(shorter).toMatchObject({ state: 'failed', because: expect.stringContaining('within 200 ms') })
})

test('every request has 10 s when nothing is said, and no limit with 0', async () => {
  const { document } = await readRef(flow())
  const timeoutWith = (options: object) => {
    const plan = compilePlan(document, 'main', { servers: 'http://127.0.0.1', ...options })
    const out = { headers: [] as string[] } as Parameters<NonNullable<typeof request>['build']>[1]
    const { request } = plan.root.steps[0]!
    request!.build({} as never, out, [])
    return out.timeout
  }
  expect([{}, { requestTimeout: 0 }, { requestTimeout: '1m' }].map(timeoutWith)).toEqual([10_000, 0, 60_000])
})

test.each([
  [1, '10s', 11_000],
  [3, '10s', 31_000],
  [9, '10s', 51_000],
  [3, '100ms', 5_000],
  [3, 0, 5_000],
])('the graceful stop of %i steps of at most %s', async (steps, requestTimeout, expected) => {
  const all = Array.from({ length: steps }, (_, i) => `{ stepId: get${i}, operationId: get }`).join(', ')
  const text = arazzo(`  - workflowId: main\n    steps: [${all}]`)
  const folder = project({ 'api.json': openapi({ get: ['get', '/'] }), 'flow.arazzo.yaml': text })
  const servers = 'http://127.0.0.1:1'
  const options = { workflow: `${folder}/flow.arazzo.yaml#main`, servers, load: few, requestTimeout }
  expect(loadTestOrThrow(await readLoadTest(options)).load.gracefulStop).toBe(expected)
})

test('the graceful stop waits for a response that is slow but within its time', async () => {
  const servers = await serving(response => setTimeout(() => response.end(), 6_500))
  const load = { vus: 2, duration: '300ms', threads: 1, warmUp: 0 }
  const waiting = runLoad({ workflow: flow(), servers, load })
  const ofStream = { workflow: flow(', x-events: { most: 1, within: 20s }'), servers: await serving(eventAfter(6_500)) }
  const streaming = runLoad({ ...ofStream, requestTimeout: 300, load })
  expect((await streaming).arrivals).toMatchObject({ started: 2, passed: 2, failed: 0, aborted: 0 })
  expect((await waiting).arrivals).toMatchObject({ started: 2, passed: 2, failed: 0, aborted: 0 })
})
