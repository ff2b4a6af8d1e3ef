import type { Milliseconds } from '../../ground/units.ts'
import { KEPT } from '../../measure/report/bounds.ts'
import type { SlowRequest } from '../../measure/report.ts'

/** The slowest requests of each step. Those that are not among them cost a comparison. */
export class Slowest {
  readonly #kept: SlowRequest[][]
  /** Threshold for the slowest requests of each step. */
  readonly #least: Float64Array

  constructor(steps: number) {
    this.#kept = Array.from({ length: steps }, () => [])
    this.#least = new Float64Array(steps).fill(-1)
  }

  isSlow(step: number, latency: Milliseconds): boolean {
    return latency > this.#least[step]!
  }

  add(step: number, request: SlowRequest): void {
    const kept = slowestOf([...this.#kept[step]!, request])
    this.#kept[step] = kept
    if (kept.length === KEPT) this.#least[step] = kept.at(-1)!.latency
  }

  list(): SlowRequest[] {
    return this.#kept.flat()
  }
}

function slowestOf(requests: readonly SlowRequest[]): SlowRequest[] {
  return [...requests].sort((a, b) => b.latency - a.latency).slice(0, KEPT)
}
