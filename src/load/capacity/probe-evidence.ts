import type { Milliseconds } from '../../ground/units.ts'

/** Delay between a search and its threads. Moments are times from the start of the run. */
export interface ProbeEvidence {
  /** Time in which a stretch that is added comes to every thread. */
  readonly lead: Milliseconds
  /** Maximum delay of a thread's counters while all are connected. */
  readonly delay: Milliseconds
  /** Moment until which the books of all threads are known now. */
  knownTo(now: Milliseconds): Milliseconds
  /** Threads that received a stretch from `from` or later only after it had begun, as a clause. */
  lateSince(from: Milliseconds): string | undefined
}

/** Threads that share the memory of the one that steers. */
export const SHARED_MEMORY: ProbeEvidence = { lead: 60, delay: 0, knownTo: now => now, lateSince: () => undefined }
