const ITERATIONS = 0
const ROWS = 1

/**
 * The numbers that one host of several gives to what its threads take: so many next to one another of each round of
 * all threads of the run.
 */
export interface Stripe {
  /** The first, from 0. */
  first: number
  width: number
  /** Numbers in a round. */
  of: number
}

const ALL: Stripe = { first: 0, width: 1, of: 1 }

/** What all threads of a run, or those of one host of it, count together. */
export class SharedCounters {
  static readonly BYTES = 2 * BigInt64Array.BYTES_PER_ELEMENT
  readonly #cells: BigInt64Array

  readonly #stripe: Stripe

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(SharedCounters.BYTES), stripe: Stripe = ALL) {
    this.#cells = new BigInt64Array(shared)
    this.#stripe = stripe
  }

  /** Takes one of so many iterations for all; false when none is left. */
  takeIteration(of: number): boolean {
    return this.iterationsLeft(of) && this.#numberOf(Atomics.add(this.#cells, ITERATIONS, 1n)) < of
  }

  iterationsLeft(of: number): boolean {
    return this.#numberOf(Atomics.load(this.#cells, ITERATIONS)) < of
  }

  /** The number of the next row of inputs, from 0, given to nobody else. */
  takeRow(): number {
    return this.#numberOf(Atomics.add(this.#cells, ROWS, 1n))
  }

  #numberOf(taken: bigint): number {
    const { first, width, of } = this.#stripe
    const place = Number(taken) % width
    return ((Number(taken) - place) / width) * of + first + place
  }
}
