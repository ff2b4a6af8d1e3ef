// Hot file. Allocated per entry: nothing; an entry is its own link in the ring.

import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'

/**
 * Something that may run out of time. It carries its own links, so that adding and removing it allocates
 * nothing.
 */
export abstract class Timed {
  /** Clock reading after which `onExpired` is called. Set by the wheel. */
  deadline: Milliseconds = 0
  nextTimed: Timed | undefined = undefined
  previousTimed: Timed | undefined = undefined
  /** Called once, after the deadline; it is out of the wheel by then and may be added again. */
  abstract onExpired(now: Milliseconds): void
}

/** The fixed end of a slot's ring. */
class Slot extends Timed {
  constructor() {
    super()
    this.nextTimed = this
    this.previousTimed = this
  }
  onExpired() {}
}

const slotCount = 512

/** A timer that is later than this came after the thread, or the machine, had stood still. */
const LATE: Milliseconds = 100
const LONGEST_GRACE: Milliseconds = 1_000

/**
 * A hashed timing wheel (Varghese and Lauck, 1987, scheme 6): one timer for all deadlines. A deadline belongs
 * to the slot of its tick, modulo the wheel's size; each tick looks at one slot and passes over what is due
 * in a later round. Adding and removing are O(1).
 *
 * Never early; late by less than two ticks, and by the delay of the event loop. After the thread or the
 * machine has stood still, nothing expires for as long again, a second at most: responses that came meanwhile are read
 * first. The timer runs only while something is in the wheel, and does not keep the process alive.
 */
export class TimerWheel {
  readonly tick: Milliseconds
  readonly #now: () => Milliseconds
  readonly #slots: Slot[] = Array.from({ length: slotCount }, () => new Slot())
  #size = 0
  /** The last tick whose slot was looked at. */
  #looked = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #turn = () => this.turn()
  readonly #onTick = () => {
    const late = this.#now() - (this.#looked + 1) * this.tick
    if (late < LATE) this.turn()
    else this.#wait(Math.min(late, LONGEST_GRACE), this.#turn)
  }

  constructor(tick: Milliseconds = 20, now: () => Milliseconds = () => performance.now()) {
    this.tick = tick
    this.#now = now
  }

  get size(): number {
    return this.#size
  }

  /** Sets `entry`, which must not be in a wheel, to expire at the clock reading `deadline`. */
  add(entry: Timed, deadline: Milliseconds): void {
    if (this.#timer === undefined) this.#start()
    // Rounded up: at that tick the deadline has passed. A deadline in the past belongs to the next tick.
    const due = Math.max(Math.ceil(deadline / this.tick), this.#looked + 1)
    const slot = this.#slots[due % slotCount] as Slot
    const last = slot.previousTimed as Timed
    entry.deadline = deadline
    entry.nextTimed = slot
    entry.previousTimed = last
    last.nextTimed = entry
    slot.previousTimed = entry
    this.#size++
  }

  /** Takes `entry` out; nothing happens when it is not in. */
  remove(entry: Timed): void {
    const next = entry.nextTimed
    if (next === undefined) return
    const previous = entry.previousTimed as Timed
    previous.nextTimed = next
    next.previousTimed = previous
    entry.nextTimed = undefined
    entry.previousTimed = undefined
    this.#size--
  }

  /** Expires all due entries. Called by the wheel's own timer. */
  turn(): void {
    const now = this.#now()
    const until = Math.floor(now / this.tick)
    // After a long pause once around sees every slot.
    let tick = Math.max(this.#looked, until - slotCount)
    this.#looked = Math.max(this.#looked, until)
    while (++tick <= until) this.#expire(this.#slots[tick % slotCount] as Slot, now)
    if (this.#size > 0) this.#wait(this.tick, this.#onTick)
    else this.#timer = undefined
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #start(): void {
    this.#looked = Math.floor(this.#now() / this.tick)
    this.#wait(this.tick, this.#onTick)
  }

  #wait(time: Milliseconds, then: () => void): void {
    this.#timer = setTimeout(then, time).unref()
  }

  #expire(slot: Slot, now: Milliseconds): void {
    // Gathered first: an expiry may add to this slot or remove from it.
    let due: Timed[] | undefined
    for (let entry = slot.nextTimed as Timed; entry !== slot; entry = entry.nextTimed as Timed) {
      if (entry.deadline > now) continue
      due ??= []
      due.push(entry)
    }
    if (due === undefined) return
    for (const entry of due) {
      // An expiry before this one may have removed it.
      if (entry.nextTimed === undefined || entry.deadline > now) continue
      this.remove(entry)
      entry.onExpired(now)
    }
  }
}
