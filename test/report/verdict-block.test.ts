import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { doubtText } from '../../src/budget/cause.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import {
  describeCommonError,
  describeKept,
  describeSlowestStep,
  describeWithout,
  verdictBlockOf,
} from '../../src/report/verdict-block.ts'
import { aReport, aStep, aThread, latencies, spread } from '../builders/report.ts'

function judged(budgets: Budgets, over: Partial<LoadReport> = {}): LoadReport {
  const report = aReport(over)
  const read = readBudgets(budgets, { steps: Object.keys(report.steps), target: true, cores: 2 })
  expect(read.problems).toEqual([])
  return { ...report, budgets: read.budgets, verdicts: judge(report, read.budgets) }
}

const blockOf = (...of: Parameters<typeof judged>) => verdictBlockOf(judged(...of))

/** Each latency with what the generator may have added to it: nearly all of it. */
function delayed(): LoadReport['responseTime'] {
  const whole = latencies(spread(6000, 30, 90))
  return { ...whole, undelayed: latencies(spread(6000, 13, 49)).histogram } as LoadReport['responseTime']
}

const lateStarts = {
  kind: 'late starts' as const,
  p99: 80,
  found: 'One in a hundred iterations started more than 80 ms late',
  cause: 'the machine was busy',
  advice: ['end other programs', 'use 2 threads', 'ask for less load'],
}
const lateAnswers = {
  kind: 'late answers' as const,
  p99: 20,
  found: 'A load thread got to what was due more than 20 ms late',
  cause: 'its work comes in lumps',
  advice: ['use 2 threads', 'ask for less load'],
}
const stolen = {
  kind: 'stolen CPU' as const,
  longest: 12,
  share: 0.02,
  found: "The host took 2 % of this machine's CPU time",
  advice: ['run again', 'run on a machine with cores of its own'],
}

describe('the headline', () => {
  test.each<[string, Parameters<typeof judged>]>([
    ['both budgets kept', [{ p99: '1s', rps: 590 }]],
    ['all 3 budgets kept', [{ p99: '1s', rps: 590, mean: '1s' }]],
    ['1 budget kept', [{ p99: '1s' }]],
    ['1 budget missed', [{ p99: '1ms' }]],
    ['1 budget missed, 1 kept', [{ p99: '1ms', rps: 590 }]],
    ['1 budget undecided, 1 kept', [{ 'p99.9': '60ms', rps: 590 }, { doubts: [lateStarts] }]],
    ['no budgets', [{}]],
    ['did not run', [{}, { state: 'not run', cause: 'refused' }]],
    [
      'cut short; both budgets undecided',
      [
        { errorRate: '1%', memory: '1GB' },
        { state: 'cut short', doubts: [] },
      ],
    ],
    [
      'nothing passed; no budgets; 5 iterations failed',
      [{}, { measuredArrivals: { due: 5, dropped: 0, started: 5, passed: 0, failed: 5, aborted: 0 } }],
    ],
    [
      'no budgets; 1 iteration failed, 3 aborted, 1,279 dropped',
      [{}, { measuredArrivals: { due: 2000, dropped: 1279, started: 721, passed: 717, failed: 1, aborted: 3 } }],
    ],
  ])('%s', (headline, of) => {
    expect(blockOf(...of).headline).toBe(headline)
  })

  test('says how many failed where no budget is about failures', () => {
    const some = { measuredArrivals: { due: 5, dropped: 0, started: 5, passed: 3, failed: 2, aborted: 0 } }
    const remark = {
      what: 'failures',
      why: '2 of 5 iterations failed, and no budget is about failures. Write one: errorRate.',
    }
    expect(blockOf({ p99: '1s' }, some).remarks).toEqual([remark])
    expect(blockOf({}, some).remarks).toEqual([remark])
    // A budget of one step says nothing about the failures of another.
    const steps = { login: aStep({ errors: 2 }), list: aStep({ errors: 1 }) }
    const ofStep = (...names: ('login' | 'list')[]) =>
      blockOf({ steps: Object.fromEntries(names.map(name => [name, { errorRate: '90%' }])) }, { ...some, steps })
        .remarks
    const why = '2 of 5 iterations failed, and no budget is about the failures of step "list". Write one: errorRate.'
    expect(ofStep('login')).toEqual([{ what: 'failures', why }])
    expect(ofStep('login', 'list')).toEqual([])
    expect(blockOf({ errorRate: '50%' }, some).remarks).toEqual([])
    expect(blockOf({ requests: { errorRate: '50%' } }, some).remarks).toEqual([])
  })

  test('has rate, model and length behind it, never requests beside iterations', () => {
    expect(blockOf({}).facts).toEqual([
      '600 requests/s for 30 s, 600/s made',
      'open model',
      'measured 30 s after 8 s of warm-up',
    ])
    expect(blockOf({}, { shape: { rate: 210, duration: '30s' } }).facts[0]).toBe(
      '210 iterations/s for 30 s, 200/s made',
    )
    const closed = { model: 'closed', warmUp: 0, shape: { vus: 50, iterations: 120 } } as const
    expect(blockOf({}, closed).facts).toEqual([
      '50 users, 120 iterations each, 200 iterations/s made',
      'closed model',
      'measured 30 s',
    ])
    expect(blockOf({}, { ...closed, shape: { vus: 50, duration: '30s' } }).facts[0]).toBe(
      '50 users for 30 s, 600 requests/s made',
    )
  })

  test('a run that was cut short and missed nothing is not passed', () => {
    expect(blockOf({ errorRate: '1%' }, { state: 'cut short', cause: 'interrupted' })).toMatchObject({
      tone: 'unsure',
      remarks: [{ what: 'cut short', why: 'interrupted' }],
    })
  })
})

describe('budgets', () => {
  test('are told by how far, percentiles with their interval', () => {
    const { missed, kept } = blockOf({ p99: '40ms', rps: 500, errorRate: 0 })
    expect(missed).toMatchObject([{ name: 'p99', bound: '<= 40 ms', value: '49 ms' }])
    expect(missed[0]!.margin).toMatch(/^2\d % over$/)
    const [, from, to] = /^([\d.]+) ms to ([\d.]+) ms$/.exec(missed[0]!.interval!)!
    expect(Number(from)).toBeLessThan(49)
    expect(Number(to)).toBeGreaterThan(49)
    expect(kept.map(({ name, value, bound, margin, interval }) => [name, value, bound, margin, interval])).toEqual([
      ['rps', '600/s', '>= 500/s', '20 % over', undefined],
      ['errorRate', '0 %', '<= 0 %', undefined, undefined],
    ])
  })

  test('have a cause without what stands beside it: the most common error has a line of its own', () => {
    const errors = [{ step: 'pay', kind: 'criterion', message: 'not met (503)', count: 4, exemplars: [] }]
    const over = { errors, errorRate: 0.02, steps: { pay: aStep({ errors: 300 }), list: aStep() } }
    const arrivals = { due: 6000, dropped: 0, started: 6000, passed: 5880, failed: 120, aborted: 0 }
    const { missed } = blockOf(
      { errorRate: '1%', steps: { pay: { errorRate: '1%' } } },
      { ...over, measuredArrivals: arrivals },
    )
    expect(missed.map(({ cause }) => cause)).toEqual([
      '120 of 6,000 iterations failed.',
      '300 of 6,000 requests failed.',
    ])
  })
})

describe('doubts', () => {
  test('that touch several budgets stand once, with what each would be without it', () => {
    const { undecided, footnotes } = blockOf(
      { 'p99.9': '60ms', max: '200ms', errorRate: '1%' },
      { doubts: [lateStarts, lateAnswers, stolen] },
    )
    expect(undecided.map(({ name, footnotes }) => [name, footnotes.includes(1)])).toEqual([
      ['p99.9', true],
      ['max', true],
    ])
    expect(footnotes.map(({ number, kinds }) => [number, kinds])).toEqual([
      [1, ['late starts', 'late answers']],
      [2, ['stolen CPU']],
    ])
    expect(footnotes[0]).toMatchObject({
      found: 'One in a hundred iterations started more than 80 ms late',
      remedy: 'End other programs.',
      texts: [lateStarts, lateAnswers].map(doubtText),
      isDecisive: true,
    })
    expect(describeWithout(footnotes[0]!)).toMatch(
      /^Without it p99\.9 would be between .* ms, max would be between .* ms\.$/,
    )
    for (const { cause } of undecided) expect(cause).not.toContain(lateStarts.found)
  })

  test('of which no doubt of the run tells, since the samples do, stand once as well', () => {
    const generator = { ...aReport().generator, threads: [aThread({ stalls: { count: 9, time: 900, longest: 90 } })] }
    const { footnotes, undecided } = blockOf(
      { p50: '20ms', p95: '50ms', p99: '60ms' },
      { responseTime: delayed(), generator },
    )
    expect(undecided.map(({ footnotes }) => footnotes)).toEqual([[1], [1], [1]])
    expect(footnotes).toMatchObject([{ kinds: ['own delay'], remedy: 'End other programs.', isDecisive: true }])
    expect(footnotes[0]!.without.map(({ budget }) => budget)).toEqual(['p50', 'p95', 'p99'])
  })

  test('the share that another run of so few may have is shown next to a share that is kept', () => {
    const measuredArrivals = { due: 20, dropped: 0, started: 20, passed: 20, failed: 0, aborted: 0 }
    const { kept } = blockOf({ errorRate: '0.1%' }, { measuredArrivals, errorRate: 0 })
    expect(kept.map(describeKept)).toEqual(['errorRate 0 % <= 0.1 % (another run of 20 may have up to 14 %)'])
  })

  test('that change nothing are no reason, and are told with their size', () => {
    const { kept, footnotes } = blockOf({ p99: '10s' }, { doubts: [lateStarts] })
    expect(kept[0]!.footnotes).toEqual([1])
    expect(footnotes).toMatchObject([{ isDecisive: false, without: [{ budget: 'p99' }] }])
  })

  test('too few samples are told with the budget only', () => {
    const few = latencies(spread(12, 13, 49))
    const tooFew = {
      kind: 'too few samples' as const,
      quantile: 0.99,
      count: 12,
      needed: 299,
      found: '12 samples of 299.',
    }
    const { undecided, footnotes } = blockOf({ p99: '1s' }, { responseTime: few, doubts: [tooFew] })
    expect(undecided[0]!.cause).toMatch(/^12 samples are too few for p99, 299 are needed\. Measure for .* or longer/)
    expect(footnotes).toEqual([])
  })
})

test('the slowest step has its share of an iteration, the most frequent error its step and status', () => {
  const exemplar = {
    ...{ at: 1, latency: 2, thread: 1, method: 'POST', url: 'http://127.0.0.1/pay', headers: {} },
    response: { status: 503, headers: {} },
  }
  const at = { file: '/project/shop.arazzo.yaml', line: 31, column: 9 }
  const errors = [
    { step: 'list', kind: 'timeout', message: 'no response within 1 s', count: 5, exemplars: [] },
    { step: 'pay', kind: 'criterion', message: '$statusCode == 200 is not met', count: 40, at, exemplars: [exemplar] },
  ]
  const ten = (ms: number) => aStep({ serviceTime: latencies(Array<number>(1000).fill(ms)) })
  const { slowestStep, commonError } = blockOf(
    {},
    { errors, serviceTime: latencies(Array<number>(1000).fill(20)), steps: { list: ten(5), pay: ten(12) } },
  )
  expect(slowestStep).toMatchObject({ step: 'pay' })
  expect(describeSlowestStep(slowestStep!)).toBe('pay takes 60 % of an iteration: 12 ms on average, p99 12 ms')
  expect(describeCommonError(commonError!)).toBe(
    '40 attempts at pay, status 503: $statusCode == 200 is not met, shop.arazzo.yaml:31:9; one other kind of error',
  )
  expect(blockOf({}, { steps: { list: aStep() } }).slowestStep).toBeUndefined()
})

test('footnotes are numbered in the order in which they stand: first those for which a budget is undecided', () => {
  const block = blockOf({ p99: '60ms' }, { doubts: [stolen, lateStarts], responseTime: delayed() })
  expect(block.undecided).toHaveLength(1)
  const [first, ...others] = block.footnotes
  expect(first).toMatchObject({ number: 1, kinds: ['late starts'], isDecisive: true })
  expect(others.map(({ number, isDecisive }) => [number, isDecisive])).toEqual([[2, false]])
  expect(block.undecided[0]!.footnotes).toContain(1)
})
