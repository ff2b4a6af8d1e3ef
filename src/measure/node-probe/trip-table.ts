import { Buffer } from 'node:buffer'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'
import type { Trips } from './protocol.ts'

/** Destinations with a row of their own; further ones share the last row. */
const ROWS = 64
const OTHERS = 'others'
const NAME_BYTES = 236
/** Words of a row: state, round trips, time, length of the name, and the name. */
const WORDS = 4 + NAME_BYTES / 4
/** Words before the rows: requests in progress, and requests that came. */
const FIRST = 2
const [FREE, CLAIMED, NAMED] = [0, 1, 2]
/** Time is counted in tenths of a millisecond, of which 32 bits hold four days. */
const TENTHS = 10

const KEY = 'vitest-arazzo:round-trips'

/**
 * Round trips by destination, in memory that all threads of a process share. Counts only rise, so that those of threads
 * that have ended stay.
 */
export class TripTable {
  readonly #words: Int32Array
  readonly #bytes: Buffer
  /** Time that is less than a tenth, by row. */
  readonly #rest = new Float64Array(ROWS)
  #before: Readonly<Record<string, Trips>> = {}
  #requestsBefore = 0

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
    this.#bytes = Buffer.from(memory)
  }

  beginRequest(): void {
    Atomics.add(this.#words, 0, 1)
    Atomics.add(this.#words, 1, 1)
  }

  endRequest(): void {
    Atomics.sub(this.#words, 0, 1)
  }

  /** Whether a request is in progress. Without any server in the process, this is not known: then it may be. */
  get isInRequest(): boolean {
    return Atomics.load(this.#words, 0) > 0 || this.#words[1] === 0
  }

  /** Row of a destination. */
  slotOf(destination: string): number {
    for (let row = 0; row < ROWS - 1; row++) {
      const at = FIRST + row * WORDS
      if (Atomics.compareExchange(this.#words, at, FREE, CLAIMED) === FREE) return this.#name(row, destination)
      if (this.#nameOf(row) === cut(destination)) return row
    }
    const at = FIRST + (ROWS - 1) * WORDS
    return Atomics.load(this.#words, at) === NAMED ? ROWS - 1 : this.#name(ROWS - 1, OTHERS)
  }

  add(row: number, trips: number, waited: number): void {
    const at = FIRST + row * WORDS
    const tenths = waited * TENTHS + this.#rest[row]!
    const whole = Math.trunc(tenths)
    this.#rest[row] = tenths - whole
    Atomics.add(this.#words, at + 1, trips)
    Atomics.add(this.#words, at + 2, whole)
  }

  /** Forgets earlier counts. */
  mark(): void {
    this.#before = this.#total()
    this.#requestsBefore = this.#words[1]!
  }

  /** Requests that came since the mark. */
  get requests(): number {
    return (this.#words[1]! - this.#requestsBefore) >>> 0
  }

  /** Counts since the mark. */
  read(): Record<string, Trips> {
    const counts = Object.entries(this.#total()).map(([name, { count, waited }]) => {
      const before = this.#before[name] ?? { count: 0, waited: 0 }
      return [name, { count: count - before.count, waited: Math.max(0, waited - before.waited) }] as const
    })
    return Object.fromEntries(counts.filter(([, { count }]) => count > 0))
  }

  #total(): Record<string, Trips> {
    const found = new Map<string, Trips>()
    for (let row = 0; row < ROWS; row++) {
      const name = this.#nameOf(row)
      if (name === undefined) continue
      const at = FIRST + row * WORDS
      const { count, waited } = found.get(name) ?? { count: 0, waited: 0 }
      const [trips, tenths] = [at + 1, at + 2].map(word => Atomics.load(this.#words, word) >>> 0) as [number, number]
      found.set(name, { count: count + trips, waited: waited + tenths / TENTHS })
    }
    return Object.fromEntries(found)
  }

  #name(row: number, destination: string): number {
    const at = FIRST + row * WORDS
    this.#words[at + 3] = this.#bytes.write(cut(destination), (at + 4) * 4)
    Atomics.store(this.#words, at, NAMED)
    return row
  }

  #nameOf(row: number): string | undefined {
    const at = FIRST + row * WORDS
    if (Atomics.load(this.#words, at) !== NAMED) return undefined
    const from = (at + 4) * 4
    return this.#bytes.toString('utf8', from, from + this.#words[at + 3]!)
  }
}

const cut = (name: string): string => (Buffer.byteLength(name) > NAME_BYTES ? name.slice(0, NAME_BYTES / 4) : name)

/** The table of this process, which its threads find in the data that they inherit. */
export function ownTable(): TripTable {
  const inherited = isMainThread ? undefined : getEnvironmentData(KEY)
  if (inherited instanceof SharedArrayBuffer) return new TripTable(inherited)
  const memory = new SharedArrayBuffer((FIRST + ROWS * WORDS) * 4)
  setEnvironmentData(KEY, memory)
  return new TripTable(memory)
}
