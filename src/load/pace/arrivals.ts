import type { Milliseconds } from '../../ground/units.ts'
import type { Curve, OpenPlan, PlanTimes } from '../plan/load-plan.ts'

/** One thread of several. */
export interface ThreadShare {
  /** Number of the thread, from 0. */
  index: number
  count: number
}

/** The arrivals of one thread, one after another. */
export interface Arrivals {
  /** Due time of the next arrival, from the start; undefined after the last one. */
  readonly next: Milliseconds | undefined
  /** Its number among those of all threads, from 0. */
  readonly number: number
  /** Takes the next one. */
  take(): void
  /** An iteration ended after so many requests. */
  learn(requests: number): void
  /** The curve is another from a moment on before which all have been taken. */
  follow(curve: Curve): void
}

/** Weight of the newest iteration in the mean of requests an iteration. */
const NEWEST = 1 / 64

/**
 * Arrivals along a curve, evenly spaced: thread i of N takes arrivals i, i + N, i + 2N, … of all, so that these are the
 * same however many threads there are.
 *
 * A curve of iterations counts arrivals. A curve of requests counts requests, although an iteration makes an unknown
 * number of them: an arrival is due when the curve has come to the requests counted so far, and each arrival adds the
 * mean requests of an iteration as observed (the first guess is the plan's). The mean is exponentially weighted, and
 * such a filter is exact in the long run: if the number of requests changes, the counted requests stay within 64 times
 * that change of the sent requests, so the rate holds over any long stretch.
 */
export class CurveArrivals implements Arrivals {
  next: Milliseconds | undefined
  number: number
  #pacer: ReturnType<typeof rampsPacer>
  readonly #threads: number
  readonly #countsRequests: boolean
  #counted = 0
  /** Mean number of requests of an iteration, as observed. */
  requestsPerRun: number

  /** @param requestsPerRun absent for a curve of iterations. */
  constructor(pacer: ReturnType<typeof rampsPacer>, share: ThreadShare, requestsPerRun?: number) {
    this.#pacer = pacer
    this.#threads = share.count
    this.#countsRequests = requestsPerRun !== undefined
    this.requestsPerRun = Math.max(1, requestsPerRun ?? 1)
    this.number = share.index
    this.#pass(share.index)
  }

  take(): void {
    this.number += this.#threads
    this.#pass(this.#threads)
  }

  learn(requests: number): void {
    // An iteration that made none would let the rate of iterations grow without bound.
    if (this.#countsRequests) this.requestsPerRun += (Math.max(1, requests) - this.requestsPerRun) * NEWEST
  }

  follow(curve: Curve): void {
    this.#pacer = rampsPacer(curve)
    this.next = this.#pacer.dueAt(this.#counted)
  }

  #pass(arrivals: number): void {
    this.#counted += this.requestsPerRun * arrivals
    this.next = this.#pacer.dueAt(this.#counted)
  }
}

export function arrivalsOf(plan: PlanTimes & OpenPlan, share: ThreadShare, requestsPerRun: number): Arrivals {
  return new CurveArrivals(rampsPacer(plan.curve), share, plan.kind === 'rps' ? requestsPerRun : undefined)
}

/** Events per millisecond add up in floating point: what is this near to the end of a stretch is its end. */
const EPSILON = 1e-9

/**
 * A pacer made of straight stretches of rates a second. A value: asking changes nothing.
 *
 * Within one, with rates r0 and r1 a millisecond and length L, the slope is s = (r1 - r0) / L and
 * A(t) = r0 t + s t^2 / 2 events have come by t. Solved for t in the form that does not cancel when s is small:
 * t = 2x / (r0 + sqrt(r0^2 + 2 s x)).
 */
export function rampsPacer(ramps: Curve) {
  const stretches: { r0: number; slope: number; start: Milliseconds; before: number; after: number }[] = []
  let start = 0
  let before = 0
  for (const { from, to, length } of ramps) {
    if (length <= 0) continue
    const r0 = from / 1000
    const after = before + ((from + to) / 2000) * length
    stretches.push({ r0, slope: (to / 1000 - r0) / length, start, before, after })
    start += length
    before = after
  }
  return {
    /**
     * When event `x` (from 0; fractions allowed) is due, from the start; undefined once the plan is over.
     * The inverse of the cumulative curve, so asking for the millionth costs what the first one does.
     */
    dueAt(x: number): Milliseconds | undefined {
      for (const { r0, slope, start, before, after } of stretches) {
        if (x >= after - EPSILON * Math.max(1, after)) continue
        const events = Math.max(0, x - before)
        const divisor = r0 + Math.sqrt(Math.max(0, r0 * r0 + 2 * slope * events))
        return divisor === 0 ? start : start + (2 * events) / divisor
      }
      return undefined
    },
  }
}
