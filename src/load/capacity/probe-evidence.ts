import type { Milliseconds } from '../../ground/units.ts'

/**
 * How soon whoever steers a search and its threads hear of one another. Moments are times from the start of the run.
 */
export interface ProbeEvidence {
  /** Time in which a stretch that is added comes to every thread. */
  readonly lead: Milliseconds
  /** Time that the books of a thread are behind it at the most, while all hear one another. */
  readonly delay: Milliseconds
  /** Moment until which the books of all threads are known now. */
  knownTo(now: Milliseconds): Milliseconds
  /** Who heard of a stretch that begins at `from` or later only after it had begun, as a clause. */
  lateSince(from: Milliseconds): string | undefined
}

/** Threads that share the memory of the one that steers. */
export const SHARED_MEMORY: ProbeEvidence = { lead: 60, delay: 0, knownTo: now => now, lateSince: () => undefined }
