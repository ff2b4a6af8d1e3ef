import type { Milliseconds } from '../../ground/units.ts'
import type { Model, ModelHost, Slot } from '../pace/model.ts'
import { type LoadPlan, lengthOf } from '../plan/load-plan.ts'
import type { SharedLimit } from './shared-limit.ts'

/** How often a thread looks whether the limit has been raised. A lower one it sees when an iteration ends. */
const LOOK: Milliseconds = 20

/**
 * Virtual users that loop, as many as the shared limit gives this thread. Those above a lowered limit finish the
 * iteration they are in and then rest; when it is raised again, the one that rested last comes back first.
 */
export class AdaptiveModel implements Model {
  readonly #host: ModelHost
  readonly #limit: SharedLimit
  #end: Milliseconds
  readonly #resting: Slot[] = []
  #busy = 0
  #begun = 0
  #closed = false

  constructor(host: ModelHost, limit: SharedLimit) {
    this.#host = host
    this.#limit = limit
    this.#end = lengthOf(host.plan)
  }

  get exhausted(): boolean {
    return false
  }

  work(now: Milliseconds): Milliseconds | undefined {
    if (this.#closed || now >= this.#end) return undefined
    const allowed = this.#limit.usersOf(this.#host.share)
    while (this.#busy < allowed) {
      const slot = this.#resting.pop() ?? this.#host.newSlot()
      if (this.#host.claim(slot) === 'ready') this.#begin(slot)
      else {
        this.#resting.push(slot)
        break
      }
    }
    return now + LOOK
  }

  freed(slot: Slot, now: Milliseconds): boolean {
    this.#busy--
    this.#resting.push(slot)
    const failed = slot.user.state !== 'passed'
    this.#limit.ended(this.#host.share.index, now - slot.started - slot.user.thought, failed)
    return true
  }

  replan(plan: LoadPlan): void {
    this.#end = lengthOf(plan)
  }

  close(): void {
    this.#closed = true
  }

  #begin(slot: Slot): void {
    this.#busy++
    this.#limit.began(this.#host.share.index)
    const { index, count } = this.#host.share
    this.#host.begin(slot, index + this.#begun++ * count)
  }
}
