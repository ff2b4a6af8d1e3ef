// Hot file. Allocated per response: nothing. A header that differs from all recent ones is copied into a place that is used
// again.

/** What the parser has read of a header. */
export interface HeaderReading {
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
  /** Of the header, from the status line to the empty line. */
  size = 0
  readonly bytes: Uint8Array = new Uint8Array(LONGEST)
}

const PLACES = 8
const LONGEST = 1024
/** After so many headers in a row that were all new, only one in `SELDOM` is looked for. */
const PATIENCE = 64
const SELDOM = 64

/**
 * Headers that were read not long ago. Servers answer many requests with the same header to the byte (the Date changes
 * once a second): what is equal to one that was read need not be read again, and comparing costs a fifth of it.
 */
export class RecentHeaders {
  readonly #recent = Array.from({ length: PLACES }, () => new RecentHeader())
  #next = 0
  #misses = 0

  /** Whether headers come again often enough to look for them. */
  get isWorthIt(): boolean {
    return this.#misses < PATIENCE || ++this.#misses % SELDOM === 0
  }

  /** The header that these bytes begin with, if it was read before. */
  find(bytes: Uint8Array, from: number, to: number): RecentHeader | undefined {
    for (let i = 0; i < PLACES; i++) {
      const recent = this.#recent[i]!
      const { size } = recent
      if (size === 0 || from + size > to) continue
      // Backwards: lengths differ, status lines do not.
      const known = recent.bytes
      let at = size - 1
      while (at >= 0 && known[at] === bytes[from + at]) at--
      if (at >= 0) continue
      this.#misses = 0
      return recent
    }
    this.#misses++
    return undefined
  }

  /** A place for a header that was read; the oldest gives way. Undefined where it is too long. */
  keep(bytes: Uint8Array, from: number, to: number): RecentHeader | undefined {
    if (to - from > LONGEST) return undefined
    const recent = this.#recent[this.#next]!
    this.#next = (this.#next + 1) % PLACES
    for (let i = from; i < to; i++) recent.bytes[i - from] = bytes[i]!
    recent.size = to - from
    return recent
  }
}
