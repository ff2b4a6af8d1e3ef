// Hot file. Allocated per iteration: nothing; per turn of the event loop the list of users that are ready.

import { Random } from '../../ground/random.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { drawPause, hold, type LoadPlan, lengthOf, spansAbove } from '../plan/load-plan.ts'
import type { MeasuredWindow, Model, ModelHost, Slot } from './model.ts'

/** A plan of virtual users that loop. */
type LoopedPlan = Extract<LoadPlan, { kind: 'vus' | 'iterations' }>

interface UserSlot {
  /** Among the users of all threads, from 0. */
  index: number
  slot: Slot | undefined
  /** Time until when it may begin iterations. */
  to: Milliseconds
  /** Iterations it may still begin within the measured window. */
  left: number
  begun: number
  /** Its pacing lets it begin no earlier. */
  notBefore: Milliseconds
  /** Runs an iteration, or waits to begin one. */
  isBusy: boolean
}

/** A user joins, and stays for so long. */
interface Join {
  from: Milliseconds
  to: Milliseconds
  looper: UserSlot
}

/** Moments at which users join, in the order of time. */
function joinsOf(plan: LoopedPlan, loopers: readonly UserSlot[]): Join[] {
  const curve = plan.kind === 'iterations' ? [hold(plan.vus, lengthOf(plan))] : plan.curve
  return loopers
    .flatMap(looper => spansAbove(curve, looper.index).map(span => ({ ...span, looper })))
    .sort((a, b) => a.from - b.from)
}

/**
 * Virtual users that loop. User i is active while the curve is above i: they join one after another during a rise, and
 * leave in the opposite order during a fall, each after its current iteration. With a number of iterations, all are
 * active from the start, until they have run theirs or (shared) no iterations are left.
 */
export class ClosedModel implements Model {
  readonly #host: ModelHost
  readonly #plan: LoopedPlan
  readonly #window: MeasuredWindow
  /** When users join, in that order, and until when they stay; `#joined` of them have. */
  #joins: Join[] = []
  #joined = 0
  readonly #loopers: UserSlot[] = []
  #retired = 0
  /** Iterations that users share, as far as they have not begun. */
  #left: number
  /** Loopers in the order in which their slots were made, which is that of the slots' numbers. */
  readonly #withSlot: UserSlot[] = []
  #ready: UserSlot[] = []
  readonly #paced = new TimeQueue<UserSlot>()
  readonly #random: Random
  #closed = false

  constructor(host: ModelHost, plan: LoopedPlan) {
    this.#host = host
    this.#plan = plan
    this.#random = new Random(plan.seed, 'pacing')
    this.#window = host.recorder.window
    const isCounted = plan.kind === 'iterations'
    this.#left = isCounted && plan.shared ? plan.iterations : Number.POSITIVE_INFINITY
    const { index, count } = host.share
    for (let i = index; i < plan.vus; i += count) {
      const left = isCounted && !plan.shared ? plan.iterations : Number.POSITIVE_INFINITY
      this.#loopers.push({ index: i, slot: undefined, to: 0, left, begun: 0, notBefore: 0, isBusy: false })
    }
    this.#joins = joinsOf(plan, this.#loopers)
  }

  /** A plan in time lasts as long as it says. */
  get exhausted(): boolean {
    return this.#plan.kind === 'iterations' && this.#retired === this.#loopers.length
  }

  work(now: Milliseconds): Milliseconds | undefined {
    const ready = this.#ready
    this.#ready = []
    for (const looper of ready) this.#loop(looper, now)
    let next = this.#joins[this.#joined]
    while (next !== undefined && next.from <= now) {
      next.looper.to = next.to
      if (!next.looper.isBusy) this.#loop(next.looper, now)
      next = this.#joins[++this.#joined]
    }
    const by = this.#isPoolEmpty() ? Number.POSITIVE_INFINITY : now
    for (let looper = this.#paced.take(by); looper !== undefined; looper = this.#paced.take(by)) {
      this.#loop(looper, now)
    }
    const first = Math.min(next?.from ?? Infinity, this.#paced.next ?? Infinity)
    return first === Infinity ? undefined : first
  }

  freed(slot: Slot): boolean {
    const { index, count } = this.#host.share
    const looper = this.#withSlot[(slot.number - index) / count]!
    if (this.#window.hasBegun(slot.started)) looper.left--
    if (!this.#closed) this.#ready.push(looper)
    return true
  }

  /** Users that have joined did so before the plan changed, in the same order. */
  replan(plan: LoadPlan): void {
    if (plan.kind !== 'vus' && plan.kind !== 'iterations') return
    this.#joins = joinsOf(plan, this.#loopers)
    for (const { looper, to } of this.#joins.slice(0, this.#joined)) looper.to = to
  }

  close(): void {
    this.#closed = true
    this.#ready = []
  }

  #loop(looper: UserSlot, now: Milliseconds): void {
    looper.isBusy = true
    const isOver = now >= looper.to || looper.left === 0 || this.#isPoolEmpty()
    if (!isOver && looper.notBefore > now) return this.#paced.push(looper.notBefore, looper)
    const slot = isOver ? undefined : this.#slotOf(looper)
    const claim = slot && this.#host.claim(slot)
    if (claim === 'waiting') this.#ready.push(looper)
    else if (slot && claim === 'ready' && this.#take(now)) this.#begin(looper, slot, now)
    else {
      looper.isBusy = false
      this.#retired++
    }
  }

  #slotOf(looper: UserSlot): Slot {
    if (looper.slot === undefined) {
      looper.slot = this.#host.newSlot()
      this.#withSlot.push(looper)
    }
    return looper.slot
  }

  #begin(looper: UserSlot, slot: Slot, now: Milliseconds): void {
    const number = looper.index + looper.begun++ * this.#plan.vus
    const { pacing, seed } = this.#plan
    if (pacing) {
      this.#random.seed(seed, 'pacing', number)
      looper.notBefore = now + drawPause(pacing, this.#random)
    }
    this.#host.begin(slot, number)
    // Between the look at the clock and the beginning the window may have begun.
    if (!this.#window.hasBegun(now)) this.#take(slot.started)
  }

  /** Takes one of the iterations that users share; those before the measured window are free. */
  #take(at: Milliseconds): boolean {
    return this.#left === Number.POSITIVE_INFINITY || !this.#window.hasBegun(at) || this.#left-- > 0
  }

  #isPoolEmpty(): boolean {
    return this.#left <= 0
  }
}

interface Entry<T> {
  at: Milliseconds
  item: T
}

/** Entries by due time, earliest first: a binary heap. */
export class TimeQueue<T> {
  readonly #entries: Entry<T>[] = []

  /** When the earliest is due. */
  get next(): Milliseconds | undefined {
    return this.#entries[0]?.at
  }

  push(at: Milliseconds, item: T): void {
    const entries = this.#entries
    const entry = { at, item }
    let i = entries.push(entry) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (entries[parent]!.at <= at) break
      entries[i] = entries[parent]!
      i = parent
    }
    entries[i] = entry
  }

  /** The earliest, if it is due by then. */
  take(by: Milliseconds): T | undefined {
    const [first] = this.#entries
    if (first === undefined || first.at > by) return undefined
    const last = this.#entries.pop()!
    if (this.#entries.length > 0) this.#sink(last)
    return first.item
  }

  #sink(entry: Entry<T>): void {
    const entries = this.#entries
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= entries.length) break
      if (child + 1 < entries.length && entries[child + 1]!.at < entries[child]!.at) child++
      if (entries[child]!.at >= entry.at) break
      entries[i] = entries[child]!
      i = child
    }
    entries[i] = entry
  }
}
