import type { LimitName } from '../plan/limit.ts'
import { FractionalLimit, type Limit, type LimitOptions, type LimitSample, sideOf } from './limit.ts'

/** Slower than the threshold: a tenth fewer users. Faster: a tenth more. */
class StepLimit extends FractionalLimit {
  protected override next(limit: number, sample: LimitSample): number {
    const side = sideOf(sample, this.options)
    return side === 'slow' ? limit * 0.9 : side === 'fast' ? limit * 1.1 : limit
  }
}

/**
 * Additive increase, multiplicative decrease: slower than the threshold, a tenth fewer users; faster, one more, as long
 * as at least half of the limit is in use. (Chiu and Jain, Analysis of the Increase and Decrease Algorithms for
 * Congestion Avoidance, 1989; the figures are those of AIMDLimit in Netflix's concurrency-limits.)
 */
class AimdLimit extends FractionalLimit {
  protected override next(limit: number, sample: LimitSample): number {
    const side = sideOf(sample, this.options)
    if (side === 'slow') return limit * 0.9
    return side === 'fast' && sample.inFlight * 2 >= limit ? limit + 1 : limit
  }
}

/** Weight of the newest window. */
const SMOOTHING = 0.2

/**
 * Follows the ratio of what is tolerated to what is measured, a fifth of the way each window:
 * limit x (1 - 0.2 + 0.2 x gradient), gradient = latency / signal, between 0.5 and 2.
 *
 * That is GradientLimit of Netflix's concurrency-limits (after TCP Vegas: Brakmo, O'Malley and Peterson, 1994) with its
 * smoothing and its lower bound. There the tolerated latency is a guess, a multiple of the latency without load, so the
 * gradient stops at 1 and a fixed queue is added to probe upwards. Here it is given, and the gradient is followed
 * upwards as well: where latency grows with the number of users, the limit comes exactly to where both are equal,
 * without a queue on top.
 */
class GradientLimit extends FractionalLimit {
  protected override next(limit: number, sample: LimitSample): number {
    const side = sideOf(sample, this.options)
    if (side === 'near' || (side === 'fast' && sample.inFlight * 2 < limit)) return limit
    const ratio = sample.failed ? 0.5 : this.options.latency / sample.serviceTime
    const gradient = Math.min(2, Math.max(0.5, ratio))
    return limit * (1 - SMOOTHING + SMOOTHING * gradient)
  }
}

const LIMITS = { step: StepLimit, aimd: AimdLimit, gradient: GradientLimit } satisfies Record<LimitName, unknown>

export function createLimit(name: LimitName, options: LimitOptions): Limit {
  return new LIMITS[name](options)
}
