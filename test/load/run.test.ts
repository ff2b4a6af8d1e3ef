import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Store, startStore } from '../../fixtures/load/store.ts'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions, Progress } from '../../src/load/plan/options.ts'
import type { RunInternals } from '../../src/load/run/load-run.ts'
import { assertBalanced } from '../../src/load/thread/ledger.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { runStopping } from '../builders/run-load.ts'
import { slashed } from '../builders/system.ts'
import { thoroughly } from '../builders/thorough.ts'

const path = (name: string) => fileURLToPath(new URL(`../../fixtures/load/${name}`, import.meta.url))
const document = path('store.arazzo.yaml')
const browse = `${document}#browse`
const peek = `${document}#peek`

let store: Store
beforeEach(async () => {
  store = await startStore()
})
afterEach(() => store.kill())

/** Runs load against the store, and holds what is true of every report. */
async function run(
  options: Partial<LoadOptions> & Pick<LoadOptions, 'load'>,
  { gracefulStop, ...internals }: RunInternals & { gracefulStop?: number } = {},
): Promise<LoadReport> {
  const report = await runStopping(gracefulStop, { workflow: browse, servers: store.url, ...options }, internals)
  assertBalanced(report.arrivals, 'the run')
  assertBalanced(report.measuredArrivals, 'the window')
  expect(JSON.parse(JSON.stringify(report))).toEqual(structuredClone(report))
  return report
}

/** Does something when the n-th request comes in; it is answered none the less. */
function onRequest(n: number, action: () => unknown): void {
  store.status = seen => {
    if (seen === n) void action()
    return undefined
  }
}

const sumOf = (report: LoadReport, field: 'due' | 'started' | 'dropped' | 'passed' | 'failed' | 'requests') =>
  report.series.reduce((sum, interval) => sum + interval[field], 0)

describe('an open model on two threads', () => {
  test('requests a second: every arrival once, all figures of one run', async () => {
    const seen: Progress[] = []
    const load = { rps: 240, duration: '1500ms', warmUp: '500ms', rampUp: '500ms', threads: 2 }
    const budgets = { requests: { p95: '20s' } }
    const report = await run({ load, budgets, onProgress: progress => seen.push(progress) })

    // 240/s of three requests each: 80 iterations a second; a ramp brings half.
    expect(report).toMatchObject({
      state: 'completed',
      model: 'open',
      threads: 2,
      warmUp: 1_000,
      measured: 1_500,
      errors: [],
    })
    expect(report.arrivals).toEqual({ due: 180, dropped: 0, started: 180, passed: 180, failed: 0, aborted: 0 })
    expect(report.measuredArrivals).toMatchObject({ due: 120, passed: 120 })
    expect(store.seen).toEqual({ 'POST /login': 180, 'GET /items': 180, 'GET /items/{id}': 180 })
    expect(Object.keys(report.steps)).toEqual(['login', 'list', 'item'])
    expect(report.responseTime.count).toBe(120)
    // Of both threads and all steps, nothing lost and nothing twice.
    const ofSteps = Object.values(report.steps)
    const count = ofSteps.reduce((sum, { serviceTime }) => sum + serviceTime.count, 0)
    expect(count).toBeGreaterThan(0)
    expect(report.allRequests).toMatchObject({ requests: count, errors: 0, serviceTime: { count } })
    expect(report.allRequests!.serviceTime.max).toBe(Math.max(...ofSteps.map(({ serviceTime }) => serviceTime.max)))
    expect(report.allRequests!.serviceTime.min).toBe(Math.min(...ofSteps.map(({ serviceTime }) => serviceTime.min)))
    expect(report.verdicts).toMatchObject([{ budget: 'requests.p95', verdict: 'pass', judged: { bound: 20_000 } }])
    expect(report.responseTime.mean).toBeGreaterThanOrEqual(report.serviceTime.mean)
    expect(report.generator.lateness.count).toBe(120)
    expect(report.rps).toBeCloseTo(report.requests / 1.5, 6)
    expect(report.transport).toMatchObject({ name: 'wire', connectionsLost: 0 })

    expect([sumOf(report, 'due'), sumOf(report, 'started'), sumOf(report, 'passed')]).toEqual([180, 180, 180])
    expect(sumOf(report, 'requests')).toBe(540)
    expect(report.series.map(({ phase }) => phase).slice(0, 4)).toEqual(['ramp-up', 'warm-up', 'measured', 'measured'])
    expect(seen).toHaveLength(report.series.length)
    expect(seen.at(-1)).toMatchObject({ done: 1, passed: 180, failed: 0, requests: 540, total: 2_500 })
  })
})

test('stages: the same arrivals on one thread and on two', async () => {
  const load = {
    stages: [
      { rate: 60, duration: '300ms' },
      { rate: 60, hold: '400ms' },
      { rate: 200, hold: '200ms' },
    ],
  }
  const reports: LoadReport[] = []
  for (const threads of [1, 2]) reports.push(await run({ workflow: peek, load: { ...load, threads } }))
  expect(reports.map(({ arrivals }) => arrivals)).toEqual([reports[0]!.arrivals, reports[0]!.arrivals])
  expect(reports.map(({ measured, warmUp }) => [measured, warmUp])).toEqual([
    [600, 1_300],
    [600, 1_300],
  ])
  // 9 on the climb, 60 in the warm-up, 24 and 40 in the measured window.
  expect(reports[0]!.arrivals.due).toBe(133)
})

describe('a closed model', () => {
  test('a number of iterations for each user', async () => {
    const report = await run({ load: { vus: 3, iterations: 5, threads: 2 } })
    expect(report.arrivals).toEqual({ due: 15, dropped: 0, started: 15, passed: 15, failed: 0, aborted: 0 })
    expect(report.measuredArrivals).toEqual(report.arrivals)
    expect(store.seen).toEqual({ 'POST /login': 15, 'GET /items': 15, 'GET /items/{id}': 15 })
    expect(report.requests).toBe(45)
    expect(report.responseTime).toEqual(report.serviceTime)
    expect(report.generator.lateness.count).toBe(0)
  })

  test('a number of iterations with think times', async () => {
    const load = { vus: 5, iterations: 8, threads: 2, thinkTime: { uniform: [1, 5] as const } }
    const report = await run({ load })
    expect(report.arrivals).toMatchObject({ due: 40, dropped: 0, passed: 40 })
    expect(store.seen).toEqual({ 'POST /login': 40, 'GET /items': 40, 'GET /items/{id}': 40 })
  })

  test('for a duration: no more requests at once than users', async () => {
    store.delay = 20
    const report = await run({ workflow: peek, load: { vus: 4, duration: '1s', warmUp: 0 } })
    expect(report.state).toBe('completed')
    // 4 users with at least 20 ms an iteration make at most 200 in a second.
    expect(report.arrivals.passed).toBeGreaterThan(20)
    expect(report.arrivals.passed).toBeLessThanOrEqual(204)
    expect(Math.max(...report.series.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(4)
  })
})

describe('a budget that ends the run', () => {
  test('fails, and so the run is cut short; the others are undecided', async () => {
    // Half of the lists fail, from the first on.
    store.status = n => (n % 2 === 0 ? 503 : undefined)
    const began = performance.now()
    const report = await run({
      workflow: peek,
      load: { rate: 100, duration: '30s', warmUp: 0 },
      budgets: {
        errorRate: { bound: '10%', abortOnFail: true, hold: '1s' },
        rps: 10,
        steps: { list: { errorRate: { bound: '10%', everyWindow: '1s' } } },
      },
    })
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(report.state).toBe('cut short')
    expect(report.cause).toBe('the budget errorRate <= 10 % was missed, and ends the run (abortOnFail)')
    expect(report.endedBy).toMatchObject({ budget: 'errorRate', at: 2_000 })
    expect(report.measured).toBeLessThan(15_000)
    expect(report.verdicts.map(({ budget, verdict }) => `${budget} ${verdict}`)).toEqual([
      'errorRate fail',
      'rps inconclusive',
      'steps.list.errorRate fail',
    ])
    expect(report.windows!['steps.list.errorRate']!.slice(0, 2)).toMatchObject([
      { start: 0, length: 1_000, standing: 'missed' },
      { start: 1_000, length: 1_000, standing: 'missed' },
    ])
  })
})

describe('failures', () => {
  test.each(['wire', 'undici'] as const)(
    'are grouped by cause, with the place in the document and masked exemplars (%s)',
    async transport => {
      // Requests in order: login, list (503), login, list, item (503), login, list, item (503) ...
      store.status = n => (n === 1 || n % 3 === 1 ? 503 : undefined)
      const password = 'correct horse battery'
      process.env.STORE_TEST_PASSWORD = password
      const inputs = { password: { env: 'STORE_TEST_PASSWORD' } }
      const report = await run({ load: { vus: 1, iterations: 4 }, inputs, transport }).finally(
        () => delete process.env.STORE_TEST_PASSWORD,
      )
      expect(report.arrivals).toMatchObject({ started: 4, aborted: 0 })
      const { failed, passed } = report.measuredArrivals
      expect(failed).toBeGreaterThan(0)
      expect(report.errorRate).toBe(failed / (failed + passed))
      const group = report.errors.find(({ step }) => step === 'list')
      expect(group).toMatchObject({
        kind: 'criterion',
        message: '$statusCode == 200 is not met (503)',
        at: { file: document, column: expect.any(Number) },
      })
      expect(group!.exemplars[0]).toMatchObject({
        method: 'GET',
        url: `${store.url}/items`,
        headers: { authorization: '***' },
        thread: 1,
        at: expect.any(Number),
        latency: expect.any(Number),
        response: { status: 503, headers: { 'content-type': 'application/json' }, body: '{"error":503}' },
      })
      expect(group!.exemplars.length).toBeLessThanOrEqual(3)
      expect(JSON.stringify(report)).not.toContain(password)
      expect(JSON.stringify(report)).not.toContain('let-me-in')
    },
  )

  test('the slowest requests of each step are told', async () => {
    // One request after another, three of an iteration: the eleventh is slow, and fails.
    store.status = n => {
      store.delay = n === 10 ? 400 : 0
      return n === 10 ? 503 : undefined
    }
    const report = await run({ load: { vus: 1, iterations: 8, threads: 1 } })
    const list = report.slowest!.filter(({ step }) => step === 'list')
    expect(list.map(({ latency }) => latency)).toEqual(list.map(({ latency }) => latency).sort((a, b) => b - a))
    const slow = report.slowest!.find(({ status }) => status === 503)
    expect(slow).toMatchObject({
      step: 'list',
      failure: 'criterion',
      thread: 1,
      at: expect.any(Number),
      request: `GET ${store.url}/items`,
    })
    expect(slow!.latency).toBeGreaterThanOrEqual(399)
    for (const [step, { requests, serviceTime }] of Object.entries(report.steps)) {
      const slowest = report.slowest!.filter(one => one.step === step)
      expect(slowest).toHaveLength(Math.min(3, requests))
      // As a histogram keeps it: within 0.1 %.
      expect(slowest[0]!.latency / serviceTime.max).toBeCloseTo(1, 2)
    }
  })

  test('three requests of each step that passed are shown, and a typical and the slowest iteration', async () => {
    store.status = n => {
      store.delay = n === 10 ? 300 : 2
      return n === 0 ? 503 : undefined
    }
    const report = await run({ load: { vus: 1, iterations: 12, threads: 1 } })
    for (const step of Object.keys(report.steps)) {
      const ofStep = report.examples.filter(one => one.step === step)
      expect(ofStep.length, step).toBe(2)
      for (const { response } of ofStep) expect(response).toMatchObject({ status: 200, body: expect.any(String) })
    }
    const { typical, slowest } = report.iterations!
    for (const { latency, attempts } of [typical, slowest]) {
      expect(attempts.map(({ step, status }) => [step, status])).toEqual(
        Object.keys(report.steps).map(step => [step, 200]),
      )
      const ends = attempts.map(({ start, length }) => start + length)
      for (const [i, { start }] of attempts.entries()) expect(start).toBeGreaterThanOrEqual(i === 0 ? 0 : ends[i - 1]!)
      expect(latency).toBeGreaterThanOrEqual(ends.at(-1)! - 1)
    }
    expect(slowest.attempts[0]!.length).toBeGreaterThanOrEqual(299)
    expect(typical.latency).toBeLessThan(slowest.latency / 2)
  })

  test('a server killed in mid-run: the books balance, and the figures say what happened', async () => {
    onRequest(40, () => store.kill())
    const report = await run({ workflow: peek, load: { rate: 100, duration: '1500ms', warmUp: 0, threads: 2 } })
    expect(report.state).toBe('completed')
    expect(report.arrivals).toMatchObject({ due: 150, dropped: 0 })
    expect(report.arrivals.passed).toBeGreaterThan(10)
    expect(report.arrivals.failed).toBeGreaterThan(10)
    expect(report.errors.map(({ kind }) => kind)).toContain('refused')
    // What was refused is no answer: throughput does not count it.
    expect(report.requests).toBeLessThanOrEqual(report.arrivals.passed)
    // A busy machine sends the last ones after the window.
    expect(report.steps.list!.requests).toBeGreaterThan(report.requests + 10)
    expect(report.steps.list!.requests).toBeLessThanOrEqual(150)
  })

  test('a server restarted in mid-run', async () => {
    const port = Number(new URL(store.url).port)
    onRequest(20, async () => {
      await store.kill()
      await delay(300)
      store = await startStore(port)
    })
    const report = await run({ workflow: peek, load: { rate: 50, duration: '2s', warmUp: 0 } })
    expect(report.arrivals).toMatchObject({ due: 100, dropped: 0, aborted: 0 })
    expect(report.arrivals.failed).toBeGreaterThan(0)
    expect(report.series.at(-2)!.passed).toBeGreaterThan(0)
  })
})

describe('a stalled server', () => {
  test('is seen by response time, which counts from when arrivals were due', async () => {
    onRequest(20, async () => {
      store.frozen = true
      await delay(800)
      store.frozen = false
    })
    // What still waits at the end is dropped: even a busy machine has two seconds to make up for the stall.
    const load = { rate: 50, duration: '3s', warmUp: 0, maxVus: 5 }
    const report = await run({ workflow: peek, load })
    expect(report.arrivals).toMatchObject({ due: 150, dropped: 0, passed: 150 })
    // Five users were caught in the stall; some thirty arrivals waited for them.
    expect(report.responseTime.p90).toBeGreaterThan(10 * report.serviceTime.p90)
    expect(report.responseTime.p90).toBeGreaterThan(100)
    // A busy machine sends the last ones after the window.
    expect(report.steps.list!.serviceTime.count).toBeGreaterThan(75)
  })

  test('arrivals that no user is free for are dropped, and that is a doubt', async () => {
    onRequest(10, () => {
      store.frozen = true
    })
    const load = { rate: 100, duration: '1s', warmUp: 0, maxVus: 5 }
    const report = await run({ workflow: peek, load }, { gracefulStop: 0 })
    expect(report.arrivals).toMatchObject({ due: 100, failed: 5 })
    expect(report.arrivals.dropped).toBeGreaterThan(20)
    store.frozen = false
    expect(report.doubts.map(({ kind }) => kind)).toContain('dropped arrivals')
  })
})

describe('a run that cannot be', () => {
  test('nobody listens: nothing is sent, and the cause is said', async () => {
    await store.kill()
    const report = await run({ load: { rps: 1_000, duration: '60s' }, budgets: { p99: '1s' } })
    expect(report.state).toBe('not run')
    expect(report.cause?.replace(store.url, 'URL')).toMatchInlineSnapshot(
      `"Failed to connect to URL: connection refused. Start the application, or correct its URL."`,
    )
    expect(report.arrivals.due).toBe(0)
    expect([report.doubts, report.verdicts, report.errors]).toEqual([[], [], []])
  })

  test('nothing can be sent: it is ended after a second', async () => {
    const load = { rate: 50, duration: '60s', warmUp: 0 }
    const report = await run({ workflow: `${document}#lost`, load })
    expect(report.state).toBe('not run')
    expect(report.cause).toMatchInlineSnapshot(
      `"Failed to build the request of step "item": path parameter {id} has no value. $inputs.id came out empty: check what is given as input "id"."`,
    )
    expect(report.arrivals.passed).toBe(0)
    // In 60 s it would be 3,000.
    expect(report.arrivals.due).toBeLessThan(1_000)
    expect(store.seen).toEqual({})
  })

  test('nothing is answered by the end', async () => {
    store.frozen = true
    const load = { vus: 2, duration: '300ms', warmUp: 0 }
    const report = await run({ workflow: peek, load }, { gracefulStop: 100 })
    store.frozen = false
    expect(report.state).toBe('not run')
    expect(report.cause?.replace(store.url, 'URL')).toMatchInlineSnapshot(
      `"no request to URL got a response in 300 ms. Check that the application is not stuck."`,
    )
    expect(report.arrivals).toMatchObject({ started: 2, aborted: 2 })
  })
})

describe('ended early', () => {
  test('by its caller: long before its end, with what was measured', async () => {
    store.delay = 30
    const ending = new AbortController()
    let called = Infinity
    onRequest(60, () => {
      called = performance.now()
      ending.abort()
    })
    const load = { rate: 100, duration: '60s', warmUp: 0, threads: 2 }
    const report = await run({ workflow: peek, load, signal: ending.signal, budgets: { p99: '10s' } })
    expect(performance.now() - called).toBeLessThan(20_000)
    expect(report).toMatchObject({ state: 'cut short', cause: 'it was cancelled' })
    expect(report.measured).toBeGreaterThan(100)
    expect(report.measured).toBeLessThan(30_000)
    expect(report.arrivals.passed).toBeGreaterThan(10)
    expect(report.requests).toBeGreaterThan(10)
    expect(report.doubts.map(({ kind }) => kind)).toContain('cut short')
    expect(report.verdicts).toMatchObject([{ budget: 'p99', verdict: 'inconclusive' }])
  })

  test('before it began', async () => {
    const report = await run({ load: { vus: 2, duration: '60s' }, signal: AbortSignal.abort() })
    expect(report).toMatchObject({ state: 'cut short', measured: 0, arrivals: { due: 0 } })
    expect(store.seen).toEqual({})
  })

  test('by the loss of a thread: its cause is told, and the books balance', async () => {
    const load = { rate: 200, duration: '60s', warmUp: 0, threads: 2 }
    store.delay = 20
    const report = await run({ workflow: peek, load }, { worker: path('workers/second-crashes.js') })
    expect(report).toMatchObject({ state: 'cut short', cause: 'load thread 2 of 2 was lost: out of memory' })
    expect(report.arrivals.aborted).toBeGreaterThan(0)
    expect(report.arrivals.passed).toBeGreaterThan(report.responseTime.count)
    expect(report.series.length).toBeGreaterThan(0)
  })

  thoroughly(
    'by a thread that is stuck: it is ended after its plan, its iterations are aborted, and the step is told',
    async () => {
      const load = { rate: 200, duration: '2s', warmUp: 0, threads: 2 }
      store.delay = 20
      const internals = { worker: path('workers/second-stands-still.js'), gracefulStop: 100 }
      const report = await run({ workflow: peek, load, budgets: { p99: '10s' } }, internals)
      expect(report).toMatchObject({ state: 'cut short' })
      expect(report.cause).toMatch(
        /^load thread 2 of 2 was ended: it had not ended 5 s after the plan and the time for iterations in flight, and was last at step "list". Look for a loop /,
      )
      expect(report.arrivals.aborted).toBeGreaterThan(0)
      expect(report.doubts).toContainEqual(
        expect.objectContaining({ kind: 'cut short', text: expect.stringContaining('"list"') }),
      )
      expect(report.verdicts).toMatchObject([{ budget: 'p99', verdict: 'inconclusive' }])
    },
  )
})

describe('what is refused before any request', () => {
  const load = { vus: 1, iterations: 1 }
  const messageOf = (options: Partial<LoadOptions>): Promise<string> =>
    runLoad({ workflow: browse, servers: store.url, load, ...options }).then(
      () => 'it ran',
      (error: Error) => `${error.name}: ${slashed(error.message.replaceAll(document, 'store.arazzo.yaml'))}`,
    )

  afterEach(() => expect(store.seen).toEqual({}))

  test('a host that is not this machine', async () => {
    expect(await messageOf({ servers: 'http://api.example.com' })).toMatchInlineSnapshot(
      `"Error: Failed to load http://api.example.com: "api.example.com" is not this machine, and no host but loopback is loaded unless it is named. If you may load it, add allowHosts: ['api.example.com']."`,
    )
  })

  test('every fault of shape and budgets at once', async () => {
    expect(
      await messageOf({
        load: { rps: 0, duration: 'long' },
        budgets: { p99: '10MB', memory: '1GB', steps: { logn: { p99: 1 } } } as LoadOptions['budgets'],
      }),
    ).toMatchInlineSnapshot(`
      "ArazzoError: 5 problems

      fixtures/load/store.arazzo.yaml:8:5: Failed to read load.duration: "long": it does not begin with a number. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
         6 |     type: openapi
         7 | workflows:
      >  8 |   - workflowId: browse
           |     ^
         9 |     inputs:
        10 |       type: object

      fixtures/load/store.arazzo.yaml:8:5: Failed to read load.rps: it is zero. Give a rate above zero.
         6 |     type: openapi
         7 | workflows:
      >  8 |   - workflowId: browse
           |     ^
         9 |     inputs:
        10 |       type: object

      fixtures/load/store.arazzo.yaml:8:5: Failed to read budget p99: "10MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'.
         6 |     type: openapi
         7 | workflows:
      >  8 |   - workflowId: browse
           |     ^
         9 |     inputs:
        10 |       type: object

      fixtures/load/store.arazzo.yaml:8:5: Failed to read budget memory: no target process is known. Let the plugin start the application (server), or give target: { pid }.
         6 |     type: openapi
         7 | workflows:
      >  8 |   - workflowId: browse
           |     ^
         9 |     inputs:
        10 |       type: object

      fixtures/load/store.arazzo.yaml:8:5: Failed to read budget steps.logn: the workflow has no such step. Did you mean "login"? Steps are login, list, item.
         6 |     type: openapi
         7 | workflows:
      >  8 |   - workflowId: browse
           |     ^
         9 |     inputs:
        10 |       type: object"
    `)
  })

  test('an unknown workflow', async () => {
    expect(await messageOf({ workflow: `${document}#brows` })).toMatchInlineSnapshot(`
      "ArazzoError: fixtures/load/store.arazzo.yaml:8:5: Failed to find workflow "brows": the document has no such workflow. Did you mean "browse"? It has "browse", "peek", "lost".
         6 |     type: openapi
         7 | workflows:
      >  8 |   - workflowId: browse
           |     ^
         9 |     inputs:
        10 |       type: object"
    `)
  })

  test('a variable that is not set', async () => {
    expect(await messageOf({ inputs: { password: { env: 'NO_SUCH_VARIABLE' } } })).toMatchInlineSnapshot(
      `"Error: Failed to read input "password": the environment has no NO_SUCH_VARIABLE. Set it before the run."`,
    )
  })

  test('a process that is not there', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    const message = await messageOf({ target: { pid: child.pid! }, budgets: { memory: '8GB' } })
    expect(message.replaceAll(String(child.pid), 'PID')).toMatchInlineSnapshot(
      `"ProbeError: Failed to measure pid PID: no such process. Check that the application is still running and that the pid is its own."`,
    )
  })

  test('a transport that there is not', async () => {
    expect(await messageOf({ transport: 'tin can' as 'auto' })).toContain(
      'Failed to read transport: "tin can" is not one of its values. It is "auto" or "wire" or "undici".',
    )
  })
})

test('the application is measured over the window', async () => {
  const report = await run({
    workflow: peek,
    load: { rate: 50, duration: '1s', warmUp: '200ms' },
    target: { pid: process.pid },
    budgets: { memory: '8GB', cpu: '16 cores', rps: 1 },
  })
  expect(report.target!.samples).toBeGreaterThanOrEqual(4)
  expect(report.target!.memoryPeak).toBeGreaterThan(1e6)
  expect(report.series.some(({ target }) => target !== undefined)).toBe(true)
  expect(report.verdicts.filter(({ budget }) => budget !== 'rps').map(({ verdict }) => verdict)).toEqual([
    'pass',
    'pass',
  ])
})

test('named targets are measured too, each by its own means', async () => {
  let seconds = 0
  const metrics = createServer((_, response) => {
    seconds += 0.25
    response.end(`process_resident_memory_bytes 5e7\nprocess_cpu_seconds_total ${seconds}\nqueue 4\n`)
  })
  metrics.listen(0, '127.0.0.1')
  await once(metrics, 'listening')
  const url = `http://127.0.0.1:${(metrics.address() as AddressInfo).port}/metrics`
  const report = await run({
    workflow: peek,
    load: { rate: 50, duration: '1500ms', warmUp: '200ms' },
    targets: { api: { pid: process.pid }, db: { prometheus: url, series: { queue: 'queue', lag: 'lag' } } },
    budgets: {
      targets: {
        api: { memory: '8GB', cpuPerRequest: '1s' },
        db: { memory: '60MB', series: { queue: '< 4', lag: 1 } },
      },
    },
  })
  metrics.close()
  expect(report.target).toBeUndefined()
  const { api, db } = report.targets!
  expect(api!.memoryGrowth!.perMinute.value).not.toBeNaN()
  expect(api!.cpuPerRequest! * report.requests).toBeCloseTo(api!.cpu * report.measured, -3)
  expect(db).toMatchObject({ memoryPeak: 5e7, series: { queue: { min: 4, max: 4 } }, of: url })
  expect(report.series.some(({ targets }) => targets?.db?.series?.queue === 4)).toBe(true)
  expect(report.verdicts.map(({ title, verdict, value }) => `${verdict} ${title}: ${value}`).slice(2)).toEqual([
    'pass db memory <= 60 MB: 50 MB',
    'fail db series.queue < 4: 4',
    'fail db series.lag <= 1: no data',
  ])
  expect(report.verdicts.at(-1)!.because).toContain('there is no lag')
})

test('a target that is not there, and targets that cannot be, end the run before it begins', async () => {
  const refused = runLoad({
    workflow: peek,
    servers: store.url,
    load: { rate: 50, duration: '1s' },
    targets: { db: { prometheus: 'http://127.0.0.1:1/metrics' } },
    budgets: { targets: { db: { memory: '1GB' } } },
  })
  await expect(refused).rejects.toThrow(
    'Failed to measure http://127.0.0.1:1/metrics: connect ECONNREFUSED 127.0.0.1:1.',
  )
  const wrong = runLoad({
    workflow: peek,
    servers: store.url,
    load: { rate: 50, duration: '1s' },
    targets: { db: { prometeus: 'http://127.0.0.1:1/metrics' } as never },
    budgets: { heap: '1GB' },
  })
  await expect(wrong).rejects.toThrow(/prometeus.*Did you mean "prometheus"\?.*budget heap: no target/s)
  expect(store.seen).toEqual({})
})

test('a target that cannot be read and that no budget needs is noted, and the run goes on', async () => {
  const report = await run({
    workflow: peek,
    load: { rate: 50, duration: '1s' },
    target: { pid: process.pid },
    targets: { db: { prometheus: 'http://127.0.0.1:1/metrics' } },
    budgets: { memory: '8GB', errorRate: 0 },
  })
  expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass'])
  expect(report.targets).toMatchObject({ db: { samples: 0 } })
  expect(report.warnings).toEqual([
    expect.stringMatching(/^Failed to measure http.*ECONNREFUSED.* No budget needs it, so that the run went on\.$/),
  ])
})
