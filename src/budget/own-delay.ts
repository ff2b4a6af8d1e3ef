import type { Milliseconds, Share } from '../ground/units.ts'
import type { DoubtWords } from '../measure/report/verdict.ts'
import type { Judged, LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isOfRequests } from './budget-kinds.ts'

type Kind = Judged['doubts'][number]['kind']

/**
 * Doubts that are one and the same thing seen in several ways: the load generator itself was late. Their sizes do not
 * add up.
 */
const OWN = new Set<Kind>([
  'generator saturated',
  'generator starved',
  'late starts',
  'late answers',
  'GC pauses',
  'stood still',
])

export function isOwn({ kind }: { kind: Kind }): boolean {
  return OWN.has(kind)
}

/** Whether each latency was recorded with what the generator may have added to it, on every thread. */
export function knowsItsDelays({ generator }: LoadReport): boolean {
  return generator.threads.length > 0 && generator.threads.every(({ stalls }) => stalls !== undefined)
}

/** Text about the generator's delay in the samples, if no doubt of the run says it. */
export const OWN_DELAY: DoubtWords = {
  found: 'The load generator itself was late at this figure',
  cause: 'its thread was busy, or waited for a core that another program had',
  advice: ['end other programs', 'give it cores of its own'],
}

/** Delay that the load generator added to most requests. */
interface UsualDelay {
  most: Milliseconds
  /** Requests to which it may have added more. */
  rest: Share
}

const HALF: Share = 0.5
/** A stall that holds up a response from its start lasts twice as long as from a moment within it, on average. */
const FROM_START = 2
const CONFIDENCE = 2

/**
 * Median delay of a load thread's timers. A request that is sent in a lump after such a
 * stall waits for as much of it as the application is busy, and for more only while the application catches up with
 * longer ones. It may be busy with something else than its CPU: so this is a limit only for what no sample is below.
 */
export function usualDelay(report: LoadReport, budget: Budget): UsualDelay | undefined {
  const { generator, target, measured } = report
  if (!isOfRequests(budget) || !knowsItsDelays(report) || target === undefined || target.missing?.cpu !== undefined)
    return undefined
  const { threads } = generator
  const late = Math.max(...threads.map(({ delay }) => delay.p50 ?? Number.POSITIVE_INFINITY))
  const stalled = Math.max(...threads.map(({ stalls }) => stalls!.time)) / measured
  const count = threads.reduce((sum, { stalls }) => sum + stalls!.count, 0)
  const busy = Math.min(1, target.cpu)
  const rest = HALF + (Math.min(1, stalled) * busy) / (1 - busy) + CONFIDENCE * Math.sqrt((HALF * HALF) / count)
  return rest < 1 && late < Number.POSITIVE_INFINITY ? { most: FROM_START * late * (1 + busy), rest } : undefined
}
