import type { Socket } from 'node:net'
import type { BodySink } from './wire/framing.ts'
import { ResponseParser } from './wire/parser.ts'

const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09
const ONE = 0x31
const END = Buffer.from('\r\n\r\n')
/** Place of the first digit of the status in `HTTP/1.1 103`. */
const STATUS = 9

const unread: BodySink = { status: 0, begin() {}, take: () => true }

/**
 * Stands between a socket and undici, and lets through what the parser of the fast lane takes for a response: a
 * functional run, and load over either transport, refuse the same responses for the same reasons.
 *
 * | of a response             | undici would                                   | here                            |
 * | ------------------------- | ---------------------------------------------- | ------------------------------- |
 * | interim ones, 100 as well | end the exchange (RFC 9110, 15.2: read over)   | are left out                    |
 * | a tab behind a value      | refuse it where it is a length (RFC 9110, 5.5) | becomes a space                 |
 * | what is malformed         | say so in its own words, or let it pass        | is a fault, as of the fast lane |
 */
export class ResponseGate {
  readonly #parser = new ResponseParser(unread)
  readonly #onFault: (found: string) => void
  /** A header that is not complete. */
  #held: Buffer | undefined
  #isOpen = true
  /** Whether unexpected bytes followed the response at once. */
  hasExtra = false

  /** @param onFault receives the fault of a response; nothing passes after it. */
  constructor(onFault: (found: string) => void) {
    this.#onFault = onFault
  }

  /** The following bytes are the response to another request. */
  begin(isHead: boolean): void {
    this.#parser.begin(isHead)
    this.#held = undefined
    this.#isOpen = true
    this.hasExtra = false
  }

  /** Whether anything of the response has come. */
  get hasBegun(): boolean {
    return this.#parser.hasBegun
  }

  /** The bytes of this socket come through here from now on. */
  guard(socket: Socket): void {
    const read = socket.read.bind(socket)
    socket.read = (size?: number) => {
      for (;;) {
        const chunk: Buffer | null = read(size)
        if (chunk === null) return null
        const passed = this.#pass(chunk)
        if (passed !== undefined) return passed
      }
    }
  }

  /** Part of a chunk that passes; undefined if none does yet. */
  #pass(chunk: Buffer): Buffer | undefined {
    if (!this.#isOpen) return undefined
    const parser = this.#parser
    const hadHeader = parser.hasHeader
    const progress = parser.read(chunk, 0, chunk.length)
    if (progress === 'fault') {
      this.#isOpen = false
      this.#onFault(parser.fault)
      return undefined
    }
    this.hasExtra ||= progress === 'done' && parser.at < chunk.length
    if (hadHeader) return chunk
    const all = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    // The chunk belongs to the socket's stream, which does not use it again.
    this.#held = parser.hasHeader ? undefined : all
    return parser.hasHeader ? finalOf(all) : undefined
  }
}

/** Bytes from the header on that is not an interim one. */
function finalOf(bytes: Buffer): Buffer {
  let from = 0
  for (;;) {
    while (bytes[from] === CR || bytes[from] === LF) from++
    if (bytes[from + STATUS] !== ONE) break
    from = bytes.indexOf(END, from) + END.length
  }
  const rest = bytes.subarray(from)
  blankTabs(rest, rest.indexOf(END))
  return rest
}

/** Tabs between a value and the end of its line become spaces. */
function blankTabs(bytes: Buffer, end: number): void {
  const header = bytes.subarray(0, end + 1)
  for (let tab = header.indexOf(TAB); tab >= 0; tab = header.indexOf(TAB, tab + 1)) {
    let next = tab
    while (header[next] === TAB || header[next] === SPACE) next++
    if (header[next] === CR) header[tab] = SPACE
  }
}
