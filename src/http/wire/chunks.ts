// Hot file. Allocated per response: nothing.

import { type BodySink, MOST_HEADER, type Progress } from './body-sink.ts'
import { hexDigit, isToken, isValue } from './characters.ts'

const MOST_DIGITS = 15

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
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
  /** What is wrong, after a fault; empty where the sink knows. */
  fault = ''
  /** Where in the bytes read last the body ended. */
  at = 0
  readonly #sink: BodySink
  #phase = SIZE
  #isDone = false
  #left = 0
  #digits = 0
  /** Where in a chunk extension, and whether the next character of a quoted value is escaped. */
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
    let i = from
    while (i < to) {
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
          i++
          break
        }
        case EXTENSION:
          if (!this.#readExtension(code)) return this.#faulty('a chunk extension is not valid')
          if (++this.#counted >= MOST_HEADER) return this.#faulty('its chunk extensions are too large')
          i++
          break
        case QUOTED:
          if (isValue[code] === 0) return this.#faulty('a chunk extension has control characters')
          if (++this.#counted >= MOST_HEADER) return this.#faulty('its chunk extensions are too large')
          if (code === QUOTE && !this.#isEscaped) {
            this.#phase = EXTENSION
            this.#part = BEHIND_QUOTED
          }
          this.#isEscaped = code === BACKSLASH && !this.#isEscaped
          i++
          break
        case SIZE_END:
          if (code !== LF) return this.#faulty('the size of a chunk ends without CR LF')
          this.#phase = this.#left === 0 ? TRAILER_START : DATA
          i++
          break
        case DATA: {
          const end = Math.min(to, i + this.#left)
          if (!this.#sink.take(bytes, i, end)) return this.#refused()
          this.#left -= end - i
          if (this.#left === 0) this.#phase = DATA_CR
          i = end
          break
        }
        case DATA_CR:
          if (code !== CR) return this.#faulty('a chunk does not end where it should')
          this.#phase = DATA_LF
          i++
          break
        case DATA_LF:
          if (code !== LF) return this.#faulty('a chunk does not end where it should')
          this.#beginSize()
          i++
          break
        default:
          if (!this.#readTrailer(code)) return 'fault'
          i++
          if (this.#isDone) {
            this.at = i
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
