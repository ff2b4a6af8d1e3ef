import { basename } from 'node:path'
import { doubtText } from '../../budget/cause.ts'
import { comparedOf } from '../../budget/metrics/index.ts'
import { latenciesOf } from '../../budget/metrics/latency.ts'
import type { RelativeBudget } from '../../budget/relative.ts'
import { failed } from '../../ground/fault.ts'
import { grouped } from '../../ground/group.ts'
import { formatCount } from '../../ground/units.ts'
import { counted, quoted } from '../../ground/words.ts'
import { fingerprintOf, placesDiffer } from '../../measure/environment.ts'
import { isWhole, type LoadReport } from '../../measure/report.ts'
import { describeShape } from '../../report/figures.ts'
import { behaviourDifferencesBetween } from '../behaviour-differences.ts'
import type { ComparedBudget } from '../comparison.ts'
import { type Decision, LOOKS, type Look, look, openRange } from '../decision.ts'
import { allowedDegradation, figureOf, levelOf, noiseShare } from '../degradation.ts'
import { fewValues, intervalOf, rangeOf } from '../judge.ts'
import { SIDES, type SideName } from '../pair.ts'
import { type Sample, sampleOf } from '../statistics/sample.ts'
import { differenceOf } from '../statistics/student.ts'
import { ALWAYS_TOLD, unbounded } from '../unbounded.ts'
import { figuresOf, launchesOf, processOf, type StoredRun } from './launches.ts'

/** Properties that all results of a comparison must share. */
const COMMON: readonly { what: string; of: (run: StoredRun) => string; advice: string }[] = [
  {
    what: 'load test',
    of: ({ result: { name, test = name, project } }) => quoted([test]) + (project ? ` of project "${project}"` : ''),
    advice: 'Compare results of one load test.',
  },
  {
    what: 'workflow',
    // Base and head may lie in folders of their own.
    of: ({ result }) => `${basename(result.report.workflow.file)}#${result.report.workflow.workflowId}`,
    advice: 'Compare results of one workflow.',
  },
  { what: 'load', of: loadOf, advice: 'Compare results of the same load.' },
  {
    what: 'steps',
    of: ({ result }) => Object.keys(result.report.steps).join(', ') || 'none',
    advice: "Run both with the same document, head's.",
  },
]

function loadOf({ result: { report } }: StoredRun): string {
  return `${describeShape(report.shape)} (${report.model} model)`
}

/** Why results cannot be compared at all: everything that is wrong, each as a sentence. */
export function whyNotComparable(runs: readonly StoredRun[]): string[] {
  const faults = [...runs.flatMap(alone), ...sameRuns(runs)]
  const [first, ...others] = runs
  for (const { what, of, advice } of COMMON) {
    const wanted = of(first!)
    const different = others.filter(run => of(run) !== wanted)
    for (const [found, its] of grouped(different, of))
      faults.push(failed('compare', named(its), `${what} ${found}; in ${first!.place} ${wanted}`, advice))
  }
  const isSaid = new Set(COMMON.map(({ of }) => of(first!)))
  // Words leave out what is rarely written, such as a seed.
  const shape = ({ result }: StoredRun) => JSON.stringify(sorted(result.report.shape))
  const other = others.filter(run => shape(run) !== shape(first!) && isSaid.has(loadOf(run)))
  for (const [found, its] of grouped(other, shape))
    faults.push(failed('compare', named(its), `load ${found}; in ${first!.place} ${shape(first!)}`, COMMON[2]!.advice))
  return faults
}

function alone({ place, result: { report, runs = 1 } }: StoredRun): string[] {
  const cause = report.cause === undefined ? '' : ` (${report.cause})`
  const faults: string[] = []
  if (runs > 1) {
    const found = `${counted(runs, 'run')} were merged into it, and how they differed is lost`
    faults.push(failed('compare', place, found, 'Give the results that it was made of.'))
  }
  if (report.state !== 'completed') {
    const found = report.state === 'not run' ? `the load did not run${cause}` : `the run was cut short${cause}`
    faults.push(failed('compare', place, found, 'Give results of runs that went to their end.'))
  } else if (!isWhole(report)) {
    const found = 'a host was lost in the run, and with it a part of the load'
    faults.push(failed('compare', place, found, 'Give results of runs that had all of their hosts.'))
  }
  return faults
}

/** One run counts once, however many copies there are. */
function sameRuns(runs: readonly StoredRun[]): string[] {
  const known = new Map<string, string>()
  return runs.flatMap(({ place, result: { report } }) => {
    const { startedAt, requests, responseTime } = report
    const key = JSON.stringify([startedAt, requests, responseTime.histogram])
    const before = known.get(key)
    if (before === undefined) known.set(key, place)
    else {
      const found = before === place ? 'it is named twice' : `it is the same run as ${before}`
      return [failed('compare', place, found, 'Give each run once.')]
    }
    return []
  })
}

/** Why the figures of results do not compare although the load was the same: they come from different machines. */
function machinesApart(runs: readonly StoredRun[]): string[] {
  const first = runs[0]!
  const wanted = fingerprintOf(first.result.report)
  const other = runs.filter(({ result }) => fingerprintOf(result.report) !== wanted)
  const groups = grouped(other, ({ result }) => placesDiffer(first.result.report, result.report).join('; '))
  return [...groups].map(([found, its]) => `${named(its)} ran on another machine than ${first.place}: ${found}.`)
}

/** `a.json`, `a.json and 4 others`. */
function named([first, ...others]: readonly StoredRun[]): string {
  return others.length === 0 ? first!.place : `${first!.place} and ${counted(others.length, 'other')}`
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

type Sides = ReturnType<typeof launchesOf>

/** Sentences about the reliability of the launches, and other remarks. */
function notesOn(sides: Sides, runs: Record<SideName, readonly StoredRun[]>): string[] {
  const all = [...runs.base, ...runs.head]
  return [fewLaunches(sides), ...sameProcess(sides), inTurns(runs), doubts(all)].filter(note => note !== undefined)
}

function fewLaunches({ base, head }: Sides): string | undefined {
  const least = Math.min(base.length, head.length)
  if (least >= LEAST_LAUNCHES) return undefined
  const decide = `${LEAST_LAUNCHES} or more a side decide budgets.`
  if (base.length === 1 && head.length === 1)
    return (
      'one launch each: the difference may be that of two launches; one build started twice differs by 2 to 4 % in ' +
      `rates and CPU, and by far more in high percentiles. Nothing is decided; ${decide}`
    )
  if (least === 1)
    return `one launch of ${base.length === 1 ? 'base' : 'head'}: it may be any. Nothing is decided; ${decide}`
  return `${base.length} launches of base, ${head.length} of head: intervals are wide. Nothing is decided; ${decide}`
}

function sameProcess(sides: Sides): string[] {
  const several = SIDES.flatMap(side => sides[side]).filter(runs => runs.length > 1)
  const known = several.find(([run]) => !isUnclear(processOf(run!), sides))
  const unclear = several.find(([run]) => isUnclear(processOf(run!), sides))
  const notes: string[] = []
  if (known !== undefined)
    notes.push(
      `${counted(known.length, 'result')} are of one process (${processOf(known[0]!)}), and count as one launch: ` +
        'start the application anew for each run.',
    )
  if (unclear !== undefined) {
    const process = processOf(unclear[0]!)
    const why =
      process === undefined
        ? 'do not say of which process they are'
        : `have a process of the same number as the other side (${process}), as in containers`
    notes.push(
      `${counted(unclear.length, 'result')} of a side ${why}: they may be of one launch, and count as one. Where the ` +
        'application was started anew for each, say so: --each-is-a-launch.',
    )
  }
  return notes
}

/** Whether it is not known of results with this process that it was one: both sides cannot have had it. */
function isUnclear(process: string | undefined, sides: Sides): boolean {
  return process === undefined || SIDES.every(side => sides[side].some(([run]) => processOf(run!) === process))
}

function inTurns({ base, head }: Record<SideName, readonly StoredRun[]>): string | undefined {
  const times = (runs: readonly StoredRun[]) => runs.map(({ result }) => Date.parse(result.report.startedAt))
  const [ofBase, ofHead] = [times(base), times(head)]
  const isApart = Math.max(...ofBase) < Math.min(...ofHead) || Math.max(...ofHead) < Math.min(...ofBase)
  if (!isApart) return undefined
  return 'one side ran before the other: what changed on the machine meanwhile is in the difference. Run them in turns.'
}

function doubts(runs: readonly StoredRun[]): string | undefined {
  const doubted = runs.filter(({ result }) => result.report.doubts.length > 0)
  if (doubted.length === 0) return undefined
  const kinds = [...new Set(doubted.flatMap(({ result }) => result.report.doubts.map(({ kind }) => kind)))]
  return `${doubted.length} of ${counted(runs.length, 'run')} have doubts of their own: ${kinds.join(', ')}.`
}

/** Launches a side from which on budgets are decided: with fewer, intervals are too wide to be worth a decision. */
export const LEAST_LAUNCHES = LOOKS[0]!.pairs

/** Everything is there from the beginning: one look, with the levels of the last one. */
const ONLY_LOOK: Look = LOOKS.at(-1)!
/** Doubts that say of figures of time that they may be the load generator's. */
const OF_GENERATOR = new Set(['generator saturated', 'generator starved', 'generator limit', 'late starts'])

/**
 * Compares head and base by results of launches that were not made in turns. Each launch is one value, and the
 * difference of the means has Welch's interval. The results must be comparable (`whyNotComparable`), with at least one
 * on each side.
 *
 * @param isEachALaunch whether each result is a launch of its own, regardless of the process in it.
 */
export function compareResults(
  runs: Record<SideName, readonly StoredRun[]>,
  budgets: readonly RelativeBudget[],
  isEachALaunch = false,
) {
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
    // Name of the load test.
    name: all[0]!.result.name,
    launches: { base, head },
    // Results, which are more than launches where several are of one.
    runs: { base: runs.base.length, head: runs.head.length },
    // Whether there are launches enough on both sides to decide a budget; why the figures do not compare; sentences.
    isEnough,
    apart,
    notes: notesOn(sides, runs),
    // `pairs` are the launches of the side that has fewer; `noise` is the deviation of one launch.
    budgets: seen.map((one, index) => findingOf(one, decisions.get(index) ?? 'open', budgets.length)),
    // All else that is known, without a decision.
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

function seeing(sides: Sides, budget: RelativeBudget, apart: readonly string[]) {
  const [base, head] = [valuesOf(sides.base, budget), valuesOf(sides.head, budget)]
  const samples = { base: sampleOf(base.levels), head: sampleOf(head.levels) }
  const figures = { base: sampleOf(base.figures).mean, head: sampleOf(head.figures).mean }
  const missing = base.missing + head.missing
  const isThere = base.levels.length > 0 && head.levels.length > 0
  const why = isThere && missing === 0 ? doubtsOf(sides, budget) : []
  if (missing > 0) why.push(`there is no figure in ${isThere ? `${formatCount(missing)} launches` : 'all of a side'}.`)
  return {
    ...{ budget, samples, figures },
    // Degradation from base to head.
    sample: isThere ? differenceOf(samples.base, samples.head) : undefined,
    why: [...apart, ...why],
  }
}

/**
 * One value per launch, on the scale of the bound and in the unit of the budget, and how many launches lack it. A
 * launch with several runs counts with their mean.
 */
function valuesOf(launches: Sides[SideName], budget: RelativeBudget) {
  const all = launches.map(launch => launch.map(({ result }) => figuresOf(result.report)))
  const known = all.filter(runs => runs.every(run => levelOf(budget, run) !== undefined))
  const meansOf = (of: typeof levelOf) => known.map(runs => sampleOf(runs.map(run => of(budget, run)!)).mean)
  return { levels: meansOf(levelOf), figures: meansOf(figureOf), missing: all.length - known.length }
}

function doubtsOf(sides: Sides, budget: RelativeBudget): string[] {
  const runs = SIDES.flatMap(side => sides[side].flat())
  const doings = (side: SideName) => sides[side].flat().map(({ result }) => figuresOf(result.report))
  const why = behaviourDifferencesBetween({ base: doings('base'), head: doings('head') }, budget)
  const { quantile } = budget
  if (quantile !== undefined) {
    const counts = runs.map(({ result: { report } }) => latenciesOf(figuresOf(report), budget)?.count ?? 0)
    why.push(...fewValues('a run', counts, quantile, 'Give a higher rate, or more time.'))
  }
  if (comparedOf(budget)?.isOfGenerator) {
    const doubted = runs.flatMap(({ place, result }) =>
      result.report.doubts.filter(({ kind }) => OF_GENERATOR.has(kind)).map(doubt => `${place}: ${doubtText(doubt)}`),
    )
    if (doubted.length > 0) why.push(`the load generator may have had a part in it (${doubted[0]}).`)
  }
  return why
}

/** @param among so many budgets, which share a level; absent where nothing is allowed or forbidden. */
function findingOf(
  { budget, samples, figures, sample, why }: ReturnType<typeof seeing>,
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
