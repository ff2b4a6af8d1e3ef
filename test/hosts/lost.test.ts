import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { doubtText } from '../../src/budget/cause.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { given } from '../../src/ground/given.ts'
import { emptyCounts, type IntervalCounts } from '../../src/load/counts/intervals.ts'
import { allSubjects } from '../../src/load/counts/watched.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { BudgetWatch } from '../../src/load/run/budget-watch.ts'
import type { Findings } from '../../src/load/run/doubts.ts'
import { usageBy } from '../../src/load/run/host-figures.ts'
import { doubtsOfLost } from '../../src/load/run/lost-host-messages.ts'
import { type LostHost, LostHosts } from '../../src/load/run/lost-hosts.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { emptySummary, LatencyRecorder } from '../../src/measure/histogram.ts'
import { mergeDoubts } from '../../src/measure/report/verdict.ts'
import type { Doubt, Interval, LoadReport } from '../../src/measure/report.ts'
import { verdictOf as overallVerdict } from '../../src/report/overall.ts'
import { aReport, aStep, latencies, sideBySide, someProcesses, spreadOut } from '../builders/report.ts'

/* Verdicts on a load of which a host was lost. */

/** Without `missing` nothing is known of how many arrivals that were. */
const lost = (share: number, missing?: number, host = 'eu-1'): Doubt => {
  return given({ kind: 'lost host' as const, host, at: 1_000, share, missing, found: `Host ${host} was lost.` })
}
const open = (over: Partial<LoadReport>) => aReport({ model: 'open', doubts: [lost(0.25, 333)], ...over })

function verdictOf(report: LoadReport, input: Budgets) {
  const { budgets, problems } = readBudgets(input, { steps: ['pay'], target: false })
  expect(problems).toEqual([])
  return judge(report, budgets)[0]!.verdict
}

const failing = (failed: number) => ({
  measuredArrivals: { due: 1_000, dropped: 0, started: 1_000, passed: 1_000 - failed, failed, aborted: 0 },
  errorRate: failed / 1_000,
})

/** Six of ten that ended failed; of those that were due most were dropped, which a missing host might not have done. */
const dropping = {
  measuredArrivals: { due: 10_000, dropped: 9_000, started: 1_000, passed: 400, failed: 600, aborted: 0 },
  errorRate: 0.6,
}
const fast = { ...failing(0), requests: 750, rps: 750, measured: 1_000 }
const slow = { responseTime: spreadOut(1_000, 900, 2_000), serviceTime: spreadOut(1_000, 900, 2_000) }

const even = { responseTime: spreadOut(1_000, 900, 1_000), serviceTime: spreadOut(1_000, 900, 1_000) }
const windows = { p80: [{ start: 0, length: 5_000, value: 950, count: 500, standing: 'kept' as const }] }
const pay = aStep({ requests: 1_000, serviceTime: spreadOut(1_000, 900, 1_000) })

/** Two of 1,000 arrivals are missing, and eight came after the loss. */
const atTheEnd = (over: Partial<LoadReport>) =>
  open({
    ...failing(0),
    requests: 750,
    rps: 750,
    iterationRate: 1_000,
    measured: 1_000,
    doubts: [lost(0.2, 2)],
    ...over,
  })
/** Each of 1,000 iterations of the window ended in it, and 1,000 of before. */
const backlog = open({ ...failing(0), iterationRate: 2_000, measured: 1_000, doubts: [lost(0.5, 900)] })

/** Of 360 arrivals 182 came before the first loss, 50 that it had are missing, and 28 of a second host. */
const oneByOne = open({
  ...failing(0),
  measuredArrivals: { due: 282, dropped: 0, started: 282, passed: 282, failed: 0, aborted: 0 },
  doubts: [lost(1 / 3, 50), lost(1 / 3, 28, 'eu-2')],
})

/** Latencies of 10 ms and more, of which all but 1 ms are the generator's own; 500 of 840 are missing. */
const recorder = new LatencyRecorder()
for (let n = 0; n < 340; n++) recorder.record(10 + n / 4, 9 + n / 4)
const delayed = open({
  ...{ responseTime: recorder.summary(), serviceTime: recorder.summary() },
  measuredArrivals: { due: 340, dropped: 0, started: 340, passed: 340, failed: 0, aborted: 0 },
  doubts: [lost(0.6, 500)],
})

test.each<[string, Budgets, LoadReport, string]>([
  ['a rate that the whole load might not have reached', { rps: '>= 100' }, open(fast), 'inconclusive'],
  ['a rate that the whole load might have choked', { rps: '<= 700' }, open(fast), 'inconclusive'],
  ['a rate that it might have made too high', { rps: '<= 800' }, open(fast), 'inconclusive'],
  ['too many errors, whatever it would have had', { errorRate: '5%' }, open(failing(600)), 'fail'],
  [
    'errors among few that were not dropped',
    { errorRate: '20%' },
    open({ ...dropping, doubts: [lost(0.25, 3_333)] }),
    'inconclusive',
  ],
  ['errors that it might have thinned out', { errorRate: '5%' }, open(failing(60)), 'inconclusive'],
  ['no errors', { errorRate: '5%' }, open(failing(0)), 'inconclusive'],
  ['one error too many', { errorRate: 0 }, open(failing(1)), 'fail'],
  ['all slow, however fast it would have been', { p90: '100ms' }, open(slow), 'fail'],
  ['some slow', { p99: '1900ms' }, open(slow), 'inconclusive'],
  ['all fast', { p99: '10s' }, open(slow), 'inconclusive'],
  [
    'users who would have come more often',
    { p90: '100ms' },
    open({ ...slow, model: 'closed', doubts: [lost(0.25)] }),
    'inconclusive',
  ],
  ['so much lost that nothing is left', { p90: '100ms' }, open({ ...slow, doubts: [lost(1)] }), 'inconclusive'],
  [
    'two that might together have thinned out what each alone could not',
    { errorRate: '20%' },
    open({ ...failing(600), doubts: [lost(0.4, 1_500), lost(0.4, 1_500, 'eu-2')] }),
    'inconclusive',
  ],
  [
    'too many errors of which it is not known',
    { errorRate: '5%' },
    open({ ...failing(600), doubts: [lost(0.25)] }),
    'inconclusive',
  ],
  ['a rate far above what was planned', { iterationRate: '>= 2000' }, atTheEnd({}), 'fail'],
  ['requests far above what was planned', { rps: '>= 3000' }, atTheEnd({}), 'fail'],
  ['a rate that is reached without all that came after the loss', { rps: '>= 700' }, atTheEnd({}), 'pass'],
  ['a rate that is reached with what came after the loss only', { rps: '>= 749' }, atTheEnd({}), 'inconclusive'],
  ['few errors, when the little that is missing failed, too', { errorRate: '2%' }, atTheEnd({}), 'pass'],
  ['errors that the little that is missing can make too many', { errorRate: '0.5%' }, atTheEnd({}), 'inconclusive'],
  ['a percentile above which is room for the little that is missing', { p80: '2s' }, atTheEnd(even), 'pass'],
  ['a percentile above which is less', { 'p99.5': '2s' }, atTheEnd(even), 'inconclusive'],
  [
    'a percentile of a step above which is room',
    { steps: { pay: { p80: '2s' } } },
    atTheEnd({ steps: { pay } }),
    'pass',
  ],
  ['a rate that is too high, whatever it would have been', { rps: '<= 700' }, atTheEnd({}), 'fail'],
  ['iterations of the warm-up that would have ended, too', { iterationRate: '>= 3000' }, backlog, 'inconclusive'],
  [
    'a step that it might have come to each time, as others hardly ever did',
    { steps: { pay: { errorRate: '5%' } } },
    atTheEnd({ steps: { pay: aStep({ requests: 20, serviceTime: spreadOut(20, 4, 9) }) } }),
    'inconclusive',
  ],
  [
    'requests of steps to which those that failed early did not come',
    { rps: '>= 2300' },
    open({ ...failing(900), requests: 1_000, rps: 1_000, measured: 1_000, doubts: [lost(0.5, 500)] }),
    'inconclusive',
  ],
  [
    'too many errors, whatever two would have had together',
    { errorRate: '20%' },
    open({ ...failing(600), doubts: [lost(0.25, 500), lost(0.25, 500, 'eu-2')] }),
    'fail',
  ],
  [
    'what a run was ended for while all were there',
    { errorRate: { bound: '50%', abortOnFail: true } },
    open({ ...failing(600), state: 'cut short', endedBy: { budget: 'errorRate', at: 3_000, value: 0.6 } }),
    'fail',
  ],
  ['few errors, when two were lost one after the other', { errorRate: '55%' }, oneByOne, 'pass'],
  ['errors that might be too many after the first was lost', { errorRate: '45%' }, oneByOne, 'inconclusive'],
  [
    'slow without the delays of the generator, and with fast ones in place of what is missing',
    { p90: '0.5ms' },
    delayed,
    'fail',
  ],
  ['a percentile in a window', { p80: { bound: '2s', everyWindow: '5s' } }, atTheEnd({ windows }), 'inconclusive'],
])('%s', (_, budgets, report, verdict) => {
  expect(verdictOf(report, budgets)).toBe(verdict)
})

describe('what only it had measured', () => {
  const none = { responseTime: emptySummary(), serviceTime: emptySummary() }
  test.each<[string, Budgets, Partial<LoadReport>]>([
    ['latencies', { p99: '100ms' }, none],
    ['in a run that all hosts left', { p99: '100ms' }, { ...none, state: 'cut short', cause: 'all were lost' }],
    [
      'passes, of a step whose other requests failed',
      { steps: { pay: { p99: '1s' } } },
      { steps: { pay: aStep({ requests: 1, errors: 1, serviceTime: latencies([5]) }) } },
    ],
  ])('%s: nobody is to blame', (_, budgets, over) => {
    expect(verdictOf(open(over), budgets)).toBe('inconclusive')
    expect(verdictOf(open({ ...over, doubts: [] }), budgets)).toBe('fail')
  })
})

test('of a run that has passed nothing a lost host may have', () => {
  const over = { ...failing(1_000), verdicts: [] }
  expect(overallVerdict(open(over))).toEqual({ word: 'host lost', tone: 'unsure' })
  expect(overallVerdict(open({ ...over, doubts: [] }))).toMatchObject({ tone: 'fail' })
  // But nothing is kept by figures of failures.
  expect(verdictOf(open(failing(1_000)), { p50: '1h' })).toBe('inconclusive')
})

test('hosts that two runs lost are two, also where it reads alike', () => {
  const [first, second] = [lost(0.25, 100), { ...lost(0.25, 100), at: 1_001 }]
  expect(mergeDoubts([first], [second], sideBySide)).toHaveLength(2)
  expect(mergeDoubts([first], [first], sideBySide)).toEqual([first])
})

test('an application that could not be measured is no matter of hosts', () => {
  const { budgets } = readBudgets({ memory: '1GB' }, { steps: [], target: true })
  expect(judge(open({ target: undefined }), budgets)[0]!.verdict).toBe('fail')
})

test('a budget ends no run because of what a lost host does not do', () => {
  const rule = { abortOnFail: true, hold: 0 }
  const endedBy = (budgets: Budgets, isWhole: boolean) => {
    const read = readBudgets(budgets, { steps: [], target: false }).budgets
    const ended: (string | undefined)[] = []
    const onFail = ({ budget }: { budget: string }) => void ended.push(budget)
    const subjects = allSubjects(read, [])
    const watch = new BudgetWatch({ budgets: read, subjects, isWhole: () => isWhole, usage: () => ({}), onFail })
    const counts = { due: 50, started: 50, dropped: 0, passed: 25, failed: 25, requests: 50, errors: 25 }
    const rest = { inFlight: 0, p50: 0, p95: 0, p99: 0, mean: 0 }
    for (let n = 0; n < 5; n++) {
      const second: Interval = { start: n * 1_000, length: 1_000, phase: 'measured', ...counts, ...rest }
      watch.add(second, [{ requests: 50, errors: 25, latencies: [latencies([5])] }])
    }
    return { ended, windows: watch.windows()?.rps?.map(({ standing }) => standing) }
  }
  const rate = { iterationRate: { bound: '>= 90', ...rule } } as const
  expect([endedBy(rate, true).ended, endedBy(rate, false).ended]).toEqual([['iterationRate'], []])
  const error = { errorRate: { bound: 0, ...rule } }
  expect(endedBy(error, false).ended).toEqual(['errorRate'])
  const windows = { rps: { bound: '>= 90', everyWindow: '5s' } } as const
  expect([endedBy(windows, true).windows, endedBy(windows, false).windows]).toEqual([['missed'], ['open']])
})

const shape = (of: object) => readShape({ duration: '2s', warmUp: 0, threads: 2, ...of } as never).plan!
const ran = (of: object) => ({ load: shape(of), measured: 2_000, isUsedUp: false })

const failed = { step: 'pay', kind: 'criterion', message: 'the status was 500', count: 1, exemplars: [] }

/** What a thread tells of a second: its books, and latencies of iterations and of a step. */
function second(books: Ledger, measured: number, ms: number): IntervalCounts {
  const watched = [
    { requests: 0, errors: 0, latencies: [latencies([ms])] },
    { requests: 3, errors: 1, latencies: [latencies([ms, ms])] },
  ]
  // Said where there are more than before.
  const errors = measured === 1_000 ? { errors: [failed] } : {}
  return { ...emptyCounts(0, 'measured'), watched, books: { ledger: books.copy(), measured, ...errors } }
}

test('what it had told counts, of one moment, and what others tell does not count twice', () => {
  const hosts = new LostHosts(shape({ rate: 20 }), allSubjects([], ['pay']))
  const all = [new Ledger(), new Ledger()]
  for (const seconds of [1, 2])
    for (const [thread, ledger] of all.entries()) {
      for (let n = 0; n < 10; n++) ledger.count('due', true)
      for (let n = 0; n < 9; n++) ledger.count('started', true)
      for (let n = 0; n < 7; n++) ledger.count('passed', true)
      hosts.told(thread, second(ledger, seconds * 1_000, 10 * seconds))
    }
  // Begun after the last second that was told.
  for (const ledger of all) {
    ledger.count('due', true)
    ledger.count('started', true)
  }
  expect([hosts.figures(), hosts.books(all)]).toEqual([[], all])
  expect(hosts.lose('eu-2', 1, 'it was not heard', 5_000)).toBeUndefined()
  const [figures, ...others] = hosts.figures()
  expect(others).toEqual([])
  expect(figures).toMatchObject({
    measured: 2_000,
    responseTime: { count: 2, min: 10, max: expect.closeTo(20, 1) },
    serviceTime: { count: 2 },
    steps: { pay: { requests: 6, errors: 2, serviceTime: { count: 4 } } },
    errors: [failed],
  })
  expect(hosts.figures()).toHaveLength(1)
  const books = hosts.books(all)
  expect(books[0]).toBe(all[0])
  expect(books[1]!.measured()).toEqual({ due: 18, dropped: 0, started: 18, passed: 14, failed: 0, aborted: 4 })
  // 21 or 22 were due by the other thread's books, and one that was counted just after the end; 14 are known.
  expect(hosts.hosts(books, ran({ rate: 20 }))).toEqual([
    { host: 'eu-2', why: 'it was not heard', at: 5_000, share: 0.5, missing: 9 },
  ])
  for (const unbounded of [ran({ vus: 2 }), { ...ran({ rate: 20 }), isUsedUp: true }])
    expect(hosts.hosts(books, unbounded)[0]!.missing).toBeUndefined()
})

test('a host whose iterations had fewer requests than those of others would have begun more of them', () => {
  const hosts = new LostHosts(shape({ rps: 100 }), allSubjects([], []))
  const all = [new Ledger(), new Ledger()]
  const tenth = all[0]!
  // 50 requests a second of each: five iterations of ten, or 50 of one.
  for (let n = 0; n < 10; n++) tenth.count('due', true)
  for (let n = 0; n < 50; n++) {
    all[1]!.count('due', true)
    all[1]!.count('started', true)
    all[1]!.count('failed', true)
  }
  hosts.told(1, { ...emptyCounts(0, 'measured'), books: { ledger: all[1]!.copy(), measured: 1_000 } })
  hosts.lose('eu-2', 1, 'it was not heard', 1_500)
  const missing = (of: object) => hosts.hosts(hosts.books(all), ran(of))[0]!.missing
  expect(missing({ rps: 100 })).toBe(52)
  expect(missing({ rate: 100 })).toBeLessThan(5)
})

test('no load begins without a host that is lost before it', () => {
  const hosts = new LostHosts(shape({ rate: 20 }))
  expect(hosts.lose('eu-1', 0, 'it refused', undefined)).toBeUndefined()
  expect(hosts.lose('eu-2', 1, 'it exited', -1_500)).toEqual([
    'not run',
    'Failed to run the share of agent eu-1: it refused. Failed to run the share of agent eu-2: it exited.',
  ])
  expect(hosts.hosts().map(({ at }) => at)).toEqual([-1, -1_500])
})

test('a host that was lost before it told of a second has told nothing', () => {
  const hosts = new LostHosts(shape({ rate: 20 }), allSubjects([], []))
  const all = [new Ledger(), new Ledger()]
  for (const ledger of all) ledger.count('due', true)
  hosts.lose('eu-1', 0, 'it was not heard', 500)
  expect(hosts.books(all).map(ledger => ledger.whole().due)).toEqual([0, 1])
  expect(hosts.hosts(hosts.books(all), ran({ rate: 20 }))[0]!.missing).toBe(3)
})

test('more than is kept is added up, and what cannot be read is nothing, and ends nobody else', () => {
  const hosts = new LostHosts({ threads: 2, kind: 'rps' }, allSubjects([], ['pay']))
  const ledger = new Ledger()
  ledger.count('due', true)
  ledger.count('started', true)
  const told = second(ledger, 1_000, 10)
  for (let n = 0; n < 700; n++) hosts.told(0, told)
  hosts.told(1, told)
  hosts.told(1, {
    ...told,
    watched: told.watched!.map(slice => ({ ...slice, latencies: [{ histogram: 'nonsense' }] })),
  })
  for (const thread of [0, 1]) hosts.lose(`eu-${thread}`, thread, '', 5_000)
  expect(hosts.figures().map(({ responseTime }) => responseTime!.count)).toEqual([700])
  expect(hosts.books([ledger, ledger]).map(books => books.whole().due)).toEqual([1, 0])
})

test('what is no books is refused', () => {
  const hosts = new LostHosts(shape({ rate: 20, threads: 1 }), allSubjects([], ['pay']))
  const told = second(new Ledger(), 1_000, 10)
  const { books: _, ...without } = told
  const ledger = new Int32Array(3)
  for (const wrong of [
    without,
    { ...told, books: { ledger, measured: 1 } },
    { ...told, books: { ...told.books!, measured: Number.NaN } },
  ])
    expect(() => hosts.told(0, wrong)).toThrow(RangeError)
})

describe('in words', () => {
  const eu1 = { host: 'eu-1', why: 'it sent no message for 3 s', at: 12_000, share: 0.25 }
  const plan = { model: 'open', kind: 'open', rampUp: 0, warmUp: 2_000, duration: 20_000 }
  const of = (lost: LostHost[], over = {}) => {
    const hosts = ['eu-1', 'eu-2', 'eu-3', 'eu-4'].map(host => ({ host }))
    const findings = { lost, hosts, arrivals: { due: 900 }, plan: { ...plan, ...over } }
    return doubtsOfLost(findings as unknown as Findings).map(doubtText)
  }
  test.each<[string, string[], string[]]>([
    [
      'one',
      of([{ ...eu1, missing: 100 }]),
      [
        '1 of 4 hosts was lost 12 s after the start, 10 s into the measured window (eu-1, sent no message for 3 s), and with it ' +
          '25 % of arrivals from then on, 10 % of all at the most. Look at the log of eu-1, and run again.',
      ],
    ],
    [
      'two at once, with NATS',
      of(
        [eu1, { ...eu1, host: 'eu-2', at: 12_500 }].map(one => ({
          ...one,
          why: `${one.why}, and NATS is not reached`,
        })),
        { model: 'closed' },
      ),
      [
        '2 of 4 hosts were lost 12 s after the start, 10 s into the measured window (eu-1, eu-2, sent no message for 3 s, and ' +
          'NATS is not reached), and with them 50 % of users from then on. See that NATS stays within reach, and run again.',
      ],
    ],
    [
      'two for reasons of their own',
      of([eu1, { ...eu1, host: 'eu-2', why: 'its load thread 3 was lost: it exited', at: 1_000 }], { warmUp: 0 }),
      [
        expect.stringContaining('lost 12 s after the start (eu-1, sent no message for 3 s),'),
        expect.stringContaining('lost 1 s after the start (eu-2, its load thread 3 was lost, it exited),'),
      ],
    ],
    [
      'one in the warm-up',
      of([{ ...eu1, at: 1_500 }]),
      [expect.stringContaining('lost 1.5 s after the start, in the warm-up (')],
    ],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected)
  })
})

test('CPU a request is by what threads counted, unless all hosts are lost and the window is not known', () => {
  const target = someProcesses({ cpu: 0.5, cpuPerRequest: 9 })
  const of = (measured: number, isElsewhere: boolean) => {
    return usageBy(isElsewhere, { target, targets: { db: target } }, { requests: 100, measured })
  }
  const both = (usage: ReturnType<typeof of>) => [usage.target!.cpuPerRequest, usage.targets!.db!.cpuPerRequest]
  expect([both(of(2_000, true)), both(of(0, true)), both(of(2_000, false))]).toEqual([
    [10, 10],
    [9, 9],
    [9, 9],
  ])
})
