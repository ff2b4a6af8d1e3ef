import type { Milliseconds } from '../../ground/units.ts'
import type { LoadPlan } from '../../load/plan/load-plan.ts'
import type { BlockReading, DuetTask, SideResult } from '../../load/thread/duet/protocol.ts'
import { emptySummary } from '../../measure/histogram.ts'
import type { LaunchFigures, Pair } from '../pair.ts'
import { sampleOf } from '../statistics/sample.ts'

/** Figures of both sides, and those of the pair. */
export function figuresOf(
  { steps, plan }: Pick<DuetTask, 'steps' | 'plan'>,
  sides: readonly [SideResult, SideResult],
): [LaunchFigures, LaunchFigures] {
  const requests = Math.min(...sides.map(({ readings }) => readings.at(-1)?.asked ?? 0))
  const of = (side: SideResult) => ({ ...launchOf(steps, side, requests), ...ratesOf(plan, side) })
  return [of(sides[0]), of(sides[1])]
}

/** How often users come round that never pause: what they take for an iteration is all of their time (Little's law). */
function ratesOf(
  plan: LoadPlan,
  { recorded, requestsPerIteration = 0 }: SideResult,
): Pick<LaunchFigures, 'requestRate' | 'iterationRate'> {
  if (plan.kind !== 'vus' || plan.pacing) return {}
  const { count, mean } = recorded?.serviceTime ?? emptySummary()
  if (count === 0 || mean === 0) return {}
  const iterationRate = (plan.vus * 1000) / mean
  return { iterationRate, ...(requestsPerIteration > 0 && { requestRate: iterationRate * requestsPerIteration }) }
}

function launchOf(
  steps: readonly string[],
  { recorded, readings, iterations, measured, ...side }: SideResult,
  requests: number,
): LaunchFigures {
  const nothing = emptySummary()
  const none = { requests: 0, errors: 0, serviceTime: nothing }
  return {
    cause: side.cause,
    measured,
    requests: side.requests,
    iterations,
    responseTime: recorded?.responseTime ?? nothing,
    serviceTime: recorded?.serviceTime ?? nothing,
    steps: Object.fromEntries(steps.map((key, step) => [key, recorded?.steps[step] ?? none])),
    errors: recorded?.errors ?? [],
    answers: side.answers,
    started: side.started,
    warmedUp: side.warmedUp,
    warmUp: side.warmUp,
    askedInAll: side.warmedUp + (readings.at(-1)?.asked ?? 0),
    ...workOf(readings),
    prices: pricesOf(steps, side.prices),
    memory: memoryAt(readings, requests),
    ...(side.roundTrips && side.roundTrips.requests > 0 && { roundTrips: side.roundTrips }),
  }
}

/** Memory when so many requests had been sent: between two looks it is taken to have grown in a straight line. */
export function memoryAt(readings: readonly Pick<BlockReading, 'asked' | 'memory'>[], requests: number) {
  const after = readings.findIndex(({ asked }) => asked >= requests)
  const to = readings[after]
  const from = readings[after - 1]
  if (to?.memory === undefined) return undefined
  if (from?.memory === undefined || to.asked === from.asked) return to.memory
  return from.memory + ((to.memory - from.memory) * (requests - from.asked)) / (to.asked - from.asked)
}

/** Fewest requests to a step of which it is known what they cost. */
const LEAST_PRICED = 3

function pricesOf(steps: readonly string[], uses: readonly Milliseconds[][]): Record<string, Milliseconds> | undefined {
  const each = steps.map((key, step) => [key, priceOf(uses[step] ?? [])] as const)
  return each.every(([, price]) => price > 0) ? Object.fromEntries(each) : undefined
}

/** Mean of the middle half: some requests pay for a garbage collection, and which ones is chance. */
function priceOf(uses: readonly Milliseconds[]): Milliseconds {
  if (uses.length < LEAST_PRICED || uses.some(Number.isNaN)) return Number.NaN
  const rest = uses.length >> 2
  const middle = uses.toSorted((a, b) => a - b).slice(rest, uses.length - rest)
  return middle.reduce((sum, use) => sum + use, 0) / middle.length
}

/** CPU time, and the requests that it was for: of sliced blocks where others lie between them, else of all. */
function workOf(readings: readonly BlockReading[]): Pick<LaunchFigures, 'cpuTime' | 'asked'> {
  const { cpuTime, asked } = sumOf(workBlocks(readings, true))
  return { asked, cpuTime: Number.isFinite(cpuTime) ? cpuTime : undefined }
}

function workBlocks(readings: readonly BlockReading[], hasRest = false): Block[] {
  const all = blocksOf(readings, hasRest)
  return areMixed(readings) ? all.filter(({ isSliced }) => isSliced) : all
}

function sumOf(blocks: readonly Block[]): Pick<Block, 'asked' | 'cpuTime'> {
  const sum = (of: 'asked' | 'cpuTime') => blocks.reduce((total, block) => total + block[of], 0)
  return { asked: sum('asked'), cpuTime: sum('cpuTime') }
}

/** Change of CPU time per request from the first half of the blocks to the second half: see `Pair.drift`. */
export function driftOf(sides: readonly [SideResult, SideResult]): number | undefined {
  const drifts = sides.map(({ readings }) => {
    const blocks = workBlocks(readings)
    const half = Math.floor(blocks.length / 2)
    const [before, after] = [blocks.slice(0, half), blocks.slice(-half)].map(some => {
      const { cpuTime, asked } = sumOf(some)
      return Math.log(cpuTime / asked)
    })
    return half === 0 ? Number.NaN : after! - before!
  })
  const mean = (drifts[0]! + drifts[1]!) / 2
  return Number.isFinite(mean) ? mean : undefined
}

/** Figures of a side between two looks. */
interface Block {
  isSliced: boolean
  asked: number
  requests: number
  /** NaN where it is not known. */
  cpuTime: Milliseconds
}

/** @param hasRest with what comes after the last block until the look at the end of all, which is not a block. */
function blocksOf(readings: readonly BlockReading[], hasRest = false): Block[] {
  return (hasRest ? readings : readings.slice(0, -1)).slice(1).map((to, block) => {
    const from = readings[block]!
    return {
      isSliced: to.isSliced ?? false,
      asked: to.asked - from.asked,
      requests: to.requests - from.requests,
      cpuTime: (to.cpuTime ?? Number.NaN) - (from.cpuTime ?? Number.NaN),
    }
  })
}

/** Whether some blocks are sliced and some are not. */
function areMixed(readings: readonly BlockReading[]): boolean {
  return new Set(blocksOf(readings).map(({ isSliced }) => isSliced)).size === 2
}

/**
 * Relative deviation between pairs of blocks, by figure; absent if unknown. If sliced pairs lie between others, there
 * are fewer of them, and each one says less.
 */
export function deviationsOf(sides: readonly [SideResult, SideResult], pairs: number): Pair['blocks']['deviation'] {
  const isMixed = areMixed(sides[0].readings)
  const of = (figure: (block: Block) => number, isOfSlices: boolean) => {
    const [base, head] = sides.map(({ readings }) => blocksOf(readings))
    const logs = base!.map((block, pair) => Math.log(figure(head![pair]!) / figure(block)))
    const own = isMixed ? logs.filter((_, pair) => base![pair]!.isSliced === isOfSlices) : logs
    const { deviation } = sampleOf(own)
    return Number.isNaN(deviation) ? undefined : deviation * Math.sqrt(pairs / own.length)
  }
  return { requests: of(({ requests }) => requests, false), work: of(({ cpuTime, asked }) => cpuTime / asked, true) }
}

/** Processor use above which an application counts as using several. A garbage collector alone stays below it. */
const SPREAD = 1.3

/** Whether a side uses more than one processor while it has the load, or may do so: nothing is known of its CPU. */
export function isSpread({ readings, inTurns }: SideResult): boolean {
  const [from, to] = [readings[0]?.cpuTime, readings.at(-1)?.cpuTime]
  return from === undefined || to === undefined || !((to - from) / inTurns <= SPREAD)
}
