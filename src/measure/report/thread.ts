import { cores, count, milliseconds, type Of, object, optional, share, text } from '../kinds.ts'

const DELAY = { p50: optional(milliseconds), p99: milliseconds, longest: milliseconds }

/** How late a thread gets to what is due: at half of all moments, at 99 of 100, and at the worst one. */
export interface LoopDelay extends Of<typeof DELAY> {}

const COLLECTIONS = {
  /** How many pauses. */
  count,
  total: milliseconds,
  longest: milliseconds,
  /** Sum of stalls of 5 ms and more. Shorter ones do not show in the figures. */
  long: milliseconds,
}

/** Pauses of a thread for its garbage collector. */
export interface GcPauses extends Of<typeof COLLECTIONS> {}

const STALLS = {
  /** How many moments. */
  count,
  /** How late it was, added up. */
  time: milliseconds,
  longest: milliseconds,
  /** How long it saw the application wait for a core that other programs had; absent where it did not look. */
  ofApplication: optional(milliseconds),
}

/** Moments at which a load thread read available data too late. */
export interface Stalls extends Of<typeof STALLS> {}

const THREAD = {
  /** Host of the thread, if there are several. */
  host: optional(text),
  /** Share of the window in which its event loop was busy. */
  eventLoopUtilization: share,
  /** How late it got to what was due. */
  delay: object(DELAY),
  /** Pauses for the garbage collector. */
  gc: object(COLLECTIONS),
  /** Share of the window in which it was ready to run but no core was free for it. Linux only. */
  waited: optional(share),
  /** Longest wait for a core within a second. Linux only. */
  longestWait: optional(milliseconds),
  /** Cores that it may run on and that did nothing in the window, on average. Linux only. */
  spareCores: optional(cores),
  /**
   * Moments at which it got to what was due too late, as latencies know of them; absent where the system does not tell
   * all of it.
   */
  stalls: optional(object(STALLS)),
}

/** How well a load thread could do its work in the measured window. */
export interface ThreadHealth extends Of<typeof THREAD> {}

export const thread = object(THREAD)
