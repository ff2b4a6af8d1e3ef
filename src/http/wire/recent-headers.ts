// Hot file. Allocated per response: nothing. A header that differs from all recent ones is copied into a place that is
// used again.

import { readBuffer, readWords } from '../read-buffer.ts'

/** What the parser has read of a header. */
interface HeaderReading {
  status: number
  isOldHttp: boolean
  closes: boolean
  keeps: boolean
  keepSeconds: number
  length: number
  coding: number
  counted: number
  seen: number
  /** From the header's beginning: where its first line and the value of its Content-Type are. */
  fields: number
  typeFrom: number
  typeTo: number
}

export class RecentHeader implements HeaderReading {
  /** Another for each header that is kept; never 0. */
  number = 0
  status = 0
  isOldHttp = false
  closes = false
  keeps = false
  keepSeconds = -1
  length = -1
  coding = 0
  counted = 0
  seen = 0
  fields = 0
  typeFrom = 0
  typeTo = 0
  /** Size of the header, from the status line to the empty line. */
  size = 0
  readonly bytes: Uint8Array = new Uint8Array(LONGEST)
  readonly words = new Float64Array(this.bytes.buffer)

  /** Backwards: lengths differ, status lines do not. */
  isAt(from: number, bytes: Uint8Array): boolean {
    const known = this.bytes
    let at = this.size - 1
    if (bytes === readBuffer && from === 0) return this.#isInReadBuffer(at)
    while (at >= 0 && known[at] === bytes[from + at]) at--
    return at < 0
  }

  /**
   * Nearly all are at the beginning of that: compared eight bytes at a time, as numbers. Those are equal only if the
   * bytes are, but for zeros, and a header that could be read has no NUL; what is not a number is equal to nothing, and
   * read anew.
   */
  #isInReadBuffer(last: number): boolean {
    const { bytes, words } = this
    let at = last
    while ((at & 7) !== 7) {
      if (bytes[at] !== readBuffer[at]) return false
      at--
    }
    let word = at >> 3
    while (word >= 0 && words[word] === readWords[word]) word--
    return word < 0
  }
}

const PLACES = 8
const LONGEST = 1024
/** After so many headers in a row that were all new, only one in `SELDOM` is looked for. */
const PATIENCE = 64
const SELDOM = 64

/**
 * Headers that were read not long ago. Servers respond to many requests with the same header to the byte (the Date
 * changes once a second): what is equal to one that was read need not be read again, and comparing costs a fifth of it.
 */
export class RecentHeaders {
  readonly #recent = Array.from({ length: PLACES }, () => new RecentHeader())
  #next = 0
  #kept = 0
  /** Where one was found last: mostly the place of the next, too. */
  #last = 0
  #misses = 0

  /** Whether headers come again often enough to look for them. */
  get isWorthIt(): boolean {
    return this.#misses < PATIENCE || ++this.#misses % SELDOM === 0
  }

  /** The header that these bytes begin with, if it was read before. */
  find(bytes: Uint8Array, from: number, to: number): RecentHeader | undefined {
    for (let n = 0, i = this.#last; n < PLACES; n++, i = (i + 1) % PLACES) {
      const recent = this.#recent[i]!
      const { size } = recent
      if (size === 0 || from + size > to) continue
      if (!recent.isAt(from, bytes)) continue
      this.#misses = 0
      this.#last = i
      return recent
    }
    this.#misses++
    return undefined
  }

  /** A place for a header that was read; the oldest gives way. Undefined where it is too long. */
  keep(bytes: Uint8Array, from: number, to: number): RecentHeader | undefined {
    if (to - from > LONGEST) return undefined
    const recent = this.#recent[this.#next]!
    this.#last = this.#next
    this.#next = (this.#next + 1) % PLACES
    for (let i = from; i < to; i++) recent.bytes[i - from] = bytes[i]!
    recent.size = to - from
    recent.number = ++this.#kept
    return recent
  }
}
