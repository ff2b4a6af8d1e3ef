import type { Milliseconds } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'
import type { AttemptTimes } from '../../workflow/virtual-user.ts'

type IterationTrace = NonNullable<LoadReport['iterations']>['typical']

/** Iterations from which a typical one is chosen; when there are so many, every other one is left out. */
const MOST = 64

/** Chooses a typical and the slowest of the measured iterations. Allocates for few of them. */
export class IterationSampler {
  readonly #keys: readonly string[]
  readonly #thread: number
  #slowest: IterationTrace | undefined
  #sample: IterationTrace[] = []
  #every = 1
  #seen = 0

  /** @param thread its number, from 1. */
  constructor(keys: readonly string[], thread: number) {
    this.#keys = keys
    this.#thread = thread
  }

  /**
   * @param from clock reading at its start.
   * @param at its start, from the start of the run.
   */
  add(at: Milliseconds, from: Milliseconds, latency: Milliseconds, attempts: AttemptTimes): void {
    const isSlowest = latency > (this.#slowest?.latency ?? -1)
    const isSampled = this.#seen++ % this.#every === 0
    if (!isSlowest && !isSampled) return
    const trace = this.#traceOf(at, from, latency, attempts)
    if (isSlowest) this.#slowest = trace
    if (!isSampled) return
    this.#sample.push(trace)
    if (this.#sample.length < MOST) return
    this.#sample = this.#sample.filter((_, i) => i % 2 === 0)
    this.#every *= 2
  }

  /** @param median service time of all. */
  chosen(median: Milliseconds): LoadReport['iterations'] {
    const distance = ({ latency }: IterationTrace) => Math.abs(latency - median)
    const [typical] = [...this.#sample].sort((a, b) => distance(a) - distance(b))
    return typical && { typical, slowest: this.#slowest! }
  }

  #traceOf(
    at: Milliseconds,
    from: Milliseconds,
    latency: Milliseconds,
    { count, values }: AttemptTimes,
  ): IterationTrace {
    const attempts = Array.from({ length: count }, (_, i) => {
      const [step, sent, ended, status] = values.slice(4 * i, 4 * i + 4) as [number, number, number, number]
      const [start, length] = [Math.max(0, sent - from), ended - sent]
      return { step: this.#keys[step]!, start, length, ...(status > 0 && { status }) }
    })
    return { at, latency, thread: this.#thread, attempts }
  }
}
