import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { samplesNeeded } from '../../src/budget/limits.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { percentileOf } from '../../src/measure/histogram.ts'
import type { LoadReport, Verdict } from '../../src/measure/report.ts'
import { randomOf } from '../simulate/random.ts'
import { CASES, type Case, HARMS } from './cases.ts'
import { runIn, UNHARMED } from './world.ts'

/** What is judged of a run, and what is true of it. */
export interface Question {
  key: string
  budgets(bound: number): Budgets
  /** Of a report of a run, as budgets see it. */
  of(report: LoadReport): number
  quantile?: number
  isAtLeast?: true
}

export const latencyOf = (report: LoadReport) => (report.model === 'open' ? report.responseTime : report.serviceTime)
export const percentile = (quantile: number): Question => {
  const key = `p${quantile * 100}` as 'p99'
  return {
    key,
    budgets: bound => ({ [key]: bound }),
    of: report => percentileOf(latencyOf(report), quantile),
    quantile,
  }
}
const QUESTIONS: readonly Question[] = [
  percentile(0.5),
  percentile(0.95),
  percentile(0.99),
  {
    key: 'step1 p99',
    budgets: bound => ({ steps: { step1: { p99: bound } } }),
    of: ({ steps }) => percentileOf(steps.step1!.serviceTime, 0.99),
    quantile: 0.99,
  },
  {
    key: 'iterationRate',
    budgets: bound => ({ iterationRate: bound }),
    of: report => report.iterationRate,
    isAtLeast: true,
  },
]

const LONG = 120_000
const longRuns = new Map<Case, Promise<LoadReport>>()
/** A run in which nothing is done to an application, so long that chance has no part: made once, for all that ask. */
export function longRunOf(one: Case): Promise<LoadReport> {
  const { load, steps, server } = one
  const run = longRuns.get(one) ?? runIn(load(LONG, 1), steps, server, UNHARMED, 1)
  longRuns.set(one, run)
  return run
}
export const SHORT = 4_000
/** Bounds lie from a quarter of what is true to four times as much, evenly on a logarithmic scale. */
export const FARTHEST = 4
/**
 * An inconclusive verdict is needless if the bound is further than this from the true and from the measured value.
 */
const NEAR = 1.5

export interface Judgement {
  case: string
  harm: string
  question: string
  bound: number
  truth: number
  measured: number
  verdict: Verdict
  /** The data are there, and say the opposite of what is true. */
  isWrong: boolean
  /** It is inconclusive although the bound lies far from the truth and from the value. */
  isNeedless: boolean
}

/**
 * Runs every application with every harm `rounds` times, and judges each run by bounds drawn around what is true.
 * @param word of a harm's name: others are left out.
 */
export async function* judgements(rounds: number, seed = 1, word = ''): AsyncGenerator<Judgement> {
  for (const one of CASES) {
    const long = await longRunOf(one)
    const truths = QUESTIONS.map(question => question.of(long))
    for (const [harm, make] of Object.entries(HARMS).filter(([name]) => name.includes(word)))
      for (let round = 0; round < rounds; round++) {
        // What is collected is given back between two turns.
        await new Promise(resolve => setImmediate(resolve))
        const random = randomOf(seed * 7_919 + round * 104_729 + one.name.length * 31 + harm.length)
        for (let i = 0; i < 20; i++) random()
        const drawn = Math.floor(random() * 2 ** 31)
        const report = await runIn(
          one.load(SHORT, drawn),
          one.steps,
          one.server,
          make(SHORT + 500, random),
          drawn,
          one.cpu,
          one.busy,
        )
        for (const [i, question] of QUESTIONS.entries()) {
          // A run of random arrivals is asked for what was due in it.
          const truth = question.isAtLeast && report.model === 'open' ? dueIn(report) : truths[i]!
          const bound = truth * FARTHEST ** (2 * random() - 1)
          yield { case: one.name, harm, ...judged(question, report, bound, truth) }
        }
      }
  }
}

const dueIn = ({ measuredArrivals, measured }: LoadReport) => (measuredArrivals.due * 1_000) / measured

export function judged(question: Question, report: LoadReport, bound: number, truth: number) {
  const { budgets, problems } = readBudgets(question.budgets(bound), {
    steps: Object.keys(report.steps),
    target: false,
  })
  if (problems.length > 0) throw new Error(problems[0]!.found)
  const [verdict] = judge(report, budgets) as [Verdict]
  const measured = question.of(report)
  const isKept = question.isAtLeast ? truth >= bound : truth <= bound
  const [least, most] = [Math.min(truth, measured), Math.max(truth, measured)]
  const isFar = bound < least / NEAR || bound > most * NEAR
  const isSampled = question.quantile === undefined || latencyOf(report).count >= samplesNeeded(question.quantile)
  return {
    question: question.key,
    bound,
    truth,
    measured,
    verdict,
    isWrong: verdict.verdict !== 'inconclusive' && (verdict.verdict === 'pass') !== isKept,
    isNeedless: verdict.verdict === 'inconclusive' && isFar && isSampled,
  }
}

/** Counts of judgements, in all and by what was done. */
export class Tally {
  readonly counts = new Map<string, { all: number; wrong: number; needless: number; inconclusive: number }>()
  readonly wrong: Judgement[] = []
  readonly verdicts: Partial<Record<Verdict['verdict'], number>> = {}

  add(judgement: Judgement): void {
    for (const key of ['all', judgement.harm, judgement.case]) {
      const count = this.counts.get(key) ?? { all: 0, wrong: 0, needless: 0, inconclusive: 0 }
      count.all++
      if (judgement.isWrong) count.wrong++
      if (judgement.isNeedless) count.needless++
      if (judgement.verdict.verdict === 'inconclusive') count.inconclusive++
      this.counts.set(key, count)
    }
    const { verdict } = judgement.verdict
    this.verdicts[verdict] = (this.verdicts[verdict] ?? 0) + 1
    if (judgement.isWrong) this.wrong.push(judgement)
  }

  /** Shares of wrong verdicts and of needless inconclusive ones. */
  get shares(): { wrong: number; needless: number } {
    const { all, wrong, needless } = this.counts.get('all') ?? { all: 0, wrong: Number.NaN, needless: Number.NaN }
    return { wrong: wrong / all, needless: needless / all }
  }

  lines(): string[] {
    const share = (part: number, all: number) => `${part} (${((100 * part) / all).toFixed(2)} %)`
    return [...this.counts].map(
      ([name, { all, wrong, needless, inconclusive }]) =>
        `${name}: ${all} verdicts, wrong ${share(wrong, all)}, inconclusive ${share(inconclusive, all)}, needlessly ${share(needless, all)}`,
    )
  }
}
