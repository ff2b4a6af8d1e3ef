import { describe, expect, test } from 'vitest'
import type { Budget, Budgets } from '../../src/budget/budget.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { type Slice, watchedSubjects } from '../../src/load/counts/watched.ts'
import { BudgetWatch } from '../../src/load/run/budget-watch.ts'
import type { Interval, LoadReport } from '../../src/measure/report.ts'
import { latencies, someProcesses, spread } from '../builders/report.ts'

interface Second {
  requests?: number
  failed?: number
  p99?: number
  phase?: Interval['phase']
}

/** Runs a second at a time, 100 iterations in each, until a budget ends it; answers when that was. */
function watched(input: Budgets, seconds: readonly Second[], memory = 1e6) {
  const { budgets, problems } = readBudgets(input, { steps: ['login'], target: true })
  expect(problems).toEqual([])
  let ended: LoadReport['endedBy']
  const watch = new BudgetWatch({
    budgets,
    subjects: watchedSubjects(budgets),
    usage: () => ({ target: someProcesses({ memoryPeak: memory }) }),
    onFail(found) {
      expect(ended).toBeUndefined()
      ended = found
    },
  })
  for (const [n, second] of seconds.entries()) {
    if (ended !== undefined) break
    watch.add(intervalOf(n, second), slicesOf(budgets, second))
  }
  return { ended, windows: watch.windows() }
}

function intervalOf(n: number, { requests = 100, failed = 0, phase = 'measured' }: Second): Interval {
  const counts = { due: 100, started: 100, dropped: 0, passed: 100 - failed, failed, requests, errors: failed }
  return { start: n * 1000, length: 1000, phase, ...counts, inFlight: 0, p50: 0, p95: 0, p99: 0, mean: 0 }
}

function slicesOf(budgets: readonly Budget[], { failed = 0, p99 = 20 }: Second): Slice[] {
  const { histogram } = latencies(spread(100, 10, p99))
  return watchedSubjects(budgets).map(() => ({ requests: 100, errors: failed, latencies: [{ histogram }] }))
}

const seconds = (count: number, second: Second = {}) => Array.from({ length: count }, () => second)

describe('a budget that ends the run', () => {
  test('does so when it has been missed for as long as `hold`', () => {
    const run = [...seconds(3), ...seconds(10, { failed: 50 })]
    const rule = { bound: '1%', abortOnFail: true }
    // Missed from the fourth second on, told at its end.
    expect(watched({ errorRate: { ...rule, hold: 0 } }, run).ended).toMatchObject({ at: 4_000, value: 0.125 })
    expect(watched({ errorRate: rule }, run).ended).toMatchObject({ budget: 'errorRate', at: 6_000, value: 0.25 })
    expect(watched({ errorRate: { ...rule, hold: '5s' } }, run).ended).toMatchObject({ at: 9_000 })
    expect(watched({ errorRate: { ...rule, bound: '60%' } }, run).ended).toBeUndefined()
    const requests = watched(
      { requests: { errorRate: { ...rule, hold: 0 } }, p99: { bound: '1s', everyWindow: '5s' } },
      run,
    )
    expect(requests.ended).toEqual({ budget: 'requests.errorRate', at: 4_000, value: 0.125 })
  })

  test('a recovery begins the hold anew', () => {
    const rule = { bound: '20%', abortOnFail: true }
    // 25, 17, 25, 30 % over all so far: the second one is within 20 %.
    const torn = [25, 9, 41, 45, 0].map(failed => ({ failed }))
    expect(watched({ errorRate: { ...rule, hold: '1s' } }, torn).ended).toMatchObject({ at: 4_000 })
  })

  test('of a percentile only when it is sure, of a step, of a rate, of memory', () => {
    const rule = { abortOnFail: true, hold: '1s' }
    const slow = seconds(10, { p99: 200 })
    expect(watched({ p99: { bound: '100ms', ...rule } }, slow).ended).toMatchObject({ at: 3_000 })
    expect(watched({ p99: { bound: '201ms', ...rule } }, slow).ended).toBeUndefined()
    const steps = { login: { p50: { bound: '5ms', ...rule } } }
    expect(watched({ steps }, slow).ended).toMatchObject({ budget: 'steps.login.p50', at: 2_000 })
    expect(watched({ rps: { bound: 101, ...rule } }, seconds(5)).ended).toMatchObject({ at: 2_000, value: 100 })
    expect(watched({ memory: { bound: '1MB', ...rule } }, seconds(5), 2e6).ended).toMatchObject({ value: 2e6 })
  })

  test('not in the warm-up, whose seconds count for nothing', () => {
    const run = [...seconds(5, { phase: 'warm-up', failed: 100 }), ...seconds(3)]
    expect(watched({ errorRate: { bound: 0, abortOnFail: true } }, run).ended).toBeUndefined()
  })
})

describe('a budget that has to hold in every window', () => {
  test('is judged in each, the last one however long it is', () => {
    const run = [...seconds(4), ...seconds(2, { failed: 30, requests: 40 }), ...seconds(5)]
    const { windows, ended } = watched(
      { errorRate: { bound: '20%', everyWindow: '4s' }, rps: { bound: 60, everyWindow: '2s' } },
      run,
    )
    expect(ended).toBeUndefined()
    expect(windows!.errorRate).toEqual([
      { start: 0, length: 4_000, count: 400, value: 0, standing: 'kept' },
      { start: 4_000, length: 4_000, count: 400, value: 0.15, standing: 'kept' },
      { start: 8_000, length: 3_000, count: 300, value: 0, standing: 'kept' },
    ])
    expect(windows!.rps!.map(({ value, standing }) => [value, standing])).toEqual([
      [100, 'kept'],
      [100, 'kept'],
      [40, 'missed'],
      [100, 'kept'],
      [100, 'kept'],
      [100, 'kept'],
    ])
  })

  test('latencies are those of the window, by exact histograms; what comes late belongs to the last', () => {
    const run = [...seconds(4, { p99: 20 }), ...seconds(4, { p99: 300 }), { phase: 'ramp-down' as const, p99: 300 }]
    const { windows } = watched({ p99: { bound: '100ms', everyWindow: '4s' } }, run)
    expect(windows!.p99).toEqual([
      { start: 0, length: 4_000, count: 400, value: expect.closeTo(20, 0), standing: 'kept' },
      { start: 4_000, length: 4_000, count: 500, value: expect.closeTo(300, -1), standing: 'missed' },
    ])
  })

  test('ends the run with the first window that is missed', () => {
    const run = [...seconds(4), ...seconds(8, { failed: 30 })]
    const rule = { bound: '20%', everyWindow: '2s', abortOnFail: true }
    expect(watched({ errorRate: rule }, run).ended).toMatchObject({ at: 6_000, value: 0.3 })
  })

  test('without data in a window it is missed', () => {
    const idle = { due: 0, started: 0, passed: 0 }
    const { budgets } = readBudgets({ p99: { bound: 100, everyWindow: '1s' } }, { steps: [], target: false })
    const watch = new BudgetWatch({ budgets, subjects: watchedSubjects(budgets), usage: () => ({}), onFail: () => {} })
    watch.add(intervalOf(0, {}), slicesOf(budgets, {}))
    watch.add({ ...intervalOf(1, {}), ...idle }, [{ requests: 0, errors: 0, latencies: [] }])
    expect(watch.windows()!.p99!.map(({ standing, count }) => [standing, count])).toEqual([
      ['open', 100],
      ['missed', 0],
    ])
  })
})

test('a window in which no stream was due to have its first event decides nothing about it', () => {
  const rule = { bound: 100, everyWindow: '1s', abortOnFail: true } as const
  const { budgets } = readBudgets({ firstEvent: { max: rule }, eventsRate: '>= 1' }, { steps: [], target: false })
  const ended: unknown[] = []
  const watch = new BudgetWatch({
    budgets,
    subjects: watchedSubjects(budgets),
    usage: () => ({}),
    onFail: found => ended.push(found),
  })
  const { histogram } = latencies([20])
  const events = (errors: number, ...histograms: string[]) => [
    { requests: 9, errors, latencies: histograms.map(histogram => ({ histogram })) },
  ]
  watch.add(intervalOf(0, {}), events(0, histogram))
  watch.add(intervalOf(1, {}), events(0))
  watch.add(intervalOf(2, {}), events(0, histogram))
  expect(ended).toEqual([])
  // One that was given up without an event is another thing.
  watch.add(intervalOf(3, {}), events(1, histogram))
  expect(ended).toHaveLength(1)
  expect(watch.windows()!['firstEvent.max']!.map(({ start, standing }) => [start, standing])).toEqual([
    [0, 'kept'],
    [2000, 'kept'],
    [3000, 'missed'],
  ])
})

test('nothing is watched for budgets of the end', () => {
  const { budgets } = readBudgets({ p99: 100, steps: { login: { p99: 100 } } }, { steps: ['login'], target: false })
  expect(watchedSubjects(budgets)).toEqual([])
  expect(watched({ p99: 100 }, seconds(3)).windows).toBeUndefined()
})
