import type { Milliseconds, PerSecond } from '../../ground/units.ts'
import { MOST_PROBES } from '../plan/capacity.ts'

/** Warm-up, then for each probe: settling, holding, the wait for the last responses, a rest. */
const MOST_STRETCHES = 4 * (MOST_PROBES + 1)
const [START, RATE, PROBE, FIELDS] = [0, 1, 2, 3] as const
const [COUNT, OVER] = [0, 1] as const
const HEADER = 8

/** Arrivals at one rate from a moment on, until the next stretch begins. */
export interface Stretch {
  /** Time from the start of the run. */
  start: Milliseconds
  /** Requests a second of all threads; 0 for a rest. */
  rate: PerSecond
  /** The probe that its arrivals count for. */
  probe?: number
}

/**
 * What all threads of a search pace by. Whoever steers it adds stretches that begin a little in the future, so that
 * every thread has seen them by then; what was added never changes. So threads need no word from one another, and which
 * probe an arrival belongs to follows from when it was due.
 */
export class SharedSchedule {
  static readonly BYTES = HEADER + 8 * (1 + FIELDS * MOST_STRETCHES)
  /** What whoever steers writes, in bytes: how many stretches there are comes after what these are. */
  static readonly PLACES = [
    { from: HEADER, to: SharedSchedule.BYTES },
    { from: 0, to: HEADER },
  ] as const
  readonly buffer: SharedArrayBuffer
  readonly #header: Int32Array
  readonly #window: Float64Array
  readonly #stretches: Float64Array

  /** @param buffer another thread's; by default a new one. */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(SharedSchedule.BYTES)
    this.#header = new Int32Array(this.buffer, 0, 2)
    this.#window = new Float64Array(this.buffer, HEADER, 1)
    this.#stretches = new Float64Array(this.buffer, HEADER + 8)
    if (buffer === undefined) this.#window.fill(Number.POSITIVE_INFINITY)
  }

  get length(): number {
    return Atomics.load(this.#header, COUNT)
  }

  add({ start, rate, probe = -1 }: Stretch): void {
    const at = this.length
    if (at === MOST_STRETCHES) throw new RangeError('Failed to add to a search: it has no room left.')
    this.#stretches.set([start, rate, probe], at * FIELDS)
    Atomics.store(this.#header, COUNT, at + 1)
  }

  /** When a stretch begins; infinitely late for one that is not known yet. */
  startOf(index: number): Milliseconds {
    return index < this.length ? this.#stretches[index * FIELDS + START]! : Number.POSITIVE_INFINITY
  }

  rateOf(index: number): PerSecond {
    return this.#stretches[index * FIELDS + RATE]!
  }

  /** The stretch that a moment lies in; -1 before the first. */
  at(time: Milliseconds): number {
    let index = this.length - 1
    while (index >= 0 && this.#stretches[index * FIELDS + START]! > time) index--
    return index
  }

  /** The probe that a moment belongs to; -1 for none. */
  probeAt(time: Milliseconds): number {
    const index = this.at(time)
    return index < 0 ? -1 : this.#stretches[index * FIELDS + PROBE]!
  }

  /** Where the measured window begins: infinitely far as long as the search goes on. Says what is so now. */
  get window(): { readonly from: Milliseconds } {
    const window = this.#window
    return {
      get from() {
        return window[0]!
      },
    }
  }

  /** To be said before its stretch is added. */
  measure(from: Milliseconds): void {
    this.#window[0] = from
  }

  /** Nothing will be due any more. */
  end(): void {
    Atomics.store(this.#header, OVER, 1)
  }

  get isOver(): boolean {
    return Atomics.load(this.#header, OVER) === 1
  }
}
