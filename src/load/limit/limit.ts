import type { Milliseconds, Share } from '../../ground/units.ts'

/** What one window of time brought, over all threads. */
export interface LimitSample {
  /** The signal: mean or a percentile of the service time of the iterations that ended in the window. */
  serviceTime: Milliseconds
  /** Iterations in flight at its end. */
  inFlight: number
  /** The window counts as too slow whatever its service time: too much failed, or nothing came back. */
  failed: boolean
}

/** How many virtual users there may be at once. */
export interface Limit {
  /** A whole number, at least 1. */
  readonly current: number
  /** A window is over. */
  onSample(sample: LimitSample): void
}

export interface LimitOptions {
  /** What the signal is held against. */
  latency: Milliseconds
  /** A signal that is nearer to `latency` than this share of it changes nothing. */
  deadBand: Share
  /** The first limit. */
  from: number
  maxVus: number
}

/** On which side of the dead band a sample lies. */
export function sideOf(
  { serviceTime, failed }: LimitSample,
  { latency, deadBand }: Pick<LimitOptions, 'latency' | 'deadBand'>,
): 'slow' | 'fast' | 'near' {
  if (failed || serviceTime > latency * (1 + deadBand)) return 'slow'
  return serviceTime < latency * (1 - deadBand) ? 'fast' : 'near'
}

/**
 * Keeps the fraction from window to window: from 3, a tenth more and a tenth more again is 3.63, which is 4. Of few
 * users a tenth is hardly one, and many windows would go by for each: where a whole user more, or fewer, cannot be too
 * much, even if the latency grows with their number, it is that.
 */
export abstract class FractionalLimit implements Limit {
  protected readonly options: LimitOptions
  #exact: number

  constructor(options: LimitOptions) {
    this.options = options
    this.#exact = options.from
  }

  get current(): number {
    return Math.round(this.#exact)
  }

  onSample(sample: LimitSample): void {
    const next = this.next(this.#exact, sample)
    const step = Math.sign(next - this.#exact)
    const isLess = Math.abs(next - this.#exact) < 1
    const moved = isLess && step !== 0 && this.#allowsWhole(step, sample) ? this.#exact + step : next
    this.#exact = Math.min(this.options.maxVus, Math.max(1, moved))
  }

  #allowsWhole(step: number, { serviceTime, failed }: LimitSample): boolean {
    if (failed) return true
    const expected = (serviceTime * (this.#exact + step)) / this.#exact
    return step > 0 ? expected < this.options.latency : expected > this.options.latency
  }

  protected abstract next(limit: number, sample: LimitSample): number
}
