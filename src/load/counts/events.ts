import type { Milliseconds } from '../../ground/units.ts'
import { LatencyRecorder } from '../../measure/histogram.ts'
import type { EventStatistics } from '../../measure/report.ts'

/** The server-sent events of one step, in one thread. */
export class EventRecorder {
  #count = 0
  #streams = 0
  readonly #firsts = new LatencyRecorder()

  /** An event came within the measured window. */
  count(): void {
    this.#count++
  }

  /** @param own what of it the load generator itself may have added. */
  first(latency: Milliseconds, own: Milliseconds): void {
    this.#streams++
    this.#firsts.record(latency, own)
  }

  /** A stream was given up before its first event: it would have taken longer. */
  none(waited: Milliseconds, own: Milliseconds): void {
    this.#firsts.record(waited, own, true)
  }

  summary(): EventStatistics {
    return { count: this.#count, streams: this.#streams, firstEvent: this.#firsts.summary() }
  }
}
