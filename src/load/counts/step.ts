import type { Bytes } from '../../ground/units.ts'
import { LatencyRecorder } from '../../measure/histogram.ts'
import type { BodyStatistics, ContractStatistics, StepStatistics } from '../../measure/report.ts'
import type { Contract } from '../../workflow/virtual-user.ts'
import { EventRecorder } from './events.ts'

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
