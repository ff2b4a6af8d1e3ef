import { given } from '../../ground/given.ts'
import type { Bytes, Milliseconds } from '../../ground/units.ts'
import type { LoadPlan } from '../../load/plan/load-plan.ts'
import type { DuetTask, SideResult, TurnReading } from '../../load/thread/duet/protocol.ts'
import { emptySummary } from '../../measure/histogram.ts'
import type { LaunchFigures } from '../pair.ts'

/**
 * Figures of both sides, and of what is told of them together.
 *
 * @param counted what counts of a block.
 */
export function figuresOf(
  { steps, plan }: Pick<DuetTask, 'steps' | 'plan'>,
  sides: readonly [SideResult, SideResult],
  counted: Milliseconds,
): [LaunchFigures, LaunchFigures] {
  const requests = Math.min(...sides.map(({ readings }) => readings.at(-1)?.asked ?? 0))
  const of = (side: SideResult) => ({ ...launchOf(steps, side, counted, requests), ...ratesOf(plan, side) })
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
  { recorded, readings, iterations, blocks, ...side }: SideResult,
  counted: Milliseconds,
  requests: number,
): LaunchFigures {
  const nothing = emptySummary()
  const none = { requests: 0, errors: 0, serviceTime: nothing }
  const [first, last] = [readings[0], readings.at(-1)]
  const isKnown = first?.cpuTime !== undefined && last?.cpuTime !== undefined
  return given<LaunchFigures>({
    cause: side.cause,
    measured: blocks * counted,
    requests: side.requests,
    iterations,
    responseTime: recorded?.responseTime ?? nothing,
    serviceTime: recorded?.serviceTime ?? nothing,
    lateness: recorded?.lateness ?? nothing,
    steps: Object.fromEntries(steps.map((key, step) => [key, recorded?.steps[step] ?? none])),
    errors: recorded?.errors ?? [],
    answers: side.answers,
    started: side.started,
    warmedUp: side.warmedUp,
    asked: last?.asked ?? 0,
    cpuTime: isKnown ? last.cpuTime! - first.cpuTime! : undefined,
    memory: memoryAt(readings, requests),
  })
}

/** Memory when so many requests had been sent: between two looks it is taken to have grown in a straight line. */
export function memoryAt(
  readings: readonly Pick<TurnReading, 'asked' | 'memory'>[],
  requests: number,
): Bytes | undefined {
  const after = readings.findIndex(({ asked }) => asked >= requests)
  const to = readings[after]
  const from = readings[after - 1]
  if (to?.memory === undefined) return undefined
  if (from?.memory === undefined || to.asked === from.asked) return to.memory
  return from.memory + ((to.memory - from.memory) * (requests - from.asked)) / (to.asked - from.asked)
}

/** What the blocks of a side had, one after another. */
function blocksOf(readings: readonly TurnReading[], of: (from: TurnReading, to: TurnReading) => number): number[] {
  return readings.slice(1).map((to, block) => of(readings[block]!, to))
}

/** Relative deviation of a pair of blocks, by figure; absent where it cannot be told. */
export function deviationsOf([base, head]: readonly [SideResult, SideResult]): {
  requests?: number
  cpuPerRequest?: number
} {
  const of = (figure: (from: TurnReading, to: TurnReading) => number) => {
    // The last look is at the end of all, and no block of its own.
    const [a, b] = [base, head].map(({ readings }) => blocksOf(readings.slice(0, -1), figure))
    return deviation(a!.map((value, pair) => Math.log(b![pair]! / value)))
  }
  return given({
    requests: of((from, to) => to.requests - from.requests),
    cpuPerRequest: of((from, to) => (to.cpuTime! - from.cpuTime!) / (to.asked - from.asked)),
  })
}

function deviation(values: readonly number[]): number | undefined {
  if (values.length < 2 || !values.every(Number.isFinite)) return undefined
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}
