import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { noCounts } from '../../src/http/pooled-transport.ts'
import { ResponseCounter, ResponseTotals } from '../../src/load/counts/response-counts.ts'
import { mergeThreads } from '../../src/load/run/merge.ts'
import { ErrorGroups } from '../../src/load/thread/error-groups.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { Slowest } from '../../src/load/thread/recorder.ts'
import { count, field, text } from '../../src/measure/kinds.ts'
import { type LoadReport, REPORT } from '../../src/measure/report.ts'
import { fields, sum } from '../../src/measure/rules.ts'
import { mergeTwo } from '../../src/report/merge.ts'
import { mergeResults } from '../../src/report/result.ts'
import { randomReport } from '../builders/random-report.ts'
import { aReport, aThread, latencies } from '../builders/report.ts'
import { amount } from '../builders/thorough.ts'

const { budgets } = readBudgets(
  { p99: { bound: '50ms', everyWindow: '10s' }, rps: { bound: 400, everyWindow: '10s' } },
  { steps: [], target: false },
)
const merged = (a: LoadReport, b: LoadReport) => mergeTwo(a, b, true)

/** The same but for the last digits of sums and means. */
function near(value: unknown): unknown {
  if (typeof value === 'number') {
    return expect.closeTo(value, 9 - Math.ceil(Math.log10(Math.abs(value) + 1)))
  }
  if (Array.isArray(value)) return value.map(near)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, near(inner)]))
}

describe('runs side by side', () => {
  test('two give the same in either order', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(randomReport(), randomReport({ hasCapacity: true }), (a, b) => {
        expect(merged(a, b)).toEqual(near(merged(b, a)))
      }),
      { numRuns: amount(50, 1_000) },
    )
  })

  test('two that have every field lose none of them', { timeout: 300_000 }, () => {
    const [whole, searched] = [randomReport({ isWhole: true }), randomReport({ isWhole: true, hasCapacity: true })]
    fc.assert(
      fc.property(whole, searched, (a, b) => {
        const report = merged(a, b)
        expect(Object.keys(b).sort()).toEqual(Object.keys(REPORT).sort())
        expect(Object.keys(report).sort()).toEqual(Object.keys(REPORT).sort())
        expect(report).toEqual(near(merged(b, a)))
      }),
      { numRuns: amount(12, 100) },
    )
  })

  test('three give the same in any grouping', { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(randomReport(), randomReport(), randomReport({ hasCapacity: true }), (a, b, c) => {
        expect(merged(merged(a, b), c)).toEqual(near(merged(a, merged(b, c))))
      }),
      // Fourteen rules that were broken one by one were each found within five runs.
      { numRuns: amount(20, 300) },
    )
  })
})

test('a field without a rule, or with one for other values, does not compile', () => {
  // @ts-expect-error a field needs a rule
  expect(field(count).merge).toBeUndefined()
  // @ts-expect-error a sum is of numbers
  expect(field(text, sum).merge).toBe(sum)
  // @ts-expect-error a kind is no field
  expect(fields({ requests: count })).toBeTypeOf('function')
})

test('budgets over windows that one run missed are missed by both, side by side and one after the other', () => {
  const figure = (value: number) => ({
    p99: [
      { start: 0, length: 10_000, value, count: 500, standing: value <= 50 ? ('kept' as const) : ('missed' as const) },
    ],
  })
  const resultOf = (value: number | undefined, startedAt: string) => ({
    name: 'a',
    file: 'a.test.ts',
    report: aReport({
      budgets: budgets.slice(0, 1),
      startedAt,
      ...(value !== undefined && { windows: figure(value) }),
    }),
  })
  const now = '2026-03-01T12:00:00.000Z'
  for (const then of [now, '2026-03-01T13:00:00.000Z']) {
    for (const [first, second] of [
      [40, 900],
      [900, 40],
      [undefined, 900],
      [900, undefined],
    ] as const) {
      const { report } = mergeResults([resultOf(first, now), resultOf(second, then)])
      expect(report.verdicts[0], `${first}, ${second} at ${then}`).toMatchObject({ budget: 'p99', verdict: 'fail' })
      expect(report.windows!.p99!.map(({ value }) => value)).toContain(900)
    }
  }
})

test('parts of one recorded run give the report of the whole', () => {
  const iteration = fc.record({
    latency: fc.integer({ min: 1, max: 90_000 }).map(us => us / 1_000),
    step: fc.constantFrom('login', 'list'),
    failure: fc.option(fc.constantFrom('no (503)', 'no (404)'), { nil: undefined }),
    thread: fc.nat(3),
  })
  fc.assert(
    fc.property(fc.array(iteration, { minLength: 1, maxLength: 60 }), iterations => {
      const events = iterations.map((event, i) => ({ ...event, at: i * 10 }))
      const threads = [...new Set(events.map(({ thread }) => thread))]
      const parts = threads.map(thread => recorded(events.filter(event => event.thread === thread)))
      const [whole, together] = [recorded(events), parts.reduce(merged)]
      for (const name of Object.keys(whole) as (keyof LoadReport)[]) {
        if (name === 'generator' || name === 'threads' || name === 'maxVus' || name === 'transport') continue
        expect(inOrder(name, together), name).toEqual(near(inOrder(name, whole)))
      }
    }),
    { numRuns: amount(20, 100) },
  )
})

/** A field whose list has no order of its own in one that is always the same. */
function inOrder(name: keyof LoadReport, { answers, [name]: value }: LoadReport): unknown {
  if (name !== 'answers') return value
  return [...answers].sort((a, b) => (a.step + a.status < b.step + b.status ? -1 : 1))
}

const STEPS = ['login', 'list']

interface Event {
  latency: number
  step: string
  failure: string | undefined
  at: number
}

/** A report of these iterations of one request each, as a thread records them in ten seconds. */
function recorded(events: readonly Event[]): LoadReport {
  const [ledger, errors, slowest] = [new Ledger(), new ErrorGroups(), new Slowest(STEPS.length)]
  const answers = new ResponseCounter(STEPS)
  for (const { latency, step, failure, at } of events) {
    const index = STEPS.indexOf(step)
    ledger.count('due', true)
    ledger.count('started', true)
    ledger.count(failure === undefined ? 'passed' : 'failed', true)
    ledger.endedInWindow()
    ledger.attempt(true, true)
    answers.add(index, failure === undefined ? 200 : 500, true, latency, failure && 'criterion')
    slowest.add(index, { step, latency, at, thread: 1, request: `GET /${at}` })
    if (failure === undefined) continue
    const place = { file: 'shop.arazzo.yaml', line: 31, column: 9 }
    const exemplar = () => ({ method: 'GET', url: `/${at}`, headers: {} })
    errors.add(step, { kind: 'criterion', message: failure, at: place, exemplar }, () => ({ at, latency, thread: 1 }))
  }
  const all = latencies(events.map(({ latency }) => latency))
  const totals = new ResponseTotals(new Map(STEPS.map(key => [key, 'GET'])))
  totals.add(answers.take())
  const {
    connections,
    lateness: _,
    threads: __,
    timed: ___,
    ...figures
  } = mergeThreads(
    STEPS,
    [ledger],
    [
      {
        recorded: {
          responseTime: all,
          serviceTime: all,
          lateness: all,
          errors: errors.list(),
          slowest: slowest.list(),
          examples: [],
          steps: STEPS.map(key => {
            const own = events.filter(({ step }) => step === key)
            const failed = own.filter(({ failure }) => failure !== undefined)
            const serviceTime = latencies(own.map(({ latency }) => latency))
            return { requests: own.length, errors: failed.length, serviceTime }
          }),
          window: { from: 0, to: 10_000 },
        },
        ended: { reason: 'completed', at: 10_000 },
        transport: { name: 'wire', counters: noCounts() },
        bodiesReadInPart: 0,
        health: aThread(),
      },
    ],
  )
  return aReport({ ...figures, target: undefined, answers: [...totals.groups] })
}
