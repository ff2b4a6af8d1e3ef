/**
 * Purposes of random numbers. Each purpose has its own numbers, so that an additional draw does not affect the others.
 */
const STREAMS = { thinkTime: 2, pacing: 3, inputs: 4, blocks: 5, launches: 6, permutations: 7, processor: 8 } as const
type Stream = keyof typeof STREAMS

/**
 * Pseudo-random numbers from a seed: sfc32 of Chris Doty-Humphrey's PractRand, 128 bits of state. A generator can be
 * set to any numbered place of its stream, so that an iteration has the same numbers on any thread.
 */
export class Random {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  constructor(seed: number, stream: Stream, place = 0) {
    this.seed(seed, stream, place)
  }

  /** Begins anew at a numbered place of a stream. */
  seed(seed: number, stream: Stream, place = 0): void {
    // Each word is a hash of all that is given.
    let hash = mix(low(seed) ^ 0x9e3779b9)
    hash = mix(hash ^ high(seed))
    hash = mix(hash + STREAMS[stream])
    this.#a = hash = mix(hash ^ low(place))
    this.#b = hash = mix(hash ^ high(place))
    this.#c = mix(hash + 0x6d2b79f5)
    this.#counter = 1
    for (let i = 0; i < 12; i++) this.#word()
  }

  /** Draws from 0, below 1, in steps of 2^-53. */
  next(): number {
    return ((this.#word() >>> 5) * 0x4000000 + (this.#word() >>> 6)) / 0x20000000000000
  }

  /** Draws from the exponential distribution with mean 1. */
  exponential(): number {
    return -Math.log1p(-this.next())
  }

  /** Draws from the standard normal distribution (Box and Muller 1958). */
  normal(): number {
    return Math.sqrt(2 * this.exponential()) * Math.cos(2 * Math.PI * this.next())
  }

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum
  }
}

const low = (n: number) => n | 0
const high = (n: number) => Math.floor(n / 0x100000000) | 0

/** The finalizer of MurmurHash3: every bit of the input changes half of those of the output. */
function mix(n: number): number {
  n = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  n = Math.imul(n ^ (n >>> 13), 0xc2b2ae35)
  return (n ^ (n >>> 16)) | 0
}
