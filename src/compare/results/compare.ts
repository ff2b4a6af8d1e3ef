import { comparedOf } from '../../budget/metrics/index.ts'
import { latenciesOf } from '../../budget/metrics/latency.ts'
import type { RelativeBudget } from '../../budget/relative.ts'
import { formatCount } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'
import { behaviourDifferencesBetween } from '../behaviour-differences.ts'
import type { ComparedBudget } from '../comparison.ts'
import { type Decision, LOOKS, type Look, look, openRange } from '../decision.ts'
import { allowedDegradation, figureOf, levelOf, noiseShare } from '../degradation.ts'
import { intervalOf, LEAST_ABOVE, rangeOf } from '../judge.ts'
import { SIDES, type SideName } from '../pair.ts'
import { type Sample, sampleOf } from '../statistics/sample.ts'
import { differenceOf } from '../statistics/student.ts'
import { ALWAYS_TOLD, unbounded } from '../unbounded.ts'
import { machinesApart } from './alike.ts'
import { figuresOf, launchesOf, type StoredLaunch, type StoredRun } from './launches.ts'
import { LEAST_LAUNCHES, notesOn } from './notes.ts'

/** Everything is there from the beginning: one look, with the levels of the last one. */
const ONLY_LOOK: Look = LOOKS.at(-1)!
/** Doubts that say of figures of time that they may be the load generator's. */
const OF_GENERATOR = new Set(['generator saturated', 'generator starved', 'generator limit', 'late starts'])

/** Comparison of head and base from stored results. Plain data. */
export interface ResultComparison {
  /** Name of the load test. */
  name: string
  launches: Record<SideName, number>
  /** Results, which are more than launches where several are of one. */
  runs: Record<SideName, number>
  /** Whether there are launches enough on both sides to decide a budget. */
  isEnough: boolean
  /** Why the figures do not compare. */
  apart: string[]
  /** Notes for the reader, as sentences. */
  notes: string[]
  /** `pairs` are the launches of the side that has fewer; `noise` is the deviation of one launch. */
  budgets: ComparedBudget[]
  /** All else that is known, without a decision. */
  changes: ComparedBudget[]
}

/**
 * Compares results of launches that were not made in turns. Each launch is one value, and the difference of the means
 * has Welch's interval. The results must be comparable (`whyNotComparable`), with at least one on each side.
 * @param isEachALaunch whether each result is a launch of its own, regardless of the process in it.
 */
export function compareResults(
  runs: Record<SideName, readonly StoredRun[]>,
  budgets: readonly RelativeBudget[],
  isEachALaunch = false,
): ResultComparison {
  const sides = launchesOf(runs, isEachALaunch)
  const [base, head] = [sides.base.length, sides.head.length]
  const all = [...runs.base, ...runs.head]
  const apart = machinesApart(all)
  const isEnough = Math.min(base, head) >= LEAST_LAUNCHES
  const seen = budgets.map(budget => seeing(sides, budget, apart))
  const degradations = seen.flatMap(({ sample, why }, index) =>
    sample === undefined || why.length > 0 ? [] : [{ index, sample, allowed: allowedDegradation(budgets[index]!) }],
  )
  const decided = isEnough ? look(degradations, ONLY_LOOK) : []
  const decisions = new Map(degradations.map(({ index }, at) => [index, decided[at] ?? 'open']))
  const own = new Set(budgets.map(({ key }) => key))
  return {
    name: all[0]!.result.name,
    launches: { base, head },
    runs: { base: runs.base.length, head: runs.head.length },
    isEnough,
    apart,
    notes: notesOn(sides, runs),
    budgets: seen.map((one, index) => findingOf(one, decisions.get(index) ?? 'open', budgets.length)),
    changes: figuresIn(all[0]!.result.report)
      .filter(({ key }) => !own.has(key))
      .map(budget => findingOf(seeing(sides, budget, [])))
      .filter(({ change }) => change !== undefined),
  }
}

/** Figures that any results have. */
export function figuresIn(report: LoadReport): RelativeBudget[] {
  const steps = Object.keys(report.steps)
  return [
    ...(report.model === 'closed' ? (['rps', 'iterationRate'] as const).map(metric => unbounded(metric)) : []),
    ...[0.5, 0.99].map(quantile => unbounded('percentile', { quantile })),
    ...ALWAYS_TOLD.map(metric => unbounded(metric)),
    ...(steps.length > 1 ? steps : []).map(step => unbounded('percentile', { step, quantile: 0.5 })),
  ]
}

interface Seen {
  budget: RelativeBudget
  samples: Record<SideName, Sample>
  figures: Record<SideName, number>
  /** Degradation from base to head; absent where a side has no figure. */
  sample?: Sample
  why: string[]
}

function seeing(sides: Record<SideName, StoredLaunch[]>, budget: RelativeBudget, apart: readonly string[]): Seen {
  const [base, head] = SIDES.map(side => valuesOf(sides[side], budget)) as [Values, Values]
  const samples = { base: sampleOf(base.levels), head: sampleOf(head.levels) }
  const figures = { base: sampleOf(base.figures).mean, head: sampleOf(head.figures).mean }
  const missing = base.missing + head.missing
  const isThere = base.levels.length > 0 && head.levels.length > 0
  const why = isThere && missing === 0 ? doubtsOf(sides, budget) : []
  if (missing > 0) why.push(`there is no figure in ${isThere ? `${formatCount(missing)} launches` : 'all of a side'}.`)
  return {
    ...{ budget, samples, figures },
    sample: isThere ? differenceOf(samples.base, samples.head) : undefined,
    why: [...apart, ...why],
  }
}

interface Values {
  /** One value per launch, on the scale of the bound. */
  levels: number[]
  /** The values in the unit of the budget. */
  figures: number[]
  /** Launches without a figure. */
  missing: number
}

/** A launch with several runs counts with their mean. */
function valuesOf(launches: readonly StoredLaunch[], budget: RelativeBudget): Values {
  const values: Values = { levels: [], figures: [], missing: 0 }
  for (const launch of launches) {
    const figures = launch.map(({ result }) => figuresOf(result.report))
    const levels = figures.map(one => levelOf(budget, one))
    if (levels.some(level => level === undefined)) {
      values.missing++
      continue
    }
    values.levels.push(sampleOf(levels as number[]).mean)
    values.figures.push(sampleOf(figures.map(one => figureOf(budget, one)!)).mean)
  }
  return values
}

function doubtsOf(sides: Record<SideName, StoredLaunch[]>, budget: RelativeBudget): string[] {
  const runs = SIDES.flatMap(side => sides[side].flat())
  const doings = (side: SideName) => sides[side].flat().map(({ result }) => figuresOf(result.report))
  const why = behaviourDifferencesBetween({ base: doings('base'), head: doings('head') }, budget)
  const { quantile } = budget
  if (quantile !== undefined) {
    const counts = runs.map(({ result: { report } }) => latenciesOf(figuresOf(report), budget)?.count ?? 0)
    const needed = Math.ceil(LEAST_ABOVE / (1 - quantile))
    if (Math.min(...counts) * (1 - quantile) < LEAST_ABOVE)
      why.push(
        `a run had ${formatCount(Math.min(...counts))} values, and the percentile takes ${formatCount(needed)}. ` +
          'Give a higher rate, or more time.',
      )
  }
  if (comparedOf(budget)?.isOfGenerator) {
    const doubted = runs.flatMap(({ place, result }) =>
      result.report.doubts.filter(({ kind }) => OF_GENERATOR.has(kind)).map(({ text }) => `${place}: ${text}`),
    )
    if (doubted.length > 0) why.push(`the load generator may have had a part in it (${doubted[0]}).`)
  }
  return why
}

/** @param among so many budgets, which share a level; absent where nothing is allowed or forbidden. */
function findingOf(
  { budget, samples, figures, sample, why }: Seen,
  decision?: Decision,
  among?: number,
): ComparedBudget {
  const pairs = Math.min(samples.base.count, samples.head.count)
  if (sample === undefined) return { budget, verdict: 'inconclusive', pairs, why }
  // One launch has no deviation, and says nothing of how the next would be.
  const isOne = pairs < 2
  const change = isOne
    ? rangeOf(budget, sample.mean, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
    : intervalOf(budget, sample)
  const deviation = pooled(samples)
  const noise = noiseShare(budget, deviation)
  const known = { budget, change, figures, pairs, noise: isOne ? undefined : noise, why }
  if (decision === 'fail' || decision === 'pass') return { ...known, verdict: decision }
  if (isOne || among === undefined) return { ...known, verdict: 'inconclusive' }
  const { low, high } = openRange({ sample }, ONLY_LOOK, among)
  const { mean: _, ...open } = rangeOf(budget, sample.mean, low, high)
  const needed = why.length > 0 ? undefined : launchesNeeded(samples, allowedDegradation(budget))
  return { ...known, verdict: 'inconclusive', open, needed }
}

/** Deviation of one launch, by both sides. */
function pooled({ base, head }: Record<SideName, Sample>): number {
  const squares = (base.count - 1) * base.deviation ** 2 + (head.count - 1) * head.deviation ** 2
  return Math.sqrt(squares / (base.count + head.count - 2))
}

/** The most launches that are worth a word. */
const MOST_WORTH = 500

/** Further launches per side until the budget is decided, if mean and deviation stay the same. */
function launchesNeeded({ base, head }: Record<SideName, Sample>, allowed: number): number | undefined {
  const least = Math.min(base.count, head.count)
  for (let count = Math.max(least + 1, LEAST_LAUNCHES); count <= MOST_WORTH; count++) {
    const sample = differenceOf(
      { ...base, count: Math.max(count, base.count) },
      { ...head, count: Math.max(count, head.count) },
    )
    const { low, high } = openRange({ sample }, ONLY_LOOK, 1)
    if (low > allowed || high <= allowed) return count - least
  }
  return undefined
}
