// Hot file. Allocated per response: nothing. The header stays in the bytes that were read as long as the response ends
// in them; otherwise it is copied into a buffer that belongs to the parser and is used again.

import { HeaderBlock } from '../headers.ts'
import {
  type BodySink,
  ChunkReader,
  Framing,
  isToken,
  isValue,
  MOST_HEADER,
  type Progress,
  type RecentHeader,
  RecentHeaders,
} from './framing.ts'

/** Bytes of a header with colons and line ends: many empty headers are many too. */
const MOST_RAW = 4 * MOST_HEADER

/** Least size of the buffer for headers that come in pieces: each connection that has seen one keeps it. */
const LEAST_HELD = 512

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const SPACE = 0x20
const TAB = 0x09

const STATUS_LINE = 0
const FIELDS = 1
const FIXED = 2
const UNTIL_CLOSE = 3
const CHUNKS = 4
const DONE = 5

const prefix = Buffer.from('HTTP/1.')

/** One for all parsers of a thread. */
const recentHeaders = new RecentHeaders()

/**
 * Reads one response at a time off a connection: status, framing, and where the header is. Incremental: bytes may be
 * cut anywhere. Strict, as RFC 9112 (section 11) asks of recipients that share a connection: an ambiguous message is a
 * fault, and the connection cannot be used after it.
 *
 * | refused | section |
 * | --- | --- |
 * | bare CR or LF, NUL and other control characters, white space before a colon | 2.2, 5.1 |
 * | folded header lines | 5.2 |
 * | Content-Length next to Transfer-Encoding, twice, or no number | 6.3 |
 * | `chunked` twice, or not last | 6.1 |
 * | interim responses of HTTP/1.0; more than 64 KB of them, or of empty lines and status line | RFC 9110, 15.2 |
 * | chunk sizes that are not numbers, data that does not end where it should | 7.1 |
 */
export class ResponseParser {
  status = 0
  readonly header = new HeaderBlock()
  /** Whether the connection may be used again. */
  keepsAlive = false
  /** Fault, in words. */
  fault = ''
  /** End of the response in the last bytes. */
  at = 0
  /** Whether anything of the response has come. */
  hasBegun = false
  readonly #sink: BodySink
  readonly #chunks: ChunkReader
  readonly #framing = new Framing()
  #phase = DONE
  #isBodiless = false
  #left = 0
  /** Bytes of interim responses, which came before. */
  #interim = 0
  /** Bytes of names and values so far, trailers too. */
  #counted = 0
  /** Start of the current line, in the bytes of the header. */
  #line = 0
  /** A header that came in pieces. */
  #held = Buffer.alloc(0)
  #heldLength = 0

  constructor(sink: BodySink) {
    this.#sink = sink
    this.#chunks = new ChunkReader(sink)
  }

  /** The next bytes are of a response to another request. A response to HEAD has no body. */
  begin(isHead: boolean): void {
    this.fault = ''
    this.#isBodiless = isHead
    this.hasBegun = false
    this.#interim = 0
    this.#beginHeader()
  }

  #beginHeader(): void {
    this.#phase = STATUS_LINE
    this.#heldLength = 0
    this.#framing.begin()
    this.#counted = 0
    this.header.seen = 0
    this.header.known = 0
  }

  /** Seconds for which the server says it keeps an idle connection; -1 where it does not say. */
  get keepSeconds(): number {
    return this.#framing.keepSeconds
  }

  /** Whether the header is complete. */
  get hasHeader(): boolean {
    return this.#phase >= FIXED
  }

  read(bytes: Buffer, from: number, to: number): Progress {
    let i = from
    this.hasBegun ||= to > from
    while (this.#phase < FIXED) {
      i = this.#readHeader(bytes, i, to)
      if (i === MORE) return 'more'
      if (i === FAULT) return 'fault'
    }
    if (this.#phase === FIXED) return this.#readFixed(bytes, i, to)
    if (this.#phase === UNTIL_CLOSE) return i === to || this.#sink.take(bytes, i, to) ? 'more' : this.#refused()
    if (this.#phase === DONE) {
      this.at = i
      return 'done'
    }
    return this.#readChunks(bytes, i, to)
  }

  /** The other side has closed its end. Only a body without a length is complete then. */
  close(): Progress {
    if (this.#phase !== UNTIL_CLOSE) return 'fault'
    this.#phase = DONE
    return 'done'
  }

  /** The bytes read last go, and more is to come: the header is copied out of them. */
  settle(): void {
    const { header } = this
    if (this.#phase < FIXED || header.bytes === this.#held) return
    const { from, to } = header
    if (to - from > this.#held.length) this.#held = Buffer.allocUnsafeSlow(Math.max(LEAST_HELD, 2 * (to - from)))
    header.bytes.copy(this.#held, 0, from, to)
    header.bytes = this.#held
    header.from = 0
    header.to = to - from
    header.typeFrom -= from
    header.typeTo -= from
  }

  /* ---- header ---- */

  /** Returns where it ended. */
  #readHeader(bytes: Buffer, from: number, to: number): number {
    if (this.#heldLength === 0) {
      const looks = this.#phase === STATUS_LINE && recentHeaders.isWorthIt
      const recent = looks ? recentHeaders.find(bytes, from, to) : undefined
      if (recent) return this.#recall(recent, bytes, from)
      if (this.#phase === STATUS_LINE) this.#line = from
      const end = this.#readLines(bytes, from, to)
      if (end === MORE) this.#hold(bytes, from, to)
      else if (looks && end > 0 && this.status >= 200) this.#remember(bytes, from, end)
      return end
    }
    const before = this.#heldLength
    this.#hold(bytes, from, Math.min(to, from + MOST_RAW))
    const end = this.#readLines(this.#held, 0, this.#heldLength)
    // Where it ended lies in what has just come: before that it was not complete.
    return end < 0 ? end : from + (end - before)
  }

  #remember(bytes: Buffer, from: number, end: number): void {
    const recent = recentHeaders.keep(bytes, from, end)
    if (recent === undefined) return
    const { header } = this
    recent.status = this.status
    this.#framing.remember(recent)
    recent.counted = this.#counted
    recent.seen = header.seen
    recent.fields = header.from - from
    recent.typeFrom = header.typeFrom - from
    recent.typeTo = header.typeTo - from
  }

  /** The header is one that was read before. */
  #recall(recent: RecentHeader, bytes: Buffer, from: number): number {
    const { header } = this
    const end = from + recent.size
    this.status = recent.status
    this.#framing.recall(recent)
    this.#counted = recent.counted
    header.seen = recent.seen
    header.known = recent.number
    header.from = from + recent.fields
    header.typeFrom = from + recent.typeFrom
    header.typeTo = from + recent.typeTo
    header.bytes = bytes
    header.to = end - 2
    return this.#frame() ? end : FAULT
  }

  #hold(bytes: Buffer, from: number, to: number): void {
    const length = this.#heldLength + to - from
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(LEAST_HELD, 2 * length))
      this.#held.copy(larger, 0, 0, this.#heldLength)
      this.#held = larger
    }
    if (this.#heldLength === 0) {
      this.#line -= from
      this.header.from -= from
      this.header.typeFrom -= from
      this.header.typeTo -= from
    }
    bytes.copy(this.#held, this.#heldLength, from, to)
    this.#heldLength = length
  }

  #readLines(bytes: Buffer, from: number, to: number): number {
    if (this.#phase === STATUS_LINE) {
      const end = this.#readStatus(bytes, this.#line, to)
      if (end === MORE && to - from > MOST_RAW) return this.#fail('its status line does not end')
      if (end < 0) return end
      this.#phase = FIELDS
      this.#line = end
      this.header.from = end
    }
    const end = this.#readFields(bytes, this.#line, to)
    if (end === MORE && to - from > MOST_RAW) return this.#fail('its header is too large')
    if (end < 0) return end
    this.header.bytes = bytes
    this.header.to = end - 2
    if (this.status < 200) {
      this.#interim += end - from
      if (this.#interim > MOST_RAW) return this.#fail('its interim responses do not end')
    }
    return this.#frame() ? end : FAULT
  }

  /** `HTTP/1.1 200 OK`; empty lines before it are passed over. */
  #readStatus(bytes: Buffer, from: number, to: number): number {
    let i = from
    while (i < to && (bytes[i] === CR || bytes[i] === LF)) i++
    this.#line = i
    for (let at = 0; at < prefix.length; at++, i++) {
      if (i === to) return MORE
      if (bytes[i] !== prefix[at]) return this.#fail('it does not begin with "HTTP/1."')
    }
    if (i === to) return MORE
    this.#framing.isOldHttp = bytes[i] === 0x30
    if (bytes[i] !== 0x31 && bytes[i] !== 0x30) return this.#fail('it is neither HTTP/1.0 nor HTTP/1.1')
    if (++i === to) return MORE
    if (bytes[i] !== SPACE) return this.#fail('a space is missing in the status line')
    let status = 0
    for (let digits = 0; digits < 3; digits++) {
      if (++i === to) return MORE
      const digit = bytes[i]! - 0x30
      if (!(digit >= 0 && digit <= 9)) return this.#fail('the status is not a number of three digits')
      status = status * 10 + digit
    }
    if (++i === to) return MORE
    if (bytes[i] !== SPACE && bytes[i] !== CR) return this.#fail('the status is not a number of three digits')
    while (i < to && isValue[bytes[i]!] === 1) i++
    if (i === to) return MORE
    if (bytes[i] !== CR) return this.#fail('a line ends without CR LF, or has control characters')
    if (++i === to) return MORE
    if (bytes[i] !== LF) return this.#fail('a line ends without CR LF, or has control characters')
    this.status = status
    return i + 1
  }

  /** Whole lines only: `#line` is where one begins that is not complete. Returns the end of the empty line. */
  #readFields(bytes: Buffer, from: number, to: number): number {
    let i = from
    while (i < to) {
      const name = i
      if (bytes[i] === CR) {
        if (i + 1 === to) break
        return bytes[i + 1] === LF ? i + 2 : this.#fail('a line ends without CR LF, or has control characters')
      }
      while (i < to && isToken[bytes[i]!] === 1) i++
      if (i === to) break
      const colon = i
      if (bytes[i] !== COLON || colon === name) return this.#fail('a header line is folded, or its name is not valid')
      i++
      while (i < to && (bytes[i] === SPACE || bytes[i] === TAB)) i++
      const value = i
      while (i < to && isValue[bytes[i]!] === 1) i++
      if (i === to) break
      if (bytes[i] !== CR) return this.#fail('a line ends without CR LF, or has control characters')
      if (i + 1 === to) break
      if (bytes[i + 1] !== LF) return this.#fail('a line ends without CR LF, or has control characters')
      let end = i
      while (end > value && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--
      i += 2
      this.#counted += colon - name + end - value
      if (this.#counted >= MOST_HEADER) return this.#fail('its header is too large')
      if (!this.#framing.note(this.header, bytes, name, colon, value, end)) return this.#fail(this.#framing.fault)
      this.#line = i
    }
    return MORE
  }

  /** Determines the end of the body. False if it cannot be determined. */
  #frame(): boolean {
    const { status } = this
    const framing = this.#framing
    if (status === 101) return this.#refuse('it changes to another protocol')
    if (status < 200) {
      if (status < 100) return this.#refuse('its status is below 100')
      if (framing.isOldHttp) return this.#refuse('it is an interim response of HTTP/1.0, which does not have them')
      this.#beginHeader()
      return true
    }
    if (framing.isEncoded && framing.length >= 0)
      return this.#refuse('it has both a Content-Length and a Transfer-Encoding')
    this.keepsAlive = framing.keepsAlive
    this.#left = framing.length
    this.#sink.status = status
    this.#sink.begin(framing.isEncoded ? -1 : framing.length)
    if (this.#isBodiless || status === 204 || status === 304) this.#phase = DONE
    else if (framing.isChunked) {
      this.#phase = CHUNKS
      this.#chunks.begin(this.#counted)
    } else if (framing.length === 0) this.#phase = DONE
    else if (framing.length > 0) this.#phase = FIXED
    else {
      this.#phase = UNTIL_CLOSE
      this.keepsAlive = false
    }
    return true
  }

  /* ---- body ---- */

  #readFixed(bytes: Buffer, from: number, to: number): Progress {
    const end = Math.min(to, from + this.#left)
    if (end > from && !this.#sink.take(bytes, from, end)) return this.#refused()
    this.#left -= end - from
    if (this.#left > 0) return 'more'
    this.#phase = DONE
    this.at = end
    return 'done'
  }

  #readChunks(bytes: Buffer, from: number, to: number): Progress {
    const chunks = this.#chunks
    const progress = chunks.read(bytes, from, to)
    if (progress === 'fault') this.fault = chunks.fault
    else if (progress === 'done') {
      this.#phase = DONE
      this.at = chunks.at
    }
    return progress
  }

  #refuse(fault: string): false {
    this.fault = fault
    return false
  }

  #fail(fault: string): number {
    this.fault = fault
    return FAULT
  }

  /** The sink knows why. */
  #refused(): Progress {
    this.fault = ''
    return 'fault'
  }
}

const MORE = -1
const FAULT = -2
