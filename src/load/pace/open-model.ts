// Hot file. Allocated per arrival: nothing; idle users lie in a list, waiting arrivals in lists of numbers.

import type { Milliseconds } from '../../ground/units.ts'
import { type LoadPlan, type OpenPlan, type PlanTimes, phasesOf, usersOfThread } from '../plan/load-plan.ts'
import { type Arrivals, arrivalsOf } from './arrivals.ts'
import type { Model, ModelHost, Slot } from './model.ts'

/** Resolution of a timer, by which a thread is woken up: it counts in whole milliseconds. */
const RESOLUTION: Milliseconds = 1

/**
 * Arrivals begin when they are due, independent of earlier ones. Each takes an idle virtual user. Without an idle user,
 * a new one is created, up to the limit. At the limit the arrival waits, and its response time counts from its due
 * time. Arrivals that still wait at the end of their phase are dropped, so that a stall in the warm-up does not flood
 * the measured window.
 */
export class OpenModel implements Model {
  readonly #host: ModelHost
  readonly #arrivals: Arrivals
  #endOfPhase: (due: Milliseconds) => Milliseconds
  #mostUsers: number
  #isStarved = false
  #isOver = false
  readonly #idle: Slot[] = []
  #users = 0
  /** When those were due that found no user free. */
  readonly #waiting = new Fifo()
  readonly #numbers = new Fifo()

  /** @param endOfPhase until when an arrival that is due then may wait. */
  constructor(host: ModelHost, arrivals: Arrivals, endOfPhase: (due: Milliseconds) => Milliseconds) {
    this.#host = host
    this.#arrivals = arrivals
    this.#endOfPhase = endOfPhase
    this.#mostUsers = usersOfThread(host.plan, host.share)
  }

  static of(host: ModelHost, plan: OpenPlan & PlanTimes, requestsPerRun: number): OpenModel {
    return new OpenModel(host, arrivalsOf(plan, host.share, requestsPerRun), endOfPhaseOf(host.plan))
  }

  get exhausted(): boolean {
    return false // a plan lasts as long as it says, even when its last arrival is over
  }

  work(now: Milliseconds): Milliseconds | undefined {
    this.#serveWaiting(now)
    const arrivals = this.#arrivals
    for (let due = arrivals.next; due !== undefined && due <= now; due = arrivals.next) {
      const slot = this.#waiting.size === 0 ? this.#fedSlot(arrivals.number) : undefined
      if (this.#isOver) return undefined
      const { number } = arrivals
      arrivals.take()
      // The clock that wakes a thread has a resolution: within it, an arrival is due when the thread is there for it.
      const planned = Math.min(now, due + RESOLUTION)
      this.#host.recorder.due(planned)
      if (slot === undefined) this.#wait(planned, number)
      else this.#host.begin(slot, number, planned, due)
    }
    this.#dropExpired(now)
    return arrivals.next
  }

  freed(slot: Slot, now: Milliseconds): boolean {
    this.#idle.push(slot)
    if (slot.user.state !== 'aborted') this.#arrivals.learn(slot.user.requests)
    // The timer that wakes the thread for an arrival may ring up to its resolution after it is due.
    const { next } = this.#arrivals
    return this.#waiting.size > 0 || (next !== undefined && next <= now)
  }

  replan(plan: LoadPlan): void {
    if (plan.model !== 'open' || plan.kind === 'capacity') return
    this.#endOfPhase = endOfPhaseOf(plan)
    this.#arrivals.follow(plan.curve)
  }

  rest(): void {
    while (this.#waiting.size > 0) this.#drop()
  }

  close(): void {
    this.rest()
  }

  #wait(due: Milliseconds, number: number): void {
    this.#waiting.push(due)
    this.#numbers.push(number)
  }

  #drop(): void {
    this.#numbers.shift()
    this.#host.recorder.dropped(this.#waiting.shift()!)
  }

  #serveWaiting(now: Milliseconds): void {
    this.#dropExpired(now)
    while (this.#waiting.size > 0) {
      // Waiting for inputs is a delay of the generator.
      const isLate = this.#isStarved
      const slot = this.#fedSlot(this.#numbers.first!)
      if (slot === undefined) return
      const due = this.#waiting.shift()!
      this.#host.begin(slot, this.#numbers.shift()!, due, isLate ? due : undefined)
    }
    this.#isStarved = false
  }

  #dropExpired(now: Milliseconds): void {
    while (this.#waiting.size > 0 && this.#endOfPhase(this.#waiting.first!) <= now) this.#drop()
  }

  /** A free user for whom there are inputs. */
  #fedSlot(number: number): Slot | undefined {
    const slot = this.#freeSlot()
    if (slot === undefined) return undefined
    const claim = this.#host.claim(slot, number)
    if (claim === 'ready') return slot
    if (claim === 'waiting') this.#isStarved = true
    else if (this.#host.isFedByUser)
      this.#mostUsers = --this.#users // there are no rows for more users
    else this.#isOver = true
    if (claim === 'waiting' || this.#isOver) this.#idle.push(slot)
    return undefined
  }

  /** The user freed last is the one whose data is still in the caches. */
  #freeSlot(): Slot | undefined {
    const slot = this.#idle.pop()
    if (slot !== undefined || this.#users >= this.#mostUsers) return slot
    this.#users++
    return this.#host.newSlot()
  }
}

function endOfPhaseOf(plan: LoadPlan): (due: Milliseconds) => Milliseconds {
  const phases = phasesOf(plan)
  return due => phases.find(({ to }) => due < to)?.to ?? 0
}

/** A queue of numbers. Taking from it costs the same however long it is. */
class Fifo {
  #values: number[] = []
  #head = 0

  get size(): number {
    return this.#values.length - this.#head
  }

  get first(): number | undefined {
    return this.#values[this.#head]
  }

  push(value: number): void {
    this.#values.push(value)
  }

  shift(): number | undefined {
    if (this.size === 0) return undefined
    const value = this.#values[this.#head++]
    if (this.#head > 1024 && this.#head * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#head)
      this.#head = 0
    }
    return value
  }
}
