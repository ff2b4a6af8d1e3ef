import type { Milliseconds } from '../units.ts'
import type { Model, Slot, Stage } from './executor.ts'
import type { ClosedPlan, CountedPlan, PlanTimes } from './load-plan.ts'
import { lengthOf, windowOf } from './load-plan.ts'

interface Looper {
  slot: Slot | undefined
  from: Milliseconds
  to: Milliseconds
  /** Iterations it may still begin within the measured window. */
  left: number
}

/**
 * Virtual users that loop. Over the ramp-up they join one after another, over the ramp-down they leave in the opposite
 * order: user i of n joins at i/n of the ramp-up, and leaves when (n - i)/n of the ramp-down are over.
 */
export class ClosedModel implements Model {
  readonly #stage: Stage
  readonly #measuredFrom: Milliseconds
  /** In the order in which they join; `#joined` of them have. */
  readonly #loopers: Looper[]
  #joined = 0
  #retired = 0
  readonly #bySlot = new Map<Slot, Looper>()
  #ready: Looper[] = []
  #closed = false

  constructor(stage: Stage, plan: (ClosedPlan | CountedPlan) & PlanTimes) {
    this.#stage = stage
    this.#measuredFrom = windowOf(stage.plan).from
    this.#loopers = []
    const { index, count } = stage.share
    const end = lengthOf(stage.plan)
    for (let i = index; i < plan.vus; i += count) {
      this.#loopers.push({
        slot: undefined,
        from: (plan.rampUp * i) / plan.vus,
        to: end - (plan.rampDown * i) / plan.vus,
        left: plan.kind === 'iterations' ? plan.iterations : Number.POSITIVE_INFINITY,
      })
    }
  }

  get exhausted(): boolean {
    return this.#retired === this.#loopers.length
  }

  work(now: Milliseconds): Milliseconds | undefined {
    const ready = this.#ready
    this.#ready = []
    for (const looper of ready) this.#loop(looper, now)
    let next = this.#loopers[this.#joined]
    while (next !== undefined && next.from <= now) {
      this.#loop(next, now)
      next = this.#loopers[++this.#joined]
    }
    return next?.from
  }

  freed(slot: Slot): void {
    const looper = this.#bySlot.get(slot)!
    if (slot.started >= this.#measuredFrom) looper.left--
    if (!this.#closed) this.#ready.push(looper)
  }

  close(): void {
    this.#closed = true
    this.#ready = []
  }

  #loop(looper: Looper, now: Milliseconds): void {
    if (now >= looper.to || looper.left === 0) {
      this.#retired++
      return
    }
    if (looper.slot === undefined) {
      looper.slot = this.#stage.newSlot()
      this.#bySlot.set(looper.slot, looper)
    }
    this.#stage.begin(looper.slot, undefined, false)
  }
}
