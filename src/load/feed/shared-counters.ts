const ITERATIONS = 0
const ROWS = 1

/** What all threads of a run count together. */
export class SharedCounters {
  static readonly BYTES = 2 * BigInt64Array.BYTES_PER_ELEMENT
  readonly #cells: BigInt64Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(SharedCounters.BYTES)) {
    this.#cells = new BigInt64Array(shared)
  }

  /** Takes one of so many iterations for all; false when none is left. */
  takeIteration(of: number): boolean {
    return this.iterationsLeft(of) && Atomics.add(this.#cells, ITERATIONS, 1n) < of
  }

  iterationsLeft(of: number): boolean {
    return Atomics.load(this.#cells, ITERATIONS) < of
  }

  /** The number of the next row of inputs, from 0, given to nobody else. */
  takeRow(): number {
    return Number(Atomics.add(this.#cells, ROWS, 1n))
  }
}
