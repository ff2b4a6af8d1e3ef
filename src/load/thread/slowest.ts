import type { Milliseconds } from '../../ground/units.ts'
import type { SlowRequest } from '../../measure/report.ts'

/** Kept of each step. */
const MOST = 3

/** The slowest requests of each step. Those that are not among them cost a comparison. */
export class Slowest {
  readonly #kept: SlowRequest[][]
  /** What a request of the step has to be slower than. */
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
    if (kept.length === MOST) this.#least[step] = kept.at(-1)!.latency
  }

  list(): SlowRequest[] {
    return this.#kept.flat()
  }
}

/** Of several threads or runs: three of each step, the slowest of all first. */
export function mergeSlowest(lists: readonly (readonly SlowRequest[])[]): SlowRequest[] {
  const all = lists.flat()
  const steps = [...new Set(all.map(({ step }) => step))]
  return steps
    .flatMap(step => slowestOf(all.filter(request => request.step === step)))
    .sort((a, b) => b.latency - a.latency)
}

function slowestOf(requests: readonly SlowRequest[]): SlowRequest[] {
  return [...requests].sort((a, b) => b.latency - a.latency).slice(0, MOST)
}
