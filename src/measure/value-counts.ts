// Hot file. Called for every latency that is recorded: an index by two shifts, and one count.

/** Values below this have a bucket each. */
const EXACT = 2_048
/** Buckets of each further power of two. */
const HALF = EXACT / 2
const HALF_BITS = 10
/** Largest value. */
export const LONGEST = 3_600_000_000
export const BUCKETS = indexOf(LONGEST) + 1

/** Buckets that hold something, in ascending order, and how much each holds. */
export interface Buckets {
  readonly indexes: readonly number[]
  readonly counts: readonly number[]
  /** All that they hold. */
  readonly total: number
}

/**
 * How often each value was seen: whole numbers from 0 to 3.6e9, below 2,048 as they are, above it to three significant
 * digits. The buckets are those of an HdrHistogram with three digits (Tene, http://hdrhistogram.org). To count into a
 * typed array takes 3 ns where hdr-histogram-js takes 25 (WebAssembly) or 90 (JavaScript).
 */
export class ValueCounts {
  readonly #counts: Uint32Array
  total: number

  /** @param like others that it begins with. */
  constructor(like?: ValueCounts) {
    this.#counts = like === undefined ? new Uint32Array(BUCKETS) : like.#counts.slice()
    this.total = like === undefined ? 0 : like.total
  }

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

  /** Adds what others hold. */
  addAll({ indexes, counts, total }: Buckets): void {
    for (const [i, index] of indexes.entries()) this.#counts[index]! += counts[i]!
    this.total += total
  }

  /** Buckets of these counts, plus those of another one. */
  buckets(other?: ValueCounts): Buckets {
    const [own, others] = [this.#counts, other === undefined ? undefined : other.#counts]
    const [indexes, counts]: [number[], number[]] = [[], []]
    for (let i = 0; i < BUCKETS; i++) {
      // Each may hold what the other lacks: as numbers of 32 bits their sum is right.
      const count = others === undefined ? own[i]! : (own[i]! + others[i]!) >>> 0
      if (count === 0) continue
      indexes.push(i)
      counts.push(count)
    }
    return { indexes, counts, total: this.total + (other?.total ?? 0) }
  }

  reset(): void {
    this.#counts.fill(0)
    this.total = 0
  }
}

/** Buckets of both. This is far cheaper than counting all buckets if they have few values. */
export function bothBuckets(a: Buckets, b: Buckets): Buckets {
  const [indexes, counts]: [number[], number[]] = [[], []]
  let [left, right] = [0, 0]
  while (left < a.indexes.length || right < b.indexes.length) {
    const [one, other] = [a.indexes[left] ?? BUCKETS, b.indexes[right] ?? BUCKETS]
    indexes.push(Math.min(one, other))
    counts.push((one <= other ? a.counts[left++]! : 0) + (other <= one ? b.counts[right++]! : 0))
  }
  return { indexes, counts, total: a.total + b.total }
}

/** Takes from some buckets others which are among them. */
export function withoutBuckets(all: Buckets, part: Buckets): Buckets {
  const taken = new Map(part.indexes.map((index, i) => [index, part.counts[i]!]))
  const counts = all.counts.map((count, i) => Math.max(0, count - (taken.get(all.indexes[i]!) ?? 0)))
  return { indexes: all.indexes, counts, total: Math.max(0, all.total - part.total) }
}

function indexOf(value: number): number {
  const power = Math.max(0, 31 - HALF_BITS - Math.clz32(value))
  return (power << HALF_BITS) + (value >>> power)
}

/** Least value of a bucket. */
export function leastOf(index: number): number {
  if (index < EXACT) return index
  const power = (index >>> HALF_BITS) - 1
  return ((index & (HALF - 1)) + HALF) * 2 ** power
}

/** Values that share a bucket. */
export const widthOf = (index: number): number => (index < EXACT ? 1 : 2 ** ((index >>> HALF_BITS) - 1))
