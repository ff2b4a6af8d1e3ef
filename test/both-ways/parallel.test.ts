import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { comparable } from '../../src/compare/duet/duet.ts'
import { readArazzo } from '../../src/document/read.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { DuetSide } from '../../src/load/thread/duet/side.ts'
import { connectionsAhead, connectionsOf } from '../../src/load/thread/transport.ts'
import { StallMeter } from '../../src/measure/stalls.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import { openGate } from '../builders/gate.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { aReport, aStep, latencies } from '../builders/report.ts'
import { expectConsistent } from './consistent.ts'

/*
 * Steps at the same time under load, against a server that responds to two of them only when both are there.
 */

const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'
const workflows = `
  - workflowId: main
    x-vitest: { parallel: true }
    steps:
      - { stepId: login, operationId: login, ${ok}, outputs: { sid: $response.body#/sid } }
      - { stepId: a, operationId: a, ${ok}, dependsOn: [login], outputs: { sid: $response.body#/sid } }
      - { stepId: b, operationId: b, ${ok}, dependsOn: [login], outputs: { sid: $response.body#/sid } }
      - stepId: last
        operationId: last
        parameters: [{ name: x, in: query, value: $steps.a.outputs.sid }]
        successCriteria:
          - condition: $statusCode == 200
          - condition: $steps.a.outputs.sid == $steps.login.outputs.sid
          - condition: $steps.b.outputs.sid == $steps.login.outputs.sid
`
const write = () =>
  project({
    'api.json': openapi({
      login: ['post', '/login'],
      a: ['get', '/a'],
      b: ['get', '/b'],
      last: ['get', '/last', { parameters: [{ name: 'x', in: 'query', schema: { type: 'string' } }] }],
    }),
    'flow.arazzo.yaml': arazzo(workflows, '', '1.1.0'),
  })
const workflow = () => `${write()}/flow.arazzo.yaml#main`

/** Gives each login a session, and tells every other request which it has. */
function sessions(status: (path: string) => number = () => 200) {
  let count = 0
  return (path: string, _url: URL, cookie: string | undefined) => {
    const sid = path === '/login' ? `s${++count}` : cookie?.replace('sid=', '')
    return {
      status: status(path),
      body: { sid },
      headers: path === '/login' ? { 'set-cookie': `sid=${sid}` } : undefined,
    }
  }
}

const SLOW = 100

/** Bounds what would wait for ever. */
const within = () => AbortSignal.timeout(60_000)

describe.each([
  ['wire', { transport: 'wire' }, 'h1'],
  ['undici', { transport: 'undici' }, 'h1'],
  ['HTTP/2', { protocol: 'h2' }, 'h2'],
] as const)('over %s', (_, options: Partial<LoadOptions>, version) => {
  test('steps overlap, the books balance, and an iteration takes what the clock says', async () => {
    const gate = await openGate(['/a', '/b'], sessions(), version, SLOW)
    const load = { vus: 1, iterations: 4, threads: 1, warmUp: 0 }
    const report = await runLoad({ workflow: workflow(), servers: gate.origin, load, signal: within(), ...options })
    expectConsistent(report)
    expect(report.arrivals).toMatchObject({ due: 4, passed: 4, failed: 0, aborted: 0 })
    expect(gate.most).toBe(2)
    expect(Object.values(report.steps).map(({ requests, errors }) => [requests, errors])).toEqual(Array(4).fill([4, 0]))
    const sum = Object.values(report.steps).reduce((sum, { serviceTime }) => sum + serviceTime.min, 0)
    // One after the other, each would take at least that; a busy machine may hold up some of them.
    expect(report.serviceTime.min).toBeLessThan(sum)
    expect(report.serviceTime.min).toBeGreaterThanOrEqual(SLOW - 1)
  })

  test('a failure is of its step alone, and nothing begins after it', async () => {
    const gate = await openGate(
      ['/a', '/b'],
      sessions(path => (path === '/b' ? 503 : 200)),
      version,
    )
    const load = { vus: 1, iterations: 3, threads: 1, warmUp: 0 }
    const report = await runLoad({
      workflow: workflow(),
      servers: gate.origin,
      load,
      signal: within(),
      checks: 'off',
      ...options,
    })
    expectConsistent(report)
    expect(report.arrivals).toMatchObject({ due: 3, passed: 0, failed: 3, aborted: 0 })
    expect(report.errors.map(({ step, kind, count }) => [step, kind, count])).toEqual([['b', 'criterion', 3]])
    expect(gate.seen.filter(line => line.includes('/last'))).toEqual([])
    expect(report.steps.a).toMatchObject({ requests: 3, errors: 0 })
  })
})

test('many users on two threads keep their sessions apart, in turns of their own', async () => {
  const gate = await openGate([], sessions(), 'h1', 5)
  const load = { vus: 10, iterations: 4, threads: 2, warmUp: 0, thinkTime: '2ms' }
  const report = await runLoad({ workflow: workflow(), servers: gate.origin, load, signal: within() })
  expectConsistent(report)
  expect(report.arrivals).toMatchObject({ due: 40, passed: 40, failed: 0 })
  expect(report.errors).toEqual([])
})

test('what is in flight when the run is cancelled is aborted, all of it', async () => {
  const gate = await openGate(['/a', '/b', '/never'], sessions())
  const ending = new AbortController()
  const load = { vus: 3, duration: '60s', threads: 1, warmUp: 0 }
  const running = runLoad({ workflow: workflow(), servers: gate.origin, load, signal: ending.signal })
  await expect.poll(() => gate.held).toBe(6)
  ending.abort()
  const report = await running
  expectConsistent(report)
  expect(report.arrivals).toMatchObject({ due: 3, started: 3, passed: 0, failed: 0, aborted: 3 })
  // Who closes is seen a moment later from the other side.
  for (let i = 0; i < 600 && gate.sockets > 0; i++) await delay(100)
  expect(gate.sockets).toBe(0)
})

test('there is a connection for every request that a user may have in flight', async () => {
  const { document } = await readArazzo(`${write()}/flow.arazzo.yaml`)
  const plan = compilePlan(document!, 'main', { servers: 'http://127.0.0.1:1' })
  expect([plan.requestsPerRun, plan.requestsAtOnce]).toEqual([4, 2])
  const one = { index: 0, count: 1 }
  const load = { model: 'closed', kind: 'vus', vus: 100, maxVus: 100 } as never
  expect(connectionsAhead(load, one, plan, {})).toBe(200)
  expect(connectionsOf(load, one, plan)).toBe(400)
  const inTurn = { requestsPerRun: 4, requestsAtOnce: 1 }
  expect([connectionsAhead(load, one, inTurn, {}), connectionsOf(load, one, inTurn)]).toEqual([100, 128])
})

test('the shares of steps that overlap are said to be more than an iteration together', () => {
  const page = (mean: number) => {
    const serviceTime = latencies(Array(100).fill(mean))
    const steps = { a: aStep({ requests: 100, serviceTime }), b: aStep({ requests: 100, serviceTime }) }
    const whole = latencies(Array(100).fill(10))
    return renderHtmlReport([{ name: 'main', report: aReport({ steps, serviceTime: whole, responseTime: whole }) }])
  }
  expect(page(9)).toContain('their shares are more than an iteration together')
  expect(page(5)).not.toContain('their shares are more')
})

test('a side of a comparison runs them at the same time too, in turns', async () => {
  const gate = await openGate(['/a', '/b'], sessions())
  const ref = workflow()
  const reading = await readLoadTest({ workflow: ref, servers: gate.origin, load: { vus: 1, duration: '5s' } })
  const { plan, planOptions, load } = loadTestOrThrow(reading)
  const side = await DuetSide.make(
    {
      document: plan.document,
      workflowId: plan.workflowId,
      planOptions,
      steps: plan.steps.map(({ key }) => key),
      plan: comparable(load).plan!,
      grace: 60_000,
      inputs: { kind: 'fixed', inputs: {} },
      transport: 'wire',
      connections: {},
      measures: { times: true, work: false },
    },
    { servers: gate.origin },
  )
  await side.open(() => {})
  expect(side.requestsPerRun).toBe(4)
  expect((await side.warmUp(5, 60_000)).iterations).toBe(5)
  const stalls = new StallMeter()
  onTestFinished(() => stalls.close())
  await side.begin(stalls)
  await side.turn({ length: 50, discard: 1 }, { isSlice: false, endsBlock: true })
  await side.end()
  expect(gate.most).toBe(2)
  expect(gate.held).toBe(0)
  expect(gate.seen.length % 4).toBe(0)
})

test('the same seed draws the same inputs as with one after the other', async () => {
  const drawn = async (text: string) => {
    const folder = write()
    const rows = JSON.stringify(Array.from({ length: 50 }, (_, i) => ({ x: `x${i}` })))
    writeFileSync(`${folder}/rows.json`, rows)
    writeFileSync(`${folder}/flow.arazzo.yaml`, arazzo(text, '', '1.1.0'))
    const gate = await openGate([], sessions())
    const load = { vus: 1, iterations: 8, threads: 1, warmUp: 0, seed: 7 } as const
    const inputs = { rows: `${folder}/rows.json`, order: 'random' } as const
    const report = await runLoad({ workflow: `${folder}/flow.arazzo.yaml#main`, servers: gate.origin, load, inputs })
    expect(report.arrivals.passed).toBe(8)
    return gate.seen.filter(line => line.includes('/last'))
  }
  const reading = workflows
    .replace('    steps:', '    inputs: { type: object, properties: { x: { type: string } } }\n    steps:')
    .replace('value: $steps.a.outputs.sid', 'value: $inputs.x')
  const inTurn = await drawn(reading.replace('parallel: true', 'parallel: false'))
  expect(new Set(inTurn).size).toBeGreaterThan(1)
  expect(await drawn(reading)).toEqual(inTurn)
})
