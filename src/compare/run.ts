import { performance } from 'node:perf_hooks'
import { metricOf } from '../budget/metrics/index.ts'
import { latenciesOf } from '../budget/metrics/latency.ts'
import { WORK } from '../budget/metrics/resources.ts'
import { countedIn } from '../budget/metrics/share.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import { Random } from '../ground/random.ts'
import { sleep } from '../ground/timers.ts'
import { formatBytes, formatCount, formatMs, type Milliseconds } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { countsNeeded, launchNeeds } from './attainable.ts'
import { behaviourDifferences, firstError } from './behaviour-differences.ts'
import type { ComparedBudget, Comparison, Revision, Standing } from './comparison.ts'
import { FEWEST_PAIRS } from './decision.ts'
import { allowedDegradation, degradationOf, figureOf, hasTimes } from './degradation.ts'
import { differencesBetween } from './differences.ts'
import { blocksForCounts, blocksForValues, blocksWithin, costOf, mostBlocks, noiseOf } from './effort.ts'
import { ComparisonJudge, rangeOf, unlike } from './judge.ts'
import type { KeptLaunches } from './kept-launches.ts'
import type { NewSteps } from './new-steps/find.ts'
import {
  type Launch,
  type LaunchEnd,
  type LaunchFigures,
  type Loaded,
  type MeasuredPair,
  measuredAt,
  type Pair,
  SIDES,
  type Side,
  type SideName,
} from './pair.ts'
import { growthBetween, requestsFor } from './statistics/growth.ts'
import { leastOf, mostOf, reachOf, type Sample, sampleOf } from './statistics/sample.ts'
import { ALWAYS_TOLD, unbounded } from './unbounded.ts'
import { workIn } from './work.ts'

/** Puts load on two launches in turns. */
interface Duel {
  /** Leaves out the steps that head alone has, from here on. Default: all steps are compared. */
  leaveOutNew?(launches: Record<SideName, Launch>, signal: AbortSignal): Promise<NewSteps>
  run(
    launches: Record<SideName, Launch>,
    options: { blocks: number; seed: number; signal: AbortSignal; soak?: Milliseconds; mayGoOn?: boolean },
  ): Promise<MeasuredPair>
  /** Warms up launches with more requests from here on; false if it cannot, or does so already. */
  warmLonger?(): boolean
}

export interface CompareOptions {
  sides: Record<SideName, Side>
  revisions: Record<SideName, Revision>
  notes: readonly string[]
  budgets: readonly RelativeBudget[]
  duel: Duel
  /** When no new pair is begun any more, from the beginning. */
  maxDuration: Milliseconds
  seed: number
  signal: AbortSignal
  /**
   * Whether pairs are made until the time is up, even if everything is decided, to measure their noise. Default: no.
   */
  isCalibration?: boolean
  /** Launches that load tests leave to each other, but for budgets of memory. Default: each pair is started afresh. */
  kept?: KeptLaunches
  /** Whether no pair is made once a budget has failed. Default: no. */
  stopWhenFailed?: boolean
  /** Called before each pair. */
  onProgress?(standing: Standing): void
}

/** The first pair finds caches cold. Its blocks do not count, so that a few will do; how memory grows with it does. */
const BLOCKS_TO_WARM = 2
/** The blocks of a long pair show that both sides did the same. */
const BLOCKS_OF_LONG = 4
/** The first number of a long pair, for what is random about it. */
const FIRST_LONG = 1_000
const MOST_LONG = 4
/** Part of the time that has to be left for measuring anew with a longer warm-up. */
const PART_FOR_WARM = 0.4

/**
 * Compares head with base by pairs of launches until every budget is decided, no further pair can change a decision, or
 * the time is up. Always resolves: a side that cannot be launched or measured is the comparison's cause, and undecided
 * budgets are inconclusive. Rejects only if the signal aborts.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { budgets, maxDuration, signal, sides } = options
  const began = performance.now()
  options.kept?.next()
  let startOver = () => new ComparisonJudge(budgets, sides.base.isFixed)
  let judge = startOver()
  let long = new LongPairs(budgets, sides.base.isFixed)
  let cause: string | undefined
  const beyond: Pick<Comparison, 'newSteps' | 'differences'> = {}
  const notes = [...options.notes]
  const tell = () => {
    const [{ length: pairs }, elapsed] = [judge.pairs, performance.now() - began]
    options.onProgress?.({ pairs, elapsed, maxDuration, budgets: long.with(judge.findings()) })
  }
  try {
    tell()
    const soaks = !options.isCalibration && long.isNeeded(1, maxDuration)
    const [blocks, number] = soaks ? [BLOCKS_OF_LONG, FIRST_LONG] : [BLOCKS_TO_WARM, 0]
    const first = await onePair(options, blocks, number, async launches => {
      const found = await options.duel.leaveOutNew?.(launches, signal)
      const { newSteps = [] } = found ?? {}
      beyond.differences = differencesBetween(launches.base.traits, launches.head.traits)
      if (newSteps.length > 0) beyond.newSteps = newSteps
      const left = budgets.filter(({ step }) => !newSteps.some(one => one.step === step))
      const fault = found?.fault ?? (left.length === 0 ? NOTHING_LEFT : undefined)
      if (fault !== undefined) throw new Error(fault)
      startOver = () => new ComparisonJudge(left, sides.base.isFixed, newSteps)
      judge = startOver()
      long = new LongPairs(left, sides.base.isFixed)
      return found?.broken
    })
    cause = causeOf(first)
    if (soaks && cause === undefined && long.isNeeded(1, maxDuration)) long.add(first)
    const beside = soaks ? { ...first, took: first.took - soakWithin(maxDuration) } : first
    const isStopped = () => options.stopWhenFailed && (judge.hasFailed || long.hasFailed)
    const isOver = () => judge.isDecided || isStopped()
    const makeLong = async (most: number) => {
      const isOpen = () => !options.isCalibration && cause === undefined && !isStopped()
      while (isOpen() && long.isNeeded(most, maxDuration - (performance.now() - began))) {
        tell()
        const pair = await onePair(options, BLOCKS_OF_LONG, FIRST_LONG + long.pairs.length)
        cause = causeOf(pair)
        if (cause === undefined) long.add(pair)
      }
    }
    if (long.isSuspicious) await makeLong(2)
    while (cause === undefined && (options.isCalibration || !isOver())) {
      const left = maxDuration - (performance.now() - began)
      const count = judge.pairs.length
      // The first pair costs more than others: it finds how long a warm-up has to be.
      const cost = costOf(count > 0 ? judge.pairs : [beside])
      const more = blocksForCounts(judge.pairs, look => judge.timesNeeded(look), left, cost)
      const usual = more ?? blocksWithin(noiseOf(judge.pairs, changeIn), count, left, cost, hasTimes(budgets))
      const seen = count > 0 ? judge.pairs : [first]
      const blocks = Math.max(usual, ...judge.budgets.map(budget => blocksFor(budget, seen, count, left, cost)))
      if (!hasTimeFor(blocks, count, left, maxDuration, cost)) break
      tell()
      const pair = await onePair(options, blocks, count + 1)
      cause = causeOf(pair)
      if (cause !== undefined) break
      judge.add(pair)
      const isTimeLeft = maxDuration - (performance.now() - began) > PART_FOR_WARM * maxDuration
      if (options.isCalibration || !isTimeLeft || !judge.isCold || !options.duel.warmLonger?.()) continue
      notes.push(warmedLonger(judge.pairs))
      judge = startOver()
    }
    judge.close()
    await makeLong(MOST_LONG)
    const took = formatMs(first.took, 2)
    if (judge.pairs.length === 0 && !isOver())
      cause ??= `one pair of launches took ${took}, and all may take ${formatMs(maxDuration)} (compare.maxDuration)`
  } catch (error) {
    signal.throwIfAborted()
    cause = (error as Error).message
  }
  return comparisonOf({ ...options, notes }, judge, long, { ...beyond, took: performance.now() - began, cause })
}

/**
 * Whether there is time for the next pair. One there is, however slow the launches are. Up to the first decision a
 * comparison may take half as long again, if that is enough for it: without a decision all of it is for nothing.
 */
function hasTimeFor(
  blocks: number,
  pairs: number,
  left: Milliseconds,
  maxDuration: Milliseconds,
  cost: ReturnType<typeof costOf>,
) {
  if (pairs === 0) return left >= 0
  const next = cost.beside + blocks * cost.block
  const ahead = FEWEST_PAIRS - pairs
  return ahead > 0 ? ahead * next <= left + maxDuration / 2 : next <= left
}

const warmedLonger = (pairs: readonly Pair[]) =>
  `the first ${counted(pairs.length, 'pair')} of launches were still warming up and do not count: ` +
  'later ones had a longer warm-up'

const NOTHING_LEFT = 'nothing is left to compare: each budget is of a step that is new on head'

type Launches = Record<SideName, Launch>
type Look = (launches: Launches) => Promise<NewSteps['broken']>

/**
 * Measures a pair of launches: one that an earlier load test has left, if nothing fails on it, else a fresh one.
 *
 * @param look at both before there is load: returns what is broken on one of them.
 */
async function onePair(options: CompareOptions, blocks: number, number: number, look?: Look): Promise<Pair> {
  const from = performance.now()
  const { seed, signal } = options
  const random = new Random(seed, 'launches', number)
  const order = (random.below(2) === 0 ? SIDES : SIDES.toReversed()) as [SideName, SideName]
  const measure = (launches: Launches) =>
    measuredOn(launches, options, { blocks, number, seed: random.below(2 ** 31), look })
  const taken = keptOf(options)?.take()
  if (taken) {
    const pair = await measure(taken).catch(() => signal.throwIfAborted())
    if (pair && SIDES.every(name => hasPassed(pair[name]))) return { ...pair, took: performance.now() - from }
    // It may have failed by what earlier load tests have left there.
    options.kept!.refuse()
  }
  const pair = await measure(await launchBoth(options, order, options.budgets.some(needsProbe) ? 'probe' : undefined))
  return { ...pair, took: performance.now() - from }
}

/** Launches that load tests leave to each other, if this comparison may have them. */
const keptOf = ({ isCalibration, budgets, kept }: CompareOptions) =>
  isCalibration || budgets.some(budget => isOfMemory(budget) || needsProbe(budget)) ? undefined : kept

const needsProbe = ({ metric }: RelativeBudget) => metricOf({ metric }).needs === 'probe'

const hasPassed = ({ cause, iterations, warmUp }: LaunchFigures) =>
  cause === undefined && iterations.failed === 0 && (warmUp?.failed ?? 0) === 0

/**
 * Starts both sides. The order is that in which they are begun: what both wait for takes its time once.
 *
 * @param loaded what their Node processes load.
 */
export async function launchBoth(
  { sides, signal }: Pick<CompareOptions, 'sides' | 'signal'>,
  order: readonly [SideName, SideName],
  loaded?: Loaded,
): Promise<Launches> {
  const launched: Launch[] = []
  const launch = async (side: SideName) => {
    signal.throwIfAborted()
    const launch = await launchOf(side, sides[side], signal, loaded)
    launched.push(launch)
    return launch
  }
  try {
    const [a, b] = await bothOf(launch(order[0]), launch(order[1]))
    return { [order[0]]: a, [order[1]]: b } as Launches
  } catch (error) {
    await Promise.all(launched.map(one => one.stop()))
    throw error
  }
}

/** Measures launches, and ends them in any case, unless a later load test may have them. */
async function measuredOn(
  launches: Launches,
  options: CompareOptions,
  { blocks, number, seed, look }: { blocks: number; number: number; seed: number; look: Look | undefined },
): Promise<MeasuredPair> {
  const { duel, signal, maxDuration } = options
  const kept = keptOf(options)
  let isKept = false
  try {
    const broken = await look?.(launches)
    const soak = number < FIRST_LONG ? {} : { soak: soakWithin(maxDuration) }
    const measured = await duel.run(launches, { blocks, seed, signal, mayGoOn: kept !== undefined, ...soak })
    if (broken && measured[broken.side].cause !== undefined) measured[broken.side].cause = broken.found
    const pair = await withEnds(measured, launches)
    isKept = kept?.keep(launches, pair) ?? false
    return pair
  } finally {
    if (!isKept) await Promise.all(SIDES.map(name => launches[name].stop()))
  }
}

/** How long the news of an end may take after the connections that it broke. */
const NEWS: Milliseconds = 2_000

/** The pair, where the cause of a side is that it ended: with how, and with its last output. */
async function withEnds(pair: MeasuredPair, launches: Record<SideName, Launch>): Promise<MeasuredPair> {
  const sides = await Promise.all(
    SIDES.map(async name => {
      const { cause } = pair[name]
      const { ended } = launches[name]
      if (cause === undefined || ended === undefined) return {}
      const over = new AbortController()
      const news = sleep(NEWS, undefined, { signal: over.signal }).catch(() => undefined)
      const end = await Promise.race([ended(), news]).finally(() => over.abort())
      return end === undefined ? {} : { [name]: { ...pair[name], cause: endedAs(end, cause) } }
    }),
  )
  return Object.assign({}, pair, ...sides)
}

function endedAs({ how, output }: LaunchEnd, cause: string): string {
  const wrote = output.length > 0 ? ['Its last output:', ...output].join('\n') : 'It wrote nothing.'
  return `it ${how} under load (${cause}). ${wrote}`
}

/** Both, or the fault of either once neither is under way any more. */
export async function bothOf<T>(...pair: [Promise<T>, Promise<T>]): Promise<[T, T]> {
  await Promise.allSettled(pair)
  return Promise.all(pair)
}

async function launchOf(name: SideName, side: Side, signal: AbortSignal, loaded: Loaded | undefined): Promise<Launch> {
  try {
    return await side.launch(signal, loaded)
  } catch (error) {
    throw new Error(`${name} could not be started: ${(error as Error).message}`, { cause: error })
  }
}

function causeOf(pair: Pair): string | undefined {
  const side = SIDES.find(name => pair[name].cause !== undefined || passedNone(pair[name]))
  if (side === undefined) return undefined
  const { cause = `all of its iterations failed (${firstError([pair[side]])})` } = pair[side]
  return `${side} could not be measured: ${cause}`
}

/** Failures alone are no figures of the application, even if both sides have them alike. */
const passedNone = ({ iterations: { passed, failed } }: LaunchFigures) => passed === 0 && failed > 0

function comparisonOf(
  options: CompareOptions,
  judge: ComparisonJudge,
  long: LongPairs,
  { cause, ...rest }: Pick<Comparison, 'newSteps' | 'differences' | 'took'> & { cause: string | undefined },
): Comparison {
  const { budgets, revisions, notes, seed } = options
  const pairs = judge.pairs.length > 0 ? judge.pairs : long.pairs
  const all = [...judge.pairs, ...long.pairs]
  const requestsOf = (side: SideName) => sum(all.map(pair => pair[side].requests))
  const isStopped = options.stopWhenFailed === true && (judge.hasFailed || long.hasFailed)
  const found = long.with(judge.findings())
  const findings = found.map(one => (isStopped && isOpen(one) ? lost(one, STOPPED) : one))
  return {
    ...revisions,
    notes: [...notes, ...(options.kept?.takeNotes() ?? []), ...(pairs.some(({ isHeld }) => isHeld) ? [HELD] : [])],
    seed,
    pairs: all.length,
    longPairs: long.pairs.length || undefined,
    pairTook: pairs.reduce((total, pair) => total + pair.took, 0) / Math.max(1, pairs.length),
    requests: { base: requestsOf('base'), head: requestsOf('head') },
    measuredAt: measuredAt(pairs),
    // A budget that failed before a side was lost stays failed.
    budgets: cause === undefined ? findings : findings.map(one => (one.verdict === 'fail' ? one : lost(one, cause))),
    steps: pairs.length > 0 ? workIn(pairs) : undefined,
    ...rest,
    beside: otherChanges(judge, budgets),
    cause,
  }
}

const STOPPED = 'the comparison ended when another budget had failed, as it does in CI.'

const isOpen = ({ verdict, why }: ComparedBudget) => verdict === 'inconclusive' && why.length === 0

const HELD = 'base and head were held to one processor while they were measured, drawn for each pair'

const lost = (found: ComparedBudget, cause: string): ComparedBudget => ({
  ...found,
  verdict: 'inconclusive',
  why: [cause],
})

/** Pairs of blocks in which a budget has values enough: of a percentile, or of failures that never happen. */
function blocksFor(
  budget: RelativeBudget,
  seen: readonly Pair[],
  pairs: number,
  left: Milliseconds,
  cost: ReturnType<typeof costOf>,
) {
  const { quantile } = budget
  const isLatency = quantile !== undefined
  const needed = isLatency ? launchNeeds(quantile) : pairs < FEWEST_PAIRS ? countsNeeded(budget) : 0
  if (needed === 0) return 0
  const valuesOn = (side: LaunchFigures) =>
    isLatency ? (latenciesOf(side, budget)?.count ?? 0) : countedIn(side, budget).of
  const values = sum(seen.flatMap(pair => SIDES.map(side => valuesOn(pair[side]))))
  const blocks = 2 * sum(seen.map(pair => pair.blocks.pairs))
  const most = mostBlocks(pairs, left, cost)
  const wanted = blocksForValues(needed, { values, blocks })
  // Failures need so many pairs only if all of them fit: others are better spent on more launches.
  return wanted <= most ? wanted : isLatency ? most : 0
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Degradation of a pair by one of the figures of which blocks have a deviation. */
const changeIn: Parameters<typeof noiseOf>[1] = (pair, figure) =>
  degradationOf(unbounded(figure === 'requests' ? 'rps' : WORK), pair)

/** Time for which a long pair has load, and the part of a comparison that this may take. */
const SOAK: Milliseconds = 15_000
const PART = 6
/** Launches of one build differ: so many have to show a leak. */
const CONFIRMED = 2
/** Memory that grows is judged as it will be after so many requests of a launch. */
const REQUESTS = 100_000

const MORE_TIME = 'Give more time (compare.maxDuration)'

const isOfGrowth = ({ metric }: RelativeBudget) => metric === 'memoryGrowth'
/** Whether a budget is about the memory of launches. */
const isOfMemory = (budget: RelativeBudget) => isOfGrowth(budget) || budget.metric === 'memory'

/** How long a long pair has load. */
const soakWithin = (maxDuration: Milliseconds): Milliseconds => Math.min(SOAK, maxDuration / PART)

/**
 * Pairs of launches that have load for long, so that it is seen how memory grows with requests. They decide budgets of
 * growth. Budgets of memory fail by them if head grows beyond what is allowed.
 */
export class LongPairs {
  readonly #budgets: readonly RelativeBudget[]
  readonly #isBaseFixed: boolean
  readonly pairs: Pair[] = []
  /** Growth of each pair, and of all together. */
  #each: ReturnType<typeof growthBetween>[] = []
  #seen: ReturnType<typeof growthBetween>

  constructor(budgets: readonly RelativeBudget[], isBaseFixed = false) {
    this.#budgets = budgets.filter(isOfMemory)
    this.#isBaseFixed = isBaseFixed
  }

  /**
   * Whether one more may decide anything: a budget of memory needs one, and one of growth as many as decide it.
   *
   * @param most in all.
   */
  isNeeded(most: number, left: Milliseconds): boolean {
    const { length } = this.pairs
    if (this.#budgets.length === 0 || this.#isBaseFixed || length >= most) return false
    if (length === 0) return true
    const isLasting = this.pairs.every(({ soak = [] }) => soak.length === 0)
    const isOpen = this.isSuspicious || this.#findings().some(({ verdict }) => verdict === 'inconclusive')
    return isOpen && !isLasting && left > Math.max(...this.pairs.map(({ took }) => took))
  }

  add(pair: Pair): void {
    this.pairs.push(pair)
    this.#each.push(growthBetween(pair.soak ?? []))
    this.#seen = growthBetween(...this.pairs.map(({ soak = [] }) => soak))
  }

  /** Whether one launch shows a leak that fails a budget, and no other one does so far. */
  get isSuspicious(): boolean {
    const least = this.#seen?.least
    if (this.pairs.length !== 1 || least === undefined) return false
    return this.#budgets.some(
      one => (isOfGrowth(one) ? least : this.#degradationWith(one, least)) > allowedDegradation(one),
    )
  }

  /** Memory after so many requests of a launch, if head grows by that for each 1,000 requests more than base. */
  #memoryWith(growth: number): { base: number; head: number } {
    const { requests, memory } = this.pairs.flatMap(({ soak = [] }) => soak).at(-1)!
    const rest = Math.max(0, REQUESTS - requests) / 1000
    return { base: memory[0], head: memory[1] + rest * Math.max(0, growth) }
  }

  /** Degradation after so many requests; none of a head that does not grow, whose memory the short pairs have. */
  #degradationWith({ allowed }: RelativeBudget, growth: number): number {
    const { base, head } = this.#memoryWith(growth)
    if (growth <= 0) return Number.NEGATIVE_INFINITY
    return 'factor' in allowed ? Math.log(head / base) : head - base
  }

  /** Whether all launches together show more growth than that, and each of them, of which there are some. */
  #isShown(allowed: number): boolean {
    const each = this.#each.every(one => one !== undefined && one.mean > allowed)
    return this.pairs.length >= CONFIRMED && each && (this.#seen?.least ?? Number.NaN) > allowed
  }

  get hasFailed(): boolean {
    const ofMemory = this.#budgets.filter(one => !isOfGrowth(one))
    const nothing = ofMemory.map(budget => ({ budget, verdict: 'inconclusive' as const, pairs: 0, each: [], why: [] }))
    return this.with(nothing).some(({ verdict }) => verdict === 'fail')
  }

  /** All findings: those of pairs, as growth changes them, and those of growth. */
  with(found: readonly ComparedBudget[]): ComparedBudget[] {
    const changed = found.map(one => (one.budget.metric === 'memory' ? this.#memoryOf(one) : one))
    return [...changed, ...this.#findings()]
  }

  #findings(): ComparedBudget[] {
    return this.#budgets.filter(isOfGrowth).map(budget => this.#growthOf(budget))
  }

  #growthOf(budget: RelativeBudget): ComparedBudget {
    const { length: pairs } = this.pairs
    const found = { budget, pairs, each: [] }
    const seen = this.#seen
    if (this.#isBaseFixed) return { ...found, verdict: 'inconclusive', why: unlike(budget) }
    if (pairs === 0) return { ...found, verdict: 'inconclusive', why: ['no long pair of launches was made.'] }
    const why = behaviourDifferences(this.pairs, budget)
    if (seen === undefined)
      return { ...found, verdict: 'inconclusive', why: why.length > 0 ? why : [whyNothing(this.pairs)] }
    const allowed = allowedDegradation(budget)
    const { mean, low, high } = seen
    const known = { ...found, change: { mean, low, high }, figures: seen.figures, remarks: [this.#over(seen)] }
    if (why.length > 0) return { ...known, verdict: 'inconclusive', why }
    if (this.#isShown(allowed)) return { ...known, verdict: 'fail', why }
    if (seen.most <= allowed) return { ...known, verdict: 'pass', why }
    const needed = requestsFor(allowed)
    if (seen.requests <= needed)
      why.push(
        `memory is given in pieces, so that such a bound takes more than ${formatCount(needed)} requests of long ` +
          `launches, and there were ${formatCount(seen.requests)}. ${MORE_TIME}, or a wider bound.`,
      )
    if (low > allowed && pairs < CONFIRMED) why.push(...UNCONFIRMED.why)
    else if (low > allowed)
      why.push(
        `head surely grows by ${sizeOf(seen.least)}/1,000 requests only: a few steep rises and a tenth of the growth ` +
          `of base may be chance. ${MORE_TIME}, or a wider bound.`,
      )
    return { ...known, verdict: 'inconclusive', open: { low: seen.least, high: seen.most }, why }
  }

  #over({ requests }: { requests: number }): string {
    return `seen over ${formatCount(requests)} requests of ${counted(this.pairs.length, 'long pair')}`
  }

  /** A budget of memory fails if head surely grows beyond its bound; and if it may, a remark says so. */
  #memoryOf(found: ComparedBudget): ComparedBudget {
    const { budget, verdict } = found
    const seen = this.#seen
    if (seen === undefined || verdict === 'fail' || behaviourDifferences(this.pairs, budget).length > 0) return found
    const degradationWith = (growth: number) => this.#degradationWith(budget, growth)
    const remarks = (more: string) => [...(found.remarks ?? []), more]
    if (!this.#isShown(0)) {
      if (this.pairs.length === 1 && degradationWith(seen.least) > allowedDegradation(budget))
        return { ...found, ...UNCONFIRMED }
      const unseen = `a growth of up to ${sizeOf(seen.most)}/1,000 requests would not have been seen`
      return degradationWith(seen.most) > allowedDegradation(budget) ? { ...found, remarks: remarks(unseen) } : found
    }
    const { mean, low, high } = seen
    const growth = `${sizeOf(mean)}/1,000 requests (95 %: ${sizeOf(low)} to ${sizeOf(high)})`
    const grows = `head grows by ${growth} more than base, ${this.#over(seen)}`
    const least = degradationWith(seen.least)
    if (least <= allowedDegradation(budget)) return { ...found, remarks: remarks(grows) }
    return {
      ...{ budget, verdict: 'fail', pairs: Math.max(found.pairs, this.pairs.length), each: found.each, why: [] },
      change: rangeOf(budget, degradationWith(mean), least, degradationWith(Math.max(mean, seen.most))),
      figures: this.#memoryWith(mean),
      remarks: remarks(`${grows}: figures are those after ${formatCount(REQUESTS)} requests of a launch`),
    }
  }
}

const UNCONFIRMED = {
  verdict: 'inconclusive' as const,
  why: [`head grows in a long pair of launches, and there was no time for another one. ${MORE_TIME}.`],
}

const sizeOf = (bytes: number) => `${bytes < 0 ? '-' : ''}${formatBytes(Math.abs(bytes), 3)}`

function whyNothing(pairs: readonly Pair[]): string {
  const readings = pairs.reduce((sum, { soak = [] }) => sum + soak.length, 0)
  return readings === 0
    ? 'the memory of its processes is not known.'
    : `there are ${formatCount(readings)} readings of memory, too few to tell its growth. ${MORE_TIME}.`
}

/** Figures without a budget that may explain a change: CPU, memory, errors, and each step. */
export function otherChanges(judge: ComparisonJudge, budgets: readonly RelativeBudget[]): ComparedBudget[] {
  const own = new Set(budgets.map(({ path }) => path.join('.')))
  const found = (all: readonly RelativeBudget[]) =>
    all
      .filter(({ path }) => !own.has(path.join('.')))
      .map(budget => judge.beside(budget))
      .filter(({ pairs }) => pairs > 0)
  const ofAll = ALWAYS_TOLD.map(metric => unbounded(metric))
  const steps = Object.keys(judge.pairs[0]?.head.steps ?? {})
  return [...found(ofAll), ...(steps.length > 1 ? found(ofSteps(steps, judge)).sort(byChange) : [])]
}

/**
 * Steps by their CPU time, if it is known; else by their median. Users of a closed model wait for each other, so that a
 * step that costs more makes the others slower as well.
 */
function ofSteps(steps: readonly string[], judge: ComparisonJudge): RelativeBudget[] {
  const arePriced = judge.pairs.every(pair => SIDES.every(side => steps.every(step => pair[side].prices?.[step])))
  if (!arePriced) return steps.map(step => unbounded('percentile', { step, quantile: 0.5 }))
  return isSound(steps, judge) ? steps.map(step => unbounded(WORK, { step })) : []
}

const LEVEL = 0.025
/** How far the price of a step may be off for it to count, as a logarithm; on a busy machine it is off by more. */
const EXACT = 0.25
/** Factors by which steps may change more, or less, than all requests: one user alone finds another cost. */
const MORE = 1.25
const LESS = 0.5

/**
 * Whether the CPU time of steps, of which one user alone is the measure, agrees with that of all requests under load:
 * neither a step nor all of them together may change by more than the whole does.
 */
function isSound(steps: readonly string[], judge: ComparisonJudge): boolean {
  const { pairs } = judge
  const whole = unbounded(WORK)
  const total = judge.findings().find(({ budget }) => budget.key === whole.key)
  const { why } = total ?? judge.beside(whole)
  if (pairs.length < FEWEST_PAIRS || total?.verdict === 'inconclusive' || why.length > 0) return false
  const logs = steps.map(step => pairs.map(({ base, head }) => Math.log(head.prices![step]! / base.prices![step]!)))
  if (logs.some(each => !(reachOf(sampleOf(each), LEVEL) <= EXACT))) return false
  const changes = pairs.map(pair => changesIn(pair, steps, whole))
  const all = sampleOf(changes.map(({ all }) => all))
  const inParts = sampleOf(changes.map(({ parts }) => sum(parts)))
  const alone = sampleOf(changes.map(({ alone }) => alone))
  const parts = steps.map((_, step) => sampleOf(changes.map(({ parts }) => parts[step]!)))
  const isWithin = (one: Sample) => !isBeyond(one, all) && !isBeyond(mirrored(one), mirrored(all))
  return [inParts, ...parts].every(isWithin) && !isUnseen(alone, all) && !isUnseen(mirrored(alone), mirrored(all))
}

const mirrored = (sample: Sample): Sample => ({ ...sample, mean: -sample.mean })

const isBeyond = (part: Sample, all: Sample) => leastOf(part, LEVEL) > MORE * Math.max(0, mostOf(all, LEVEL))

function isUnseen(sum: Sample, all: Sample): boolean {
  const least = leastOf(all, LEVEL)
  return least > 0 && mostOf(sum, LEVEL) < LESS * least
}

/**
 * Change of CPU time a request from base to head: of all, the part of each step in it, and the sum of these for one
 * user alone. The parts are the least that they may be, and the sum is the most: work that is added is not shared.
 */
function changesIn({ base, head }: Pair, steps: readonly string[], whole: RelativeBudget) {
  const asked = steps.map(step => base.steps[step]!.requests)
  const requests = asked.reduce((sum, count) => sum + count, 0)
  const [from, to] = [figureOf(whole, base)!, figureOf(whole, head)!]
  const alone = steps.reduce((sum, step, i) => sum + (base.prices![step]! * asked[i]!) / requests, 0)
  // One user alone costs more a request where requests under load share work, and less where they wait.
  const scale = Math.min(1, from / alone)
  const parts = steps.map((step, i) => (scale * (head.prices![step]! - base.prices![step]!) * asked[i]!) / requests)
  return { all: to - from, parts, alone: sum(parts) / scale }
}

/** The step that has grown most comes first. */
const byChange = (a: ComparedBudget, b: ComparedBudget) => (b.change?.mean ?? 0) - (a.change?.mean ?? 0)
