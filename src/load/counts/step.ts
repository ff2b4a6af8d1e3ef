import type { Bytes, Milliseconds } from '../../ground/units.ts'
import { LatencyRecorder } from '../../measure/histogram.ts'
import type { BodyStatistics, ContractStatistics, EventStatistics, StepStatistics } from '../../measure/report.ts'
import type { Contract } from '../../workflow/virtual-user.ts'

/** Figures of one step in one thread. */
export class StepCounts {
  requests = 0
  errors = 0
  retried = 0
  readonly serviceTime = new LatencyRecorder()
  readonly #bodies: BodyStatistics = { responses: 0, bytes: 0, least: Number.POSITIVE_INFINITY, most: 0 }
  readonly #contract: ContractStatistics = { responses: 0, checked: 0, broken: 0 }
  #events: EventRecorder | undefined

  get events(): EventRecorder {
    this.#events ??= new EventRecorder()
    return this.#events
  }

  /** Counts a response that has a description. */
  addContract(contract: Contract): void {
    this.#contract.responses++
    if (contract !== 'unchecked') this.#contract.checked++
    if (contract === 'broken') this.#contract.broken++
  }

  /** Counts a response whose body has so many bytes. */
  addBody(size: Bytes): void {
    const bodies = this.#bodies
    bodies.responses++
    bodies.bytes += size
    if (size < bodies.least) bodies.least = size
    if (size > bodies.most) bodies.most = size
  }

  statistics(): StepStatistics {
    return {
      ...{ requests: this.requests, errors: this.errors, ...(this.retried > 0 && { retried: this.retried }) },
      serviceTime: this.serviceTime.summary(),
      ...(this.#events && { events: this.#events.summary() }),
      ...(this.#contract.responses > 0 && { contract: this.#contract }),
      ...(this.#bodies.responses > 0 && { bodies: this.#bodies }),
    }
  }
}

/** The server-sent events of one step, in one thread. */
class EventRecorder {
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
