import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { whyRunFailed } from '../../src/budget/nothing.ts'
import { renderMetrics } from '../../src/load/metrics/figures.ts'
import { assertBalanced } from '../../src/load/thread/ledger.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { verdictOf as verdictOfRun } from '../../src/report/overall.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { runStopping } from '../builders/run-load.ts'
import { serve } from '../builders/server.ts'
import { cases } from '../builders/thorough.ts'
import { parsed, valuesOf } from './metrics/parsed.ts'

/* An application that stops responding is never green: what has no response after the graceful stop has failed. */

const DURATION = 1_200
const OPEN = { rate: 60, maxVus: 200 }
const CLOSED = { vus: 10 }
const ways = (['wire', 'undici'] as const).flatMap(transport =>
  [1, 2].flatMap(threads =>
    Object.entries({ open: OPEN, closed: CLOSED }).map(([model, load]) => ({ transport, threads, model, load })),
  ),
)
/** Each value of each of the three. */
const [wire, undici] = [ways[1]!, ways[6]!]
const others = ways.filter(way => way !== wire && way !== undici)

interface Options {
  transport: 'wire' | 'undici'
  threads: number
  load: object
  budgets?: Budgets
  gracefulStop?: number
}

/** @param isSilent whether a request gets no response: by its number, and the time since the first one. */
async function run(
  isSilent: (count: number, time: number) => boolean,
  { load, threads, gracefulStop = 1_000, ...options }: Options,
) {
  let start: number | undefined
  const server = await serve((_, count) => {
    start ??= performance.now()
    return isSilent(count, performance.now() - start) ? { delay: 'never' } : { body: {}, delay: 10 }
  })
  const folder = project({
    'api.json': openapi({ ask: ['get', '/ask'] }),
    'flow.arazzo.yaml': arazzo('\n  - workflowId: main\n    steps: [{ stepId: ask, operationId: ask }]'),
  })
  const shape = { warmUp: 0, duration: DURATION, ...load, threads } as unknown as LoadShape
  const report = await runStopping(gracefulStop, {
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers: server.origin,
    load: shape,
    budgets: { errorRate: 0, requests: { errorRate: 0 } },
    ...options,
  })
  for (const arrivals of [report.arrivals, report.measuredArrivals]) assertBalanced(arrivals, 'the run')
  return { report, seen: server.seen.length }
}

const verdictOf = ({ verdicts }: LoadReport, key: string) => verdicts.find(({ budget }) => budget === key)?.verdict
const failedIn = ({ series }: LoadReport) => series.reduce((sum, { failed }) => sum + failed, 0)

/** Checks facts of every report in which some iterations have no response. */
function expectFailed({ report, seen }: Awaited<ReturnType<typeof run>>, isOpen: boolean): void {
  const { arrivals, errors, errorRate, steps, responseTime } = report
  expect(report).toMatchObject({ state: 'completed', arrivals: { started: seen, aborted: 0 } })
  expect(arrivals.failed).toBeGreaterThan(0)
  expect(errorRate).toBe(arrivals.failed / (arrivals.passed + arrivals.failed))
  expect(errors).toMatchObject([{ step: 'ask', kind: 'no response', count: steps.ask!.errors }])
  expect(errors[0]!.exemplars[0]!.latency).toBeGreaterThan(990)
  const said = /attempts? at ask.*: no response after [\d.]+ m?s: the load and its graceful stop were over/
  expect(report.verdicts[0]!.because).toMatch(said)
  expect(failedIn(report)).toBe(arrivals.failed)
  // Requests of iterations that were due in the window may have been sent a moment after it.
  expect(steps.ask!.errors).toBeLessThanOrEqual(arrivals.failed)
  expect([responseTime.cut, steps.ask!.serviceTime.cut]).not.toContain(undefined)
  if (isOpen) expect(arrivals.due).toBe(arrivals.started + arrivals.dropped)
  for (const key of ['errorRate', 'requests.errorRate']) expect(verdictOf(report, key)).toBe('fail')
}

describe.each(cases([wire, undici], others))('$transport, $threads threads, $model model', ({ model, ...way }) => {
  test('an application that stops responding after half of the load', async () => {
    expectFailed(await run((_, time) => time > DURATION / 2, way), model === 'open')
  })

  test('one request in five has no response', async () => {
    const ran = await run(count => count % 5 === 0, way)
    expectFailed(ran, model === 'open')
    if (model === 'open') expect(ran.report.errorRate).toBeCloseTo(0.2, 1)
  })

  test('all has a response: none failed, and none was aborted', async () => {
    const { report } = await run(() => false, way)
    expect([report.arrivals.failed, report.arrivals.aborted, report.responseTime.cut]).toEqual([0, 0, undefined])
    for (const { verdict } of report.verdicts) expect(verdict).toBe('pass')
  })
})

test.each(['wire', 'undici'] as const)('%s: few users that are all stuck fail a load', async transport => {
  const ways = { stuck: (_: number, time: number) => time > 1_000, 'one stuck': (count: number) => count === 50 }
  const way = { transport, threads: 2, load: { vus: 4, duration: 3_000 }, budgets: { errorRate: '10%' } }
  const [stuck, one] = await Promise.all(Object.values(ways).map(async isSilent => (await run(isSilent, way)).report))
  for (const report of [stuck!, one!]) expect(verdictOf(report, 'errorRate')).toBe('pass')
  expect([verdictOfRun(stuck!).word, verdictOfRun(one!).word]).toEqual(['stopped responding', 'pass'])
  expect(whyRunFailed(stuck!)!.why).toMatch(/^no response came in the last [12] s of the measured window, or after it$/)
})

test.each([
  ['responds', () => false, /pass|inconclusive/],
  ['stops responding', (_: number, time: number) => time > DURATION / 2, /fail|inconclusive/],
] as const)('without a graceful stop, how an application ends that %s is not known', async (_, isSilent, verdict) => {
  const { report } = await run(isSilent, { transport: 'wire', threads: 1, load: CLOSED, gracefulStop: 0 })
  for (const key of ['errorRate', 'requests.errorRate']) expect(verdictOf(report, key)).toMatch(verdict)
})

test('a latency that lies among what was cut keeps no bound, and misses what it waited longer than', async () => {
  const bounds: Budgets = {
    max: '20s',
    mean: '20s',
    p99: '8s',
    p50: '8s',
    requests: { max: '20s', p99: '8s', p75: '8s' },
    steps: { ask: { max: '100ms', p85: '100ms', p99: '8s' } },
  }
  const { report } = await run(count => count % 5 === 0, { transport: 'wire', threads: 1, load: OPEN, budgets: bounds })
  expect(Object.fromEntries(report.verdicts.map(({ budget, verdict }) => [budget, verdict]))).toEqual({
    max: 'inconclusive',
    mean: 'inconclusive',
    p99: 'inconclusive',
    p50: 'pass',
    'requests.max': 'inconclusive',
    'requests.p99': 'inconclusive',
    'requests.p75': expect.stringMatching(/pass|inconclusive/),
    'steps.ask.max': 'fail',
    'steps.ask.p85': expect.stringMatching(/fail|inconclusive/),
    'steps.ask.p99': 'inconclusive',
  })
  expect(report.verdicts[0]!.because).toMatch(
    /\d+ of \d+ iterations were cut without a response: they would have taken longer than they waited, and max lies/,
  )
})

test.each(cases<[string, object]>([['closed', CLOSED]], [['open', OPEN]]))(
  'users of the warm-up that wait for a response until the end have failed: %s model',
  async (_, load) => {
    const isSilent = (count: number) => count > 10 && count <= 15
    const way = { transport: 'wire', threads: 1, load: { ...load, warmUp: '500ms' } } as const
    const budgets: Budgets = { errorRate: 0, requests: { errorRate: 0, max: '20s' }, max: '20s' }
    const { report } = await run(isSilent, { ...way, budgets })
    expect(report.measuredArrivals).toMatchObject({ failed: 5, aborted: 0 })
    expect(report.steps.ask).toMatchObject({ errors: 5 })
    expect(report.errors).toMatchObject([{ kind: 'no response', count: 5 }])
    for (const key of ['errorRate', 'requests.errorRate']) expect(verdictOf(report, key)).toBe('fail')
    for (const key of ['max', 'requests.max']) expect(verdictOf(report, key)).toBe('inconclusive')
  },
)

test('in windows, requests that were cut are reported in the last one', async () => {
  const budgets: Budgets = {
    errorRate: { bound: '1%', everyWindow: '1s' },
    p50: { bound: '8s', everyWindow: '1s' },
    max: { bound: '20s', everyWindow: '1s' },
  }
  const { report } = await run((_, time) => time > 900, { transport: 'wire', threads: 1, load: OPEN, budgets })
  expect(report.windows!.errorRate!.at(-1)!.standing).toBe('missed')
  expect(report.windows!.max!.at(-1)).toMatchObject({ standing: 'open', isLeast: true })
  expect(['errorRate', 'max'].map(key => verdictOf(report, key))).toEqual(['fail', 'inconclusive'])
})

describe.each(cases(['wire'], ['undici']))('%s: all 20 users of an open model are stuck', transport => {
  const stuck = (threads: number, budgets: Budgets) => {
    const load = { rate: 200, maxVus: 20 }
    return run((_, time) => time > DURATION / 2, { transport, threads, load, budgets })
  }

  test.each([1, 2])('%i threads: what was dropped may have failed too', async threads => {
    const { report } = await stuck(threads, { errorRate: '25%' })
    const { due, dropped, failed, passed } = report.measuredArrivals
    expect(failed).toBe(20)
    expect(dropped).toBeGreaterThan(40)
    const [verdict] = report.verdicts
    // 20 of some 140 failed, and some 100 of 240 were dropped.
    expect(failed / (passed + failed)).toBeLessThan(0.25)
    const judged = { upper: expect.closeTo((failed + dropped) / due) }
    expect(verdict).toMatchObject({ verdict: 'inconclusive', judged })
    expect(verdict!.because).toContain('because all 20 virtual users were busy')
  })

  test('a bound above both limits is kept, one below both is missed', async () => {
    expect(verdictOf((await stuck(1, { errorRate: '90%' })).report, 'errorRate')).toBe('pass')
    expect(verdictOf((await stuck(1, { errorRate: '2%' })).report, 'errorRate')).toBe('fail')
  })
})

test('Prometheus has them among the failed', async () => {
  const way = { transport: 'wire', threads: 2, load: OPEN } as const
  const { report } = await run(count => count % 5 === 0, way)
  const { passed, failed, aborted } = report.arrivals
  const { iterations_total: iterations, errors_total: errors } = parsed(await renderMetrics(report))
  expect(failed).toBeGreaterThan(0)
  expect(valuesOf(iterations, 'state')).toEqual({ passed, failed, aborted })
  expect(valuesOf(errors, 'status', 'kind')).toEqual({ 'none no response': failed })
})
