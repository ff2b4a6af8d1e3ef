// Hot file. Allocated per response: nothing, but where `Connection` lists more than `keep-alive`.

import { readBuffer } from '../body-store.ts'
import { CONTENT_ENCODING, CONTENT_TYPE, type HeaderBlock, LOCATION, SET_COOKIE } from '../headers.ts'

// Hot file. Allocated per response: nothing. A header that differs from all recent ones is copied into a place that is
// used again.

/** A header that was read, with the results of the parser for it. */
export class RecentHeader {
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
  /** From the header's beginning: where its first line and the value of its Content-Type are. */
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

/** Memory of the read buffer, eight bytes at a time: to compare it with other bytes. */
const readWords = new Float64Array(readBuffer.buffer, readBuffer.byteOffset, readBuffer.length / 8)

const PLACES = 8
const LONGEST = 1024
/** After so many headers in a row that were all new, only one in `SELDOM` is looked for. */
const PATIENCE = 64
const SELDOM = 64

/**
 * Headers that were read recently. Servers respond to many requests with the same header bytes (the Date changes once a
 * second). An equal header need not be parsed again, and comparing costs a fifth of parsing.
 */
export class RecentHeaders {
  readonly #recent = Array.from({ length: PLACES }, () => new RecentHeader())
  #next = 0
  #kept = 0
  /** Last position, which is mostly that of the next one, too. */
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

/** Takes the bytes of a body, piece by piece. They are the reader's: valid during the call to `read`. */
export interface BodySink {
  /** Status of the response whose body begins. */
  status: number
  /** A body begins, of so many bytes; -1 where that is not known. */
  begin(length: number): void
  /** False refuses the body. */
  take(bytes: Buffer, from: number, to: number): boolean
}

export type Progress = 'more' | 'done' | 'fault'

/** Names and values of a header together; undici's limit, which is Node's. */
export const MOST_HEADER = 16_384

/** Transfer codings: none, some, `chunked` last. */
const NONE = 0
const ENCODED = 1
const CHUNKED = 2

const QUOTE = 0x22

/** Header fields about the end of the body and of the connection (RFC 9112, sections 6 and 9). */
export class Framing {
  isOldHttp = false
  /** Seconds for which the server says it keeps an idle connection; -1 where it does not say. */
  keepSeconds = -1
  /** Content-Length; -1 without one. */
  length = -1
  /** Fault of a field that `note` refused. */
  fault = ''
  #closes = false
  #keeps = false
  #coding = NONE

  begin(): void {
    this.keepSeconds = -1
    this.length = -1
    this.#closes = false
    this.#keeps = false
    this.#coding = NONE
  }

  /** Whether the connection may be used again. A server that keeps it for 0 s says the same as `Connection: close`. */
  get keepsAlive(): boolean {
    if (this.keepSeconds === 0) return false
    return this.isOldHttp ? this.#keeps && !this.#closes : !this.#closes
  }

  get isEncoded(): boolean {
    return this.#coding !== NONE
  }

  get isChunked(): boolean {
    return this.#coding === CHUNKED
  }

  remember(recent: RecentHeader): void {
    recent.isOldHttp = this.isOldHttp
    recent.closes = this.#closes
    recent.keeps = this.#keeps
    recent.keepSeconds = this.keepSeconds
    recent.length = this.length
    recent.coding = this.#coding
  }

  recall(recent: RecentHeader): void {
    this.isOldHttp = recent.isOldHttp
    this.#closes = recent.closes
    this.#keeps = recent.keeps
    this.keepSeconds = recent.keepSeconds
    this.length = recent.length
    this.#coding = recent.coding
  }

  /** Notes what matters of a field, here or in the header. False where it is a fault. */
  note(header: HeaderBlock, bytes: Buffer, name: number, colon: number, value: number, end: number): boolean {
    switch (colon - name) {
      case 8:
        if (isNamed(bytes, name, 'location')) header.seen |= LOCATION
        return true
      case 10:
        if (isNamed(bytes, name, 'set-cookie')) header.seen |= SET_COOKIE
        else if (isNamed(bytes, name, 'connection')) this.#noteConnection(bytes, value, end)
        else if (isNamed(bytes, name, 'keep-alive')) this.#noteKeepAlive(bytes, value, end)
        return true
      case 12:
        if (isNamed(bytes, name, 'content-type') && (header.seen & CONTENT_TYPE) === 0) {
          header.seen |= CONTENT_TYPE
          header.typeFrom = value
          header.typeTo = end
        }
        return true
      case 14:
        return !isNamed(bytes, name, 'content-length') || this.#noteLength(bytes, value, end)
      case 16:
        if (isNamed(bytes, name, 'content-encoding')) header.seen |= CONTENT_ENCODING
        return true
      case 17:
        return !isNamed(bytes, name, 'transfer-encoding') || this.#noteCoding(bytes, value, end)
      default:
        return true
    }
  }

  #noteConnection(bytes: Buffer, from: number, to: number): void {
    if (to - from === 10 && isNamed(bytes, from, 'keep-alive')) {
      this.#keeps = true
      return
    }
    for (const option of bytes.toString('latin1', from, to).toLowerCase().split(',')) {
      if (option.trim() === 'close') this.#closes = true
      else if (option.trim() === 'keep-alive') this.#keeps = true
    }
  }

  /**
   * `max=100, timeout=5`: how long the server keeps the connection; the least where it says so more than once. What is
   * no number says nothing. Source: RFC 2068, section 19.7.1.1.
   */
  #noteKeepAlive(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at + 8 < to; at++) {
      if ((at > from && isToken[bytes[at - 1]!] === 1) || !isNamed(bytes, at, 'timeout=')) continue
      const digits = at + (bytes[at + 8] === QUOTE ? 9 : 8)
      let i = digits
      let seconds = 0
      for (; i < to; i++) {
        const digit = bytes[i]! - 0x30
        if (!(digit >= 0 && digit <= 9)) break
        seconds = seconds * 10 + digit
      }
      if (i > digits && (this.keepSeconds < 0 || seconds < this.keepSeconds)) this.keepSeconds = seconds
    }
  }

  #noteLength(bytes: Buffer, from: number, to: number): boolean {
    if (this.length >= 0) return this.#refuse('it has two Content-Lengths')
    let length = 0
    for (let i = from; i < to; i++) {
      const digit = bytes[i]! - 0x30
      if (!(digit >= 0 && digit <= 9)) return this.#refuse('its Content-Length is not a number')
      length = length * 10 + digit
    }
    if (from === to || length > Number.MAX_SAFE_INTEGER) return this.#refuse('its Content-Length is not a number')
    this.length = length
    return true
  }

  #noteCoding(bytes: Buffer, from: number, to: number): boolean {
    for (const coding of bytes.toString('latin1', from, to).toLowerCase().split(',')) {
      if (this.#coding === CHUNKED) return this.#refuse('it is chunked, and then encoded once more')
      this.#coding = coding.trim() === 'chunked' ? CHUNKED : ENCODED
    }
    return true
  }

  #refuse(fault: string): false {
    this.fault = fault
    return false
  }
}

/** `key` is in lower case and has letters, hyphens and `=` only, which `| 0x20` leaves as they are. */
function isNamed(bytes: Buffer, from: number, key: string): boolean {
  for (let i = 0; i < key.length; i++) {
    if ((bytes[from + i]! | 0x20) !== key.charCodeAt(i)) return false
  }
  return true
}

// Hot file. Allocated per response: nothing.

const MOST_DIGITS = 15

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c

const SIZE = 0
const EXTENSION = 1
const QUOTED = 2
const SIZE_END = 3
const DATA = 4
const DATA_CR = 5
const DATA_LF = 6
const TRAILER_START = 7
const TRAILER_NAME = 8
const TRAILER_VALUE = 9
const TRAILER_END = 10
const LAST_LF = 11

// Parts of a chunk extension.
const AT_NAME = 0
const IN_NAME = 1
const AT_VALUE = 2
const IN_VALUE = 3
const BEHIND_QUOTED = 4

/** Reads a chunked body to the end of its trailer, cut anywhere. Source: RFC 9112, section 7.1. */
export class ChunkReader {
  /** Fault, in words; empty if the sink reports it. */
  fault = ''
  /** End of the body in the last bytes. */
  at = 0
  readonly #sink: BodySink
  #phase = SIZE
  #isDone = false
  #left = 0
  #digits = 0
  /** State in a chunk extension, and whether the next character of a quoted value is escaped. */
  #part = AT_NAME
  #isEscaped = false
  /** Bytes of the header so far; extensions and trailers count among them. */
  #counted = 0

  constructor(sink: BodySink) {
    this.#sink = sink
  }

  /** @param counted bytes of the header. */
  begin(counted: number): void {
    this.fault = ''
    this.#isDone = false
    this.#isEscaped = false
    this.#counted = counted
    this.#beginSize()
  }

  read(bytes: Buffer, from: number, to: number): Progress {
    for (let i = from; i < to; i++) {
      const code = bytes[i]!
      switch (this.#phase) {
        case SIZE: {
          const digit = hexDigit[code]!
          if (digit < 16) {
            this.#left = this.#left * 16 + digit
            if (++this.#digits > MOST_DIGITS || this.#left > Number.MAX_SAFE_INTEGER)
              return this.#faulty('a chunk is too large')
          } else if (this.#digits === 0) return this.#faulty('the size of a chunk is not a number')
          else if (code === CR) this.#phase = SIZE_END
          else if (code === SEMICOLON) {
            this.#phase = EXTENSION
            this.#part = AT_NAME
          } else return this.#faulty('the size of a chunk is not a number')
          break
        }
        case EXTENSION:
          if (!this.#readExtension(code)) return this.#faulty('a chunk extension is not valid')
          if (++this.#counted >= MOST_HEADER) return this.#faulty('its chunk extensions are too large')
          break
        case QUOTED:
          if (isValue[code] === 0) return this.#faulty('a chunk extension has control characters')
          if (++this.#counted >= MOST_HEADER) return this.#faulty('its chunk extensions are too large')
          if (code === QUOTE && !this.#isEscaped) {
            this.#phase = EXTENSION
            this.#part = BEHIND_QUOTED
          }
          this.#isEscaped = code === BACKSLASH && !this.#isEscaped
          break
        case SIZE_END:
          if (code !== LF) return this.#faulty('the size of a chunk ends without CR LF')
          this.#phase = this.#left === 0 ? TRAILER_START : DATA
          break
        case DATA: {
          const end = Math.min(to, i + this.#left)
          if (!this.#sink.take(bytes, i, end)) return this.#refused()
          this.#left -= end - i
          if (this.#left === 0) this.#phase = DATA_CR
          i = end - 1
          break
        }
        case DATA_CR:
          if (code !== CR) return this.#faulty('a chunk does not end where it should')
          this.#phase = DATA_LF
          break
        case DATA_LF:
          if (code !== LF) return this.#faulty('a chunk does not end where it should')
          this.#beginSize()
          break
        default:
          if (!this.#readTrailer(code)) return 'fault'
          if (this.#isDone) {
            this.at = i + 1
            return 'done'
          }
      }
    }
    return 'more'
  }

  /** A character of `;name=value` or `;name="value"`. False where it cannot stand there. */
  #readExtension(code: number): boolean {
    const part = this.#part
    if (code === SEMICOLON) this.#part = AT_NAME
    else if (code === CR) {
      if (part === AT_NAME) return false
      this.#phase = SIZE_END
    } else if (part === BEHIND_QUOTED) return false
    else if (code === EQUALS) {
      if (part === AT_VALUE || part === IN_VALUE) return false
      this.#part = AT_VALUE
    } else if (code === QUOTE) {
      if (part !== AT_VALUE) return false
      this.#phase = QUOTED
    } else if (isToken[code] === 0) return false
    else if (part === AT_NAME) this.#part = IN_NAME
    else if (part === AT_VALUE) this.#part = IN_VALUE
    return true
  }

  #beginSize(): void {
    this.#phase = SIZE
    this.#left = 0
    this.#digits = 0
  }

  /** Trailers are held to the same rules as headers, and then dropped. */
  #readTrailer(code: number): boolean {
    if (++this.#counted >= MOST_HEADER) return this.#refuse('its trailer is too large')
    switch (this.#phase) {
      case TRAILER_START:
        if (code === CR) this.#phase = LAST_LF
        else if (isToken[code] === 1) this.#phase = TRAILER_NAME
        else return this.#refuse('a trailer line is folded, or its name is not valid')
        return true
      case TRAILER_NAME:
        if (code === COLON) this.#phase = TRAILER_VALUE
        else if (isToken[code] === 0) return this.#refuse('a trailer line is folded, or its name is not valid')
        return true
      case TRAILER_VALUE:
        if (code === CR) this.#phase = TRAILER_END
        else if (isValue[code] === 0) return this.#refuse('a trailer has control characters')
        return true
      case TRAILER_END:
        if (code !== LF) return this.#refuse('a line ends without CR LF, or has control characters')
        this.#phase = TRAILER_START
        return true
      default:
        if (code !== LF) return this.#refuse('a line ends without CR LF, or has control characters')
        this.#isDone = true
        return true
    }
  }

  #refuse(fault: string): false {
    this.fault = fault
    return false
  }

  #faulty(fault: string): Progress {
    this.fault = fault
    return 'fault'
  }

  /** The sink knows why. */
  #refused(): Progress {
    this.fault = ''
    return 'fault'
  }
}

/** Holds for every byte 1 where it may stand in a header's name. Source: RFC 9110, section 5.6.2, `token`. */
export const isToken: Uint8Array = table(code => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code)))

/** Characters of a header's value, spaces and tabs included. Source: RFC 9110, section 5.5, `field-value`. */
export const isValue: Uint8Array = table(code => code === 0x09 || (code >= 0x20 && code !== 0x7f))

/** Value of a byte as a hexadecimal digit; 255 for other bytes. */
const hexDigit: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = /[0-9A-Fa-f]/.test(String.fromCharCode(code)) ? Number.parseInt(String.fromCharCode(code), 16) : 255
  return digit
})

function table(holds: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (holds(code) ? 1 : 0))
}
