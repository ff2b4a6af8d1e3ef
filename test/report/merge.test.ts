import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { percentileOf } from '../../src/measure/histogram.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { mergeResults } from '../../src/report/result.ts'
import { aNodeTarget, anEndpoint, aReport, aStep, latencies, someProcesses } from '../builders/report.ts'
import { amount } from '../builders/thorough.ts'
import { aLongRun } from './html/a-long-run.ts'

const start = '2026-03-01T12:00:00.000Z'
const later = '2026-03-01T13:00:00.000Z'

const counts = (passed: number, failed: number) => ({
  due: passed + failed,
  dropped: 0,
  started: passed + failed,
  passed,
  failed,
  aborted: 0,
})

function half(samples: number[], over: Partial<LoadReport> = {}): LoadReport {
  const summary = latencies(samples)
  return aReport({
    responseTime: summary,
    serviceTime: summary,
    requests: samples.length,
    measuredArrivals: counts(samples.length, 0),
    steps: { login: aStep({ requests: samples.length, serviceTime: summary }) },
    ...over,
  })
}

test('two halves have the percentiles of the whole', () => {
  const samples = fc.array(fc.double({ min: 0.001, max: 50_000, noNaN: true }), { minLength: 1, maxLength: 400 })
  fc.assert(
    fc.property(samples, fc.nat(), (all, cut) => {
      const at = 1 + (cut % all.length)
      const merged = mergeReports([half(all.slice(0, at)), half(all.slice(at), { startedAt: later })])
      const whole = latencies(all)
      for (const q of [0, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
        expect(percentileOf(merged.responseTime, q)).toBe(percentileOf(whole, q))
        expect(percentileOf(merged.steps.login!.serviceTime, q)).toBe(percentileOf(whole, q))
      }
      expect(merged.requests).toBe(all.length)
    }),
    { numRuns: amount(25, 50) },
  )
})

test('what one that did not run was to be judged by is judged, too', () => {
  const budgetsOf = (budgets: object) => readBudgets(budgets, { steps: [], target: false }).budgets
  const ran = half([1, 2, 3], { budgets: budgetsOf({ max: '1s' }) })
  const [lost] = [aReport({ state: 'not run', budgets: budgetsOf({ max: '2ms' }), startedAt: later })]
  for (const reports of [
    [ran, lost],
    [lost, ran],
  ]) {
    const { verdicts } = mergeReports(reports as LoadReport[])
    expect(verdicts.map(({ title, verdict }) => `${title}: ${verdict}`)).toContain('max <= 2 ms: fail')
  }
})

test('one after the other: times add up, rates do not', () => {
  const [first, second] = [
    half([1, 2], { measured: 30_000, rps: 600 }),
    half([3], { startedAt: later, measured: 10_000, rps: 200 }),
  ]
  const merged = mergeReports([second, first])
  expect(merged).toMatchObject({ startedAt: start, measured: 40_000, rps: 500, threads: 1, state: 'completed' })
})

test('at the same time: rates and threads add up, time does not', () => {
  const merged = mergeReports([half([1, 2], { rps: 600 }), half([3], { rps: 200, threads: 2 })])
  expect(merged).toMatchObject({ measured: 30_000, rps: 800, threads: 3 })
})

test('shards of two runs: the rates of each run add up, whatever lies between the runs', () => {
  const [first, second] = [{ rps: 600 }, { rps: 600, startedAt: later }]
  const shards = [half([1], first), half([2], second), half([3], first), half([4], second)]
  expect(mergeReports(shards)).toMatchObject({ measured: 60_000, rps: 1_200, threads: 2 })
})

test('at the same time, one for a part of it: its rate counts for that part', () => {
  const [long, short] = [half([1], { measured: 30_000, rps: 100 }), half([2], { measured: 3_000, rps: 100 })]
  expect(mergeReports([short, long]).rps).toBeCloseTo(110)
})

test('of doubts that read alike the larger one is left', () => {
  const doubt = (longest: number) => ({
    kind: 'stolen CPU' as const,
    longest,
    share: 0.02,
    found: 'The host took 2 %.',
  })
  const shards = [half([1], { doubts: [doubt(400)] }), half([2], { doubts: [doubt(20)] })]
  for (const order of [shards, shards.toReversed()]) expect(mergeReports(order).doubts).toEqual([doubt(400)])
})

test('targets come together by name: peaks, means, and of growth all that it may be', () => {
  const growing = (value: number) => ({ perMinute: { value, lower: value - 10, upper: value + 10 } })
  const one = aLongRun(10, [], { target: aNodeTarget({ memoryGrowth: growing(100) }), targets: { db: anEndpoint() } })
  const two = aLongRun(10, [], {
    target: aNodeTarget({ memoryGrowth: growing(300), cpuPerRequest: 2 }),
    targets: { db: anEndpoint({ missing: {} }), cache: someProcesses() },
    startedAt: later,
  })
  const { target, targets } = mergeReports([one, two])
  expect(target!.memoryGrowth).toEqual({ perMinute: { value: 300, lower: 90, upper: 310 } })
  expect(target!.cpuPerRequest).toBeCloseTo((0.92 + 2) / 2)
  expect(target!.node).toMatchObject({ heapPeak: 71e6, gc: { count: 80, longest: 7.5 } })
  expect(targets!.cache).toEqual(someProcesses())
  expect(targets!.db!.series!.queue).toEqual({ min: 0, mean: 3.25, max: 14, last: 2 })
  expect(targets!.db!.missing).toBeUndefined()
})

test('counts, errors, resources and doubts come together; verdicts are for a judge', () => {
  const one = aLongRun(10, ['login', 'list'], {
    measuredArrivals: counts(90, 10),
    target: someProcesses({ memoryPeak: 200e6, cpu: 0.5 }),
  })
  const two = aLongRun(10, ['login', 'list'], {
    measuredArrivals: counts(99, 1),
    target: someProcesses({ memoryPeak: 150e6, cpu: 1 }),
    startedAt: later,
  })
  const merged = mergeReports([one, two])
  expect(merged.measuredArrivals).toEqual(counts(189, 11))
  expect(merged.errorRate).toBeCloseTo(11 / 200, 10)
  expect(merged.errors).toHaveLength(1)
  expect(merged.errors[0]!.count).toBe(24)
  expect(merged.target).toMatchObject({ memoryPeak: 200e6, cpu: 0.75, samples: 240 })
  expect(merged.doubts).toHaveLength(1)
  expect(merged.series).toHaveLength(20)
  expect(merged.series[10]!.start).toBe(10_000)
  expect(Object.keys(merged.steps)).toEqual(['login', 'list'])
  expect(merged.verdicts).toEqual([])
})

test('seconds of runs at the same time add up', () => {
  const merged = mergeReports([aLongRun(10, ['login']), aLongRun(12, ['login'])])
  expect(merged.series).toHaveLength(12)
  expect(merged.series[5]!.requests).toBe(1200)
})

describe('runs that do not go together', () => {
  test.each([
    ['none', [], 'the list is empty. Give at least one.'],
    [
      'another workflow',
      [aReport(), aReport({ workflow: { file: 'a', workflowId: 'pay' } })],
      'one is of workflow checkout, another of pay. Merge only runs of the same load test.',
    ],
    [
      'another model',
      [aReport(), aReport({ model: 'closed' })],
      'one is of model open, another of closed. Merge only runs of the same load test.',
    ],
  ] as const)('%s', (_, reports, found) => {
    expect(() => mergeReports(reports)).toThrow(`Failed to merge results: ${found}`)
  })

  test('one that did not run is not forgotten', () => {
    const merged = mergeReports([aReport(), aReport({ state: 'not run', cause: 'refused' })])
    expect(merged).toMatchObject({ state: 'cut short', cause: '1 of 2 runs did not run', requests: 18_000 })
    expect(mergeReports([aReport({ state: 'not run', cause: 'refused' })]).state).toBe('not run')
  })
})

describe('what a run was judged by is not lost, in whatever order results are given', () => {
  const moments = [start, '2026-03-01T12:00:01.000Z', later, '2026-03-01T14:00:00.000Z']
  const keys = { everyWindow: 'p99', ended: 'max', other: 'errorRate', rate: 'rps' } as const
  const { budgets } = readBudgets(
    {
      p99: { bound: '50ms', everyWindow: '10s' },
      rps: { bound: 100, everyWindow: '10s' },
      max: '1h',
      errorRate: '50%',
      cpu: '300%',
      memory: '1GB',
    },
    { steps: [], target: true },
  )
  const windowsOf = (values: readonly number[], isKept: (value: number) => boolean) =>
    values.map((value, i) => ({
      start: i * 10_000,
      length: 10_000,
      value,
      count: 500,
      standing: isKept(value) ? ('kept' as const) : ('missed' as const),
    }))
  const target = fc.record({
    cpu: fc.integer({ min: 0, max: 6 }),
    isCpuMissing: fc.boolean(),
    memoryPeak: fc.integer({ min: 1, max: 2e9 }),
  })
  const base = half([5, 9, 40])
  const processes = someProcesses()
  const run = fc
    .record({
      startedAt: fc.constantFrom(...moments),
      p99: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 4 }),
      rps: fc.array(fc.integer({ min: 20, max: 300 }), { minLength: 1, maxLength: 4 }),
      endedBy: fc.option(fc.constantFrom(keys.ended, keys.other), { nil: undefined }),
      counts: fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }),
      changes: fc.array(fc.nat(30_000), { maxLength: 3 }),
      failed: fc.nat(40),
      steady: fc.boolean(),
      target,
    })
    .map(
      ({
        startedAt,
        p99,
        rps,
        endedBy,
        counts: of,
        changes,
        failed,
        steady,
        target: { isCpuMissing, ...used },
      }): LoadReport => ({
        ...base,
        startedAt,
        warmUp: 0,
        state: endedBy === undefined ? 'completed' : 'cut short',
        windows: { p99: windowsOf(p99, value => value <= 50), rps: windowsOf(rps, value => value >= 100) },
        ...(endedBy && { endedBy: { budget: endedBy, at: 4_000, value: endedBy === keys.ended ? 4e6 : 0.9 } }),
        transport: {
          name: 'wire',
          why: 'asked for',
          connectionsOpened: of[0]!,
          connectionsLost: of[1]!,
          connectionsReopened: of[2]!,
          requestsReused: of[3]!,
          requestsSent: of[3]!,
          requestsWaited: of[4]!,
          waitingTime: of[5]!,
        },
        limitChanges: changes.map(at => ({ at, from: 1, to: 2, signal: 3, because: '' })),
        measuredArrivals: counts(100 - failed, failed),
        warmUpCut: { at: 0, steady, because: '' },
        target: {
          ...processes,
          ...used,
          cpu: isCpuMissing ? 0 : used.cpu,
          ...(isCpuMissing && { missing: { cpu: 'it was not there' } }),
        },
      }),
    )
  const results = fc
    .array(run, { minLength: 2, maxLength: 4 })
    .map(reports => reports.map(report => ({ name: 'a', file: 'a.test.ts', report: { ...report, budgets } })))
  const sum = <T>(list: readonly T[], of: (one: T) => number) => list.reduce((total, one) => total + of(one), 0)

  test('verdicts and figures are the same in every order', () => {
    fc.assert(
      fc.property(
        results.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          expect(mergeResults(shuffled)).toEqual(mergeResults(all))
        },
      ),
      { numRuns: amount(25, 60) },
    )
  })

  test('a window that missed its budget, and a budget that ended a run, fail the whole; counters and threads add up', () => {
    fc.assert(
      fc.property(results, all => {
        const { report } = mergeResults(all)
        const reports = all.map(one => one.report)
        const verdictOn = (budget: string) => report.verdicts.find(verdict => verdict.budget === budget)!.verdict
        const isMissed = reports.some(({ windows }) => windows!.p99!.some(({ standing }) => standing === 'missed'))
        expect(verdictOn('p99')).not.toBe(isMissed ? 'pass' : 'fail')
        for (const key of [keys.ended, keys.other])
          if (reports.some(({ endedBy }) => endedBy?.budget === key)) expect(verdictOn(key)).toBe('fail')
        for (const counter of COUNTERS)
          expect(report.transport[counter]).toBe(sum(reports, ({ transport }) => transport[counter]))
        expect(report.generator.threads).toHaveLength(sum(reports, ({ generator }) => generator.threads.length))
        expect(report.limitChanges).toHaveLength(sum(reports, ({ limitChanges }) => limitChanges!.length))
        expect(report.windows!.p99).toHaveLength(sum(reports, ({ windows }) => windows!.p99!.length))
        expect(report.warmUpCut!.steady).toBe(reports.every(({ warmUpCut }) => warmUpCut!.steady))
        // What could not be read is no part of the mean: the CPU lies between the lowest and the highest that was.
        const read = reports.flatMap(({ target }) => (target!.missing ? [] : [target!.cpu]))
        if (read.length > 0) expect(report.target!.cpu).toBeGreaterThanOrEqual(Math.min(...read) - 1e-9)
      }),
      { numRuns: amount(25, 60) },
    )
  })

  test('rates of shards add up in each window, and latencies have to hold in each of both', () => {
    const shard = (rps: number, p99: number) => ({
      name: 'a',
      file: 'a.test.ts',
      report: half([1], {
        budgets,
        windows: { rps: windowsOf([rps], value => value >= 100), p99: windowsOf([p99], value => value <= 50) },
      }),
    })
    const verdicts = (...shards: ReturnType<typeof shard>[]) =>
      Object.fromEntries(mergeResults(shards).report.verdicts.map(({ budget, verdict }) => [budget, verdict]))
    expect(verdicts(shard(60, 10), shard(60, 10))).toMatchObject({ rps: 'pass', p99: 'pass' })
    expect(verdicts(shard(60, 10), shard(30, 60))).toMatchObject({ rps: 'fail', p99: 'fail' })
  })

  test.each([
    ['memory', '200MB', { memoryPeak: 300e6 }],
    ['cpu', '70%', { cpu: 0.9 }],
    ['series', { hits: '>= 0.9' }, { series: { hits: { min: 0.5, mean: 0.6, max: 0.95, last: 0.6 } } }],
    ['series', { hits: '<= 1' }, { series: { hits: { min: 0.95, mean: 0.99, max: 7, last: 0.97 } } }],
  ])('what one of two runs side by side missed of %s %j is missed by both together', (key, bound, over) => {
    const series = { hits: { min: 0.95, mean: 0.97, max: 0.99, last: 0.97 } }
    const kept = half([1, 2], { target: anEndpoint({ missing: {}, memoryPeak: 100e6, cpu: 0.1, series }) })
    const missed = half([1, 2], { target: anEndpoint({ missing: {}, memoryPeak: 100e6, cpu: 0.1, series, ...over }) })
    const target = { kind: 'prometheus', node: false, series: ['hits'] } as const
    const { budgets, problems } = readBudgets({ [key]: bound }, { steps: [], target, cores: 2 })
    expect(problems).toEqual([])
    expect(judge(kept, budgets)[0]!.verdict).toBe('pass')
    for (const reports of [
      [kept, missed],
      [missed, kept],
    ])
      expect(mergeReports(reports.map(report => ({ ...report, budgets }))).verdicts[0]!.verdict).toBe('fail')
  })

  describe('what one of two runs has not read, and failed by itself, is not made good by the other', () => {
    const series = { hits: { min: 0.95, mean: 0.97, max: 0.99, last: 0.97 } }
    const whole = anEndpoint({ missing: {}, memoryPeak: 100e6, memoryMean: 90e6, cpu: 0.1, cpuPerRequest: 1, series })
    const target = { kind: 'prometheus', node: false, series: ['hits'] } as const
    const given = { memory: '200MB', cpu: '70%', cpuPerRequest: '5ms', series: { hits: '>= 0.9' } }
    const { budgets, problems } = readBudgets(given, { steps: [], target, cores: 2 })
    const gaps: Record<string, [LoadReport['target'], string[]]> = {
      'memory alone': [{ ...whole, missing: { memory: 'it was not told.' } }, ['memory']],
      'a series': [{ ...whole, series: {} }, ['series.hits']],
      'nothing at all': [{ ...whole, samples: 0, lost: 'nobody was there.' }, budgets.map(({ key }) => key)],
      'no target': [undefined, budgets.map(({ key }) => key)],
    }
    const verdictsOf = (report: LoadReport) =>
      report.verdicts.filter(({ verdict }) => verdict === 'fail').map(({ budget }) => budget)

    test.each(Object.entries(gaps))('%s, side by side and one after the other, in any order', (_, [partly, keys]) => {
      expect(problems).toEqual([])
      for (const startedAt of [start, later]) {
        const runs = [half([1, 2], { target: whole, budgets }), half([1, 2], { target: partly, budgets, startedAt })]
        const alone = judge(runs[1]!, budgets).filter(({ verdict }) => verdict === 'fail')
        expect(alone.map(({ budget }) => budget)).toEqual(keys)
        const third = half([1, 2], { target: whole, budgets })
        for (const reports of [runs, runs.toReversed(), [mergeReports(runs), third], [third, mergeReports(runs)]]) {
          const merged = mergeReports(reports)
          expect(verdictsOf(merged)).toEqual(keys)
          const { because } = merged.verdicts.find(({ budget }) => budget === keys[0])!
          expect(because).toMatch(/^Expected .*, received no data: in one of the runs, /)
        }
      }
    })

    test('but a run that was not to keep a budget has no part in it', () => {
      const runs = [half([1, 2], { target: whole, budgets }), half([1, 2], { budgets: [] })]
      expect(verdictsOf(mergeReports(runs))).toEqual([])
    })
  })

  test('reports bring the budgets that they are judged by: none of either is forgotten', () => {
    const [p99, ...others] = budgets
    const one = half([1], { budgets: others, startedAt: start })
    for (const startedAt of [start, later]) {
      const two = half([900], { budgets: [p99!], startedAt })
      for (const reports of [
        [one, two],
        [two, one],
      ]) {
        const merged = mergeReports(reports)
        expect(merged.verdicts).toHaveLength(budgets.length)
        expect(merged.verdicts.find(({ budget }) => budget === p99!.key)!.verdict).toBe('fail')
      }
    }
  })

  test('of two bounds on one figure, windows that add up have to keep both', () => {
    const bounds = ['100', '200'].map(
      bound => readBudgets({ rps: { bound, everyWindow: '10s' } }, { steps: [], target: false }).budgets,
    )
    const shard = (budgets: Budget[]) =>
      half([1], { budgets, windows: { rps: windowsOf([60], value => value >= 100) } })
    const { verdicts } = mergeReports(bounds.map(shard))
    expect(verdicts.map(({ verdict }) => verdict)).toContain('fail')
    expect(mergeReports([shard(bounds[0]!), shard(bounds[0]!)]).verdicts[0]!.verdict).toBe('pass')
  })

  test('budgets that only one result has are judged too', () => {
    const [p99, ...others] = budgets
    const of = (budgets: typeof others, startedAt: string) => ({
      name: 'a',
      file: 'a.test.ts',
      report: half([1], { budgets, startedAt }),
    })
    const merged = mergeResults([of(others, start), of([p99!], later)])
    expect(merged.report.budgets.map(({ key }) => key).sort()).toEqual(budgets.map(({ key }) => key).sort())
  })
})

const COUNTERS = [
  ...(['connectionsOpened', 'connectionsLost', 'connectionsReopened'] as const),
  ...(['requestsReused', 'requestsWaited', 'waitingTime'] as const),
]
