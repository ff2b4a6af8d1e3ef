import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { Doubt, LoadReport } from '../../src/measure/report.ts'
import { mergeResults, parseResult, resultText } from '../../src/report/result.ts'
import { aReport, aStep, aThread, latencies, spread } from '../builders/report.ts'
import type { Random } from '../http/differential/random.ts'
import type { Kind } from './kind.ts'

const figures = [0, -1, 1e-9, 0.5, 1, 2, 6, 45, 1_000, 1e9, 1e308, Number.POSITIVE_INFINITY, Number.NaN]
const kinds: Doubt['kind'][] = [
  ...([
    'generator saturated',
    'generator starved',
    'late starts',
    'late answers',
    'dropped arrivals',
    'waits for users',
  ] as const),
  ...([
    'warm-up never steady',
    'cut short',
    'GC pauses',
    'stolen CPU',
    'throttled CPU',
    'stood still',
    'clock jump',
  ] as const),
  ...(['target changed', 'too few samples', 'generator limit'] as const),
]

function doubtOf(random: Random): Doubt {
  const names = ['share', 'longest', 'p99', 'waited', 'dropped', 'due', 'change', 'measured', 'eventLoopUtilization']
  const given = names.filter(() => random.chance(0.6)).map(name => [name, random.of(figures)])
  return {
    kind: random.of(kinds),
    found: `Doubt ${random.below(3)}`,
    advice: [],
    ...Object.fromEntries(given),
  } as Doubt
}

/** What a doubt may do: leave a verdict, or take it back. It never turns one round. */
const mayBecome = (without: string, withDoubts: string) => withDoubts === without || withDoubts === 'inconclusive'

/** Doubts of any size never turn a verdict round, and the order of files never changes one. */
export const results: Kind = {
  name: 'results',
  quick: 10,
  whole: 600,
  async attack(random) {
    const summary = latencies([...spread(400 + random.below(2_000), 5 + random.below(20), 40 + random.below(50))])
    const count = summary.count
    const arrivals = { due: count, dropped: 0, started: count, passed: count, failed: 0, aborted: 0 }
    const model = random.of(['open', 'closed'] as const)
    const threads = random.chance(0.5) ? [aThread()] : []
    const half = (over: Partial<LoadReport> = {}): LoadReport => {
      const report = aReport({ model, requests: count, measuredArrivals: arrivals, steps: { a: aStep() } })
      return {
        ...report,
        responseTime: summary,
        serviceTime: summary,
        generator: { ...report.generator, threads },
        ...over,
      }
    }
    const bound = `${5 + random.below(100)}ms`
    const wanted = {
      p99: bound,
      p50: bound,
      mean: bound,
      rps: 300 + random.below(600),
      errorRate: 0,
      steps: { a: { p95: bound } },
    }
    const { budgets } = readBudgets(wanted, { steps: ['a'], target: true, cores: 2 })
    const doubts = Array.from({ length: 1 + random.below(3) }, () => doubtOf(random))
    const [clear, doubted] = [half({ doubts: [] }), half({ doubts })]
    const before = judge(clear, budgets)
    for (const [at, { budget, verdict }] of judge(doubted, budgets).entries())
      if (!mayBecome(before[at]!.verdict, verdict))
        return `${budget} ${before[at]!.verdict} became ${verdict} by ${JSON.stringify(doubts)}`
    const later = half({ startedAt: '2026-03-01T13:00:00.000Z', rps: 100 })
    const parsed = [doubted, clear, later].map(report =>
      parseResult(resultText({ name: 'n', file: 'f', report: { ...report, budgets } }), 'f'),
    )
    const [one, other] = [mergeResults(parsed), mergeResults(parsed.toReversed())].map(({ report }) =>
      JSON.stringify(report.verdicts),
    )
    return one === other ? undefined : `merged in another order: ${one} and ${other}`
  },
}
