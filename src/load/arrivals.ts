import type { Milliseconds } from '../units.ts'
import type { OpenPlan, PlanTimes } from './load-plan.ts'
import type { Pacer } from './pacer.ts'
import { pacerOf } from './pacer.ts'

/** One thread of several. */
export interface ThreadShare {
  /** From 0. */
  index: number
  count: number
}

/** The arrivals of one thread, one after another. */
export interface Arrivals {
  /** When the next one is due, from the start; undefined when there is none any more. */
  readonly next: Milliseconds | undefined
  /** Takes the next one. */
  take(): void
  /** An iteration ended after so many requests. */
  learn(requests: number): void
}

/** Iterations at a rate: thread i of N takes arrivals i, i + N, i + 2N, … of the one curve. */
export class IterationArrivals implements Arrivals {
  next: Milliseconds | undefined
  readonly #pacer: Pacer
  readonly #step: number
  #n: number

  constructor(pacer: Pacer, share: ThreadShare) {
    this.#pacer = pacer
    this.#step = share.count
    this.#n = share.index
    this.next = pacer.dueAt(this.#n)
  }

  take(): void {
    this.#n += this.#step
    this.next = this.#pacer.dueAt(this.#n)
  }

  learn(): void {}
}

/** Weight of the newest iteration in the mean of requests an iteration. */
const NEWEST = 1 / 64

/**
 * Requests at a rate, although an iteration makes several and nobody knows beforehand how many.
 *
 * The pacer counts requests: an arrival is due when the curve has come to the requests counted so far, and each arrival
 * adds the mean requests of an iteration as observed (the first guess is the plan's). The mean is exponentially
 * weighted, and such a filter gives back in the long run exactly what was put in: however the number of requests changes,
 * what has been counted stays within 64 times the change of what has been made, so the rate holds over any long stretch.
 *
 * A thread of N counts 1/N of the curve, and begins `index` iterations further along it, so that threads take turns.
 */
export class RequestArrivals implements Arrivals {
  next: Milliseconds | undefined
  readonly #pacer: Pacer
  readonly #threads: number
  readonly #phase: number
  #counted = 0
  #mean: number

  constructor(pacer: Pacer, share: ThreadShare, requestsPerRun: number) {
    this.#pacer = pacer
    this.#threads = share.count
    this.#mean = Math.max(1, requestsPerRun)
    this.#phase = share.index * this.#mean
    this.next = pacer.dueAt(this.#phase)
  }

  take(): void {
    this.#counted += this.#mean
    this.next = this.#pacer.dueAt(this.#phase + this.#threads * this.#counted)
  }

  learn(requests: number): void {
    // An iteration that made none would let the rate of iterations grow without bound.
    this.#mean += (Math.max(1, requests) - this.#mean) * NEWEST
  }
}

export function arrivalsOf(plan: PlanTimes & OpenPlan, share: ThreadShare, requestsPerRun: number): Arrivals {
  const pacer = pacerOf(plan)
  return plan.kind === 'rps'
    ? new RequestArrivals(pacer, share, requestsPerRun)
    : new IterationArrivals(pacer, share)
}
