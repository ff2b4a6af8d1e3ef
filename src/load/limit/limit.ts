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

/** Keeps the fraction from window to window: from 3, a tenth more and a tenth more again is 3.63, which is 4. */
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
    this.#exact = Math.min(this.options.maxVus, Math.max(1, this.next(this.#exact, sample)))
  }

  protected abstract next(limit: number, sample: LimitSample): number
}
