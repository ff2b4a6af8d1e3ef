/*
 * Per response nothing is allocated. Only what straddles two chunks, or is at fault, passes through the states here;
 * all else goes by `pass`, to which a value's start hands over.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  ESCAPE,
  HEX,
  isOpening,
  isSpace,
  mayEnd,
  NUMBER,
  NUMBER_START,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './bytes.ts'
import { Stack } from './containers.ts'
import { canLeap, fastSkip, GAVE_UP, Leap, pass, passItems, plainEnd } from './scan.ts'

/** Result of `skip` if the chunk ended within the value. */
export const MORE = -1
/** The byte at `at` cannot be there. */
export const FAULT = -2

const VALUE = 0
const FIRST_ITEM = 1
const FIRST_KEY = 2
const KEY = 3
const IN_KEY = 4
const AFTER_KEY = 5
const IN_STRING = 6
const IN_NUMBER = 7
const IN_LITERAL = 8
const AFTER_VALUE = 9

const NO_LITERAL = new Uint8Array(0)

/** Passes over one JSON value and checks it as `JSON.parse` would, across as many chunks as it takes. */
export class Skipper {
  at = 0
  readonly #stack = new Stack()
  readonly #pass: typeof fastSkip
  #state = VALUE
  /** Bytes of an escape sequence seen so far, from its backslash. */
  #escape = 0
  /** State of the number machine. */
  #number = 0
  #literal: Uint8Array = NO_LITERAL
  /** How many letters of the literal have come. */
  #letters = 0
  readonly #leap = new Leap()
  /** Whether containers that are not wanted are passed over by their brackets alone, and whether one was. */
  #trusts = false
  hasLeapt = false
  /** The current value is always checked. */
  #isWanted = false

  constructor(scans: boolean) {
    this.#pass = scans ? pass : fastSkip
  }

  /** A new document comes, of which everything is checked. */
  begin(): void {
    this.#trusts = false
    this.hasLeapt = false
    this.#stack.depth = 0
    this.#leap.stop()
  }

  /** From here on only what is wanted is checked, where that saves something. */
  trust(): void {
    this.#trusts = this.#pass === pass && canLeap()
    if (!this.#trusts || this.#isWanted || this.#stack.depth === 0) return
    const isInString = this.#state === IN_STRING || this.#state === IN_KEY
    this.#leap.begin(this.#stack, 0, isInString, this.#escape === 1)
    this.hasLeapt = true
  }

  /** From here on everything is checked. */
  distrust(): void {
    this.#trusts = false
  }

  get isLeaping(): boolean {
    return this.#leap.isUnderWay
  }

  /** The next byte is a value's first, or space before it. */
  startValue(isWanted: boolean): void {
    this.#isWanted = isWanted
    this.#state = VALUE
    this.#escape = 0
    this.#stack.depth = 0
  }

  /** The next byte is a string's first behind the quote. */
  startString(): void {
    this.startValue(true)
    this.#state = IN_STRING
  }

  /** The next byte is the first of an array's item. The place behind is then that behind the array. */
  startInArray(): void {
    this.startValue(false)
    this.#stack.push(OPEN_BRACKET)
  }

  /** The document ends here: whether the value does. Only a number can; all others show their end themselves. */
  endsHere(): boolean {
    return this.#state === IN_NUMBER && this.#stack.depth === 0 && mayEnd(this.#number)
  }

  /**
   * The place behind the container at `from`. GAVE_UP if it is not passed in one go, and `skip` has to see why, or,
   * where it leaps, goes on in the next chunk.
   */
  glance(bytes: Uint8Array, from: number, to: number, isWanted: boolean): number {
    this.#stack.depth = 0
    if (this.#trusts && !isWanted) return this.#leapFrom(bytes, from, to)
    return this.#pass(this.#stack, this, bytes, from, to)
  }

  /** How many items of an array, `count` at most, are passed over, or CLOSED: the next place is `at`. */
  passItems(bytes: Uint8Array, from: number, to: number, count: number): number {
    return this.#pass === pass ? passItems(this, bytes, from, to, count) : 0
  }

  /** The place behind the value; MORE or FAULT. */
  skip(bytes: Uint8Array, from: number, to: number): number {
    if (this.#leap.isUnderWay) return this.#leap.over(bytes, from, to)
    let p = from
    for (;;) {
      if (this.#state === VALUE && p < to) {
        if (this.#trusts && !this.#isWanted && (this.#stack.depth > 0 || isOpening(bytes[p]!)))
          return this.#leapFrom(bytes, p, to)
        const end = this.#pass(this.#stack, this, bytes, p, to)
        if (end !== GAVE_UP) return end
        p = this.at
      }
      // Token by token up to the next value's start.
      do {
        p = this.#step(bytes, p, to)
        if (p < 0) return p
        if (this.#state === AFTER_VALUE && this.#stack.depth === 0) return p
      } while (this.#state !== VALUE)
    }
  }

  #leapFrom(bytes: Uint8Array, from: number, to: number): number {
    this.#leap.begin(this.#stack, bytes[from]!, false, false)
    this.hasLeapt = true
    return this.#leap.over(bytes, from, to)
  }

  /** One state further. */
  #step(bytes: Uint8Array, from: number, to: number): number {
    switch (this.#state) {
      case IN_KEY:
        return this.#string(bytes, from, to, AFTER_KEY)
      case IN_STRING:
        return this.#string(bytes, from, to, AFTER_VALUE)
      case IN_NUMBER:
        return this.#digits(bytes, from, to)
      case IN_LITERAL:
        return this.#letter(bytes, from, to)
    }
    let p = from
    while (p < to && isSpace(bytes[p]!)) p++
    if (p === to) return MORE
    const byte = bytes[p]!
    switch (this.#state) {
      case FIRST_ITEM:
        if (byte !== CLOSE_BRACKET) return this.#value(byte, p)
        return this.#close(p)
      case FIRST_KEY:
        if (byte === CLOSE_BRACE) return this.#close(p)
        return this.#mark(byte, QUOTE, IN_KEY, p)
      case KEY:
        return this.#mark(byte, QUOTE, IN_KEY, p)
      case AFTER_KEY:
        return this.#mark(byte, COLON, VALUE, p)
      case AFTER_VALUE: {
        const container = this.#stack.containers[this.#stack.depth]!
        // The closing bracket of each kind is two above the opening one.
        if (byte === container + 2) return this.#close(p)
        return this.#mark(byte, COMMA, container === OPEN_BRACE ? KEY : VALUE, p)
      }
      default:
        return this.#value(byte, p)
    }
  }

  #value(byte: number, p: number): number {
    if (byte === QUOTE) {
      this.#state = IN_STRING
      return p + 1
    }
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.#stack.push(byte)
      this.#state = byte === OPEN_BRACE ? FIRST_KEY : FIRST_ITEM
      return p + 1
    }
    if (NUMBER[(NUMBER_START << 8) | byte] !== 0) {
      this.#number = NUMBER_START
      this.#state = IN_NUMBER
      return p
    }
    const literal = LITERALS[byte]
    if (literal === undefined) return this.#fault(p)
    this.#literal = literal
    this.#letters = 0
    this.#state = IN_LITERAL
    return p
  }

  #mark(byte: number, expected: number, next: number, p: number): number {
    if (byte !== expected) return this.#fault(p)
    this.#state = next
    return p + 1
  }

  #close(p: number): number {
    this.#stack.depth--
    this.#state = AFTER_VALUE
    return p + 1
  }

  #string(bytes: Uint8Array, from: number, to: number, next: number): number {
    let p = from
    let seen = this.#escape
    for (; p < to; p++) {
      if (seen === 0) {
        p = plainEnd(bytes, p, to)
        if (p === to) break
        const byte = bytes[p]!
        if (byte === QUOTE) {
          this.#escape = 0
          this.#state = next
          return p + 1
        }
        if (byte !== BACKSLASH) return this.#fault(p)
        seen = 1
        continue
      }
      const byte = bytes[p]!
      if (seen === 1) {
        const kind = ESCAPE[byte]!
        if (kind === 0) return this.#fault(p)
        seen = kind === 1 ? 0 : 2
      } else {
        if (HEX[byte] === 0) return this.#fault(p)
        seen = seen === 5 ? 0 : seen + 1
      }
    }
    this.#escape = seen
    return MORE
  }

  #digits(bytes: Uint8Array, from: number, to: number): number {
    let p = from
    for (; p < to; p++) {
      const next = NUMBER[(this.#number << 8) | bytes[p]!]!
      if (next === 0) {
        if (!mayEnd(this.#number)) return this.#fault(p)
        this.#state = AFTER_VALUE
        return p
      }
      this.#number = next
    }
    return MORE
  }

  #letter(bytes: Uint8Array, from: number, to: number): number {
    let p = from
    for (; this.#letters < this.#literal.length; p++) {
      if (p === to) return MORE
      if (bytes[p] !== this.#literal[this.#letters]) return this.#fault(p)
      this.#letters++
    }
    this.#state = AFTER_VALUE
    return p
  }

  #fault(at: number): number {
    this.at = at
    return FAULT
  }
}

/** Bytes after the first letter of a literal; undefined for other bytes. */
const LITERALS: readonly (Uint8Array | undefined)[] = Array.from({ length: 256 }, (_, byte) => {
  const literal = ['true', 'false', 'null'].find(text => text.charCodeAt(0) === byte)
  return literal === undefined ? undefined : new TextEncoder().encode(literal)
})
