/*
 * Hot: once a response of which something is read. Per response nothing is allocated but the values. What is needed
 * on the way (the places entered, what is settled, copies of what straddles chunks) belongs to the reader and is
 * used again. `fault` is made when somebody asks.
 *
 * The states here are those of the containers in which something is wanted; everything else, wanted values included,
 * is passed over by `Skipper`, and a wanted value is then made of the bytes between.
 */
import { getAt } from '../../expression/index.ts'
import type { Bytes } from '../../ground/units.ts'
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, isPlain, isSpace, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts'
import { describeFault, ENDED, TOO_LARGE } from './fault.ts'
import { Held } from './held.ts'
import { type Rests, threadRests } from './rests.ts'
import { scalarEnd } from './scalar-end.ts'
import { type Place, type Selection, selectPointers } from './selection.ts'
import { FAULT, MORE, Skipper } from './skipper.ts'
import { stringEnd } from './string-end.ts'
import { jsonString, jsonValue } from './values.ts'

export interface JsonReaderOptions {
  /** Most bytes held of one document: unfinished values and names. Default 16 MiB. */
  limit?: Bytes
  /**
   * Decides of which documents the rest is read, behind the last wanted value. Default: what the thread can spend on
   * that.
   */
  rests?: Rests
}

// Space may come before what these look for.
const VALUE = 0
const FIRST_ITEM = 1
const FIRST_KEY = 2
const KEY = 3
const AFTER_KEY = 4
const AFTER_VALUE = 5
const TAIL = 6
// Here it may not.
const START = 7
const IN_VALUE = 8
const IN_KEY = 9
const IN_REST_OF_ARRAY = 10
const STOPPED = 11

/** In place of an array's index. */
const OBJECT = -1

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** A string that is compared with the one before it is not longer. */
const LONGEST_KEPT: Bytes = 64

const NOTHING = selectPointers([])

export class JsonReader {
  /** By the index of the selection's pointers. */
  readonly values: unknown[] = []
  state: 'reading' | 'done' | 'failed' = 'done'
  /** Where the fault is, in bytes from the document's start; -1 without one. */
  errorOffset = -1
  readonly limit: Bytes
  readonly #rests: Rests

  #selection: Selection = NOTHING
  #step = START
  readonly #skipper = new Skipper()
  readonly #held = new Held()
  /** Containers entered because something is wanted in them, and the array's index (-1 for objects). */
  readonly #places: Place[] = []
  readonly #counts: number[] = []
  #level = 0
  /** The place of the value at hand. */
  #target: Place | undefined
  /** By slot: 1 when the value is known, be it `undefined`. */
  #settled = new Uint8Array(16)
  #pending = 0
  /** Everything has been known once; what comes now is the rest. */
  #isRest = false
  /** Where the rest begins that is to be kept if it is sound; -1 if none is. */
  #rest = -1
  /** The rest is read and paid for, chunk by chunk. */
  #isCharged = false
  #isWhole = false
  /** The name at hand is longer than all that are looked for. */
  #isTooLong = false
  /** Bytes of the chunks before. */
  #before: Bytes = 0
  #markBytes = 0
  /** The last byte that is no space, of a document whose rest was trusted. */
  #lastByte = 0
  #faultByte = ENDED

  constructor({ limit = 16 * 1024 * 1024, rests = threadRests }: JsonReaderOptions = {}) {
    this.limit = limit
    this.#rests = rests
  }

  /** Reads a document in one place. False: see `fault`. */
  read(selection: Selection, bytes: Uint8Array, from: number, to: number): boolean {
    this.begin(selection)
    this.#isWhole = true
    this.feed(bytes, from, to)
    const isSound = this.end()
    if (this.#rest >= 0 && isSound) selection.rest.keep(bytes, this.#rest, to)
    return isSound
  }

  /** A new document comes. */
  begin(selection: Selection): void {
    const count = selection.pointers.length
    this.#selection = selection
    if (count > this.#settled.length) this.#settled = new Uint8Array(count)
    for (let i = 0; i < count; i++) {
      this.values[i] = undefined
      this.#settled[i] = 0
    }
    this.#pending = count
    this.#isCharged = false
    this.#isRest = count === 0
    this.#isWhole = false
    this.#rest = -1
    this.#level = 0
    this.#target = selection.root
    this.#step = START
    this.#markBytes = 0
    this.#before = 0
    this.#held.clear()
    this.state = 'reading'
    this.errorOffset = -1
  }

  /** A part of the document, in the order in which they come. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.state === 'failed') return
    if (this.#isCharged) this.#rests.charge(to - from)
    if (this.#step !== STOPPED) this.#run(bytes, from, to)
    if (this.#step === STOPPED && !this.#isWhole) this.#lastByte = lastByte(bytes, from, to) ?? this.#lastByte
    this.#before += to - from
  }

  /** The document is complete. False: see `fault`. */
  end(): boolean {
    if (this.state === 'failed') return false
    if (this.#step === IN_VALUE && this.#level === 0 && this.#skipper.endsHere()) {
      this.#finish(this.#selection.root, this.#held.bytes, 0, 0)
      this.#step = TAIL
    }
    const isComplete =
      this.#step === TAIL || (this.#step === STOPPED && (this.#isWhole || this.#lastByte === this.#rootEnd()))
    if (isComplete) this.state = 'done'
    else this.#fail(this.#before, ENDED)
    return isComplete
  }

  /** Whether it failed because more would have to be held than is allowed. */
  get isTooLarge(): boolean {
    return this.state === 'failed' && this.#faultByte === TOO_LARGE
  }

  /** What is wrong, as a sentence. */
  get fault(): string {
    return describeFault(this.errorOffset, this.#faultByte, this.limit)
  }

  #run(bytes: Uint8Array, from: number, to: number): void {
    let p = from
    while (p < to) {
      if (this.#step <= TAIL) {
        while (p < to && isSpace(bytes[p]!)) p++
        if (p === to) return
      }
      p = this.#advance(bytes, p, from, to)
      if (p < 0) return
      if (this.#pending === 0 && !this.#isRest && this.#endsHere(this.#step, bytes, p, from, to)) this.#step = STOPPED
      if (this.#step === STOPPED) return
    }
  }

  /** Everything is known for the first time: whether the rest, from `p` on and of this state, is not read. */
  #endsHere(step: number, bytes: Uint8Array, p: number, from: number, to: number): boolean {
    this.#isRest = true
    const selection = this.#selection
    if (this.#level === 0) return false
    // What a server always does is never missed: the first rest is read, and all of them once one has made a
    // difference.
    if (selection.suspect || !selection.isTried) {
      selection.isTried = true
      return false
    }
    const { rest } = selection
    const isComparable = this.#isWhole && step === AFTER_VALUE
    if (isComparable && rest.matches(bytes, p, to, this.#level, this.#places, this.#counts)) return true
    this.#isCharged = this.#rests.admit(to - p, this.#isWhole)
    if (this.#isCharged && isComparable && rest.begin(to - p, this.#level, this.#places, this.#counts)) this.#rest = p
    if (this.#isCharged || (this.#isWhole && lastByte(bytes, from, to) !== this.#rootEnd())) return false
    this.#rests.unread++
    return true
  }

  /** One state further: the place behind what was read, MORE or FAULT. */
  #advance(bytes: Uint8Array, p: number, from: number, to: number): number {
    const byte = bytes[p]!
    switch (this.#step) {
      case FIRST_KEY:
        if (byte === CLOSE_BRACE) return this.#close(p)
        return byte === QUOTE ? this.#members(bytes, p, from, to) : this.#failAt(bytes, p, from)
      case KEY:
        return byte === QUOTE ? this.#members(bytes, p, from, to) : this.#failAt(bytes, p, from)
      case AFTER_KEY:
        if (byte !== COLON) return this.#failAt(bytes, p, from)
        this.#step = VALUE
        return p + 1
      case FIRST_ITEM:
        if (byte === CLOSE_BRACKET) return this.#close(p)
        return this.#startValue(byte, bytes, p, from, to)
      case VALUE:
        return this.#startValue(byte, bytes, p, from, to)
      case AFTER_VALUE: {
        const isObject = this.#counts[this.#level] === OBJECT
        if (byte === (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return this.#close(p)
        if (byte !== COMMA) return this.#failAt(bytes, p, from)
        if (isObject) this.#step = KEY
        else this.#nextItem()
        return p + 1
      }
      case IN_VALUE:
        return this.#value(bytes, p, from, to)
      case IN_KEY:
        return this.#longKey(bytes, p, p, from, to)
      case IN_REST_OF_ARRAY:
        return this.#restOfArray(bytes, p, from, to)
      case START:
        if (byte === BYTE_ORDER_MARK[this.#markBytes]) {
          this.#markBytes++
          return p + 1
        }
        if (this.#markBytes % BYTE_ORDER_MARK.length !== 0) return this.#failAt(bytes, p, from)
        this.#step = VALUE
        return isSpace(byte) ? p : this.#startValue(byte, bytes, p, from, to)
      default:
        return this.#failAt(bytes, p, from)
    }
  }

  #startValue(byte: number, bytes: Uint8Array, p: number, from: number, to: number): number {
    const target = this.#target
    if (target !== undefined && target.own === 0 && (byte === OPEN_BRACE || byte === OPEN_BRACKET)) {
      this.#level++
      this.#places[this.#level] = target
      if (byte === OPEN_BRACE) {
        this.#counts[this.#level] = OBJECT
        if (p + 1 < to && bytes[p + 1] === QUOTE) return this.#members(bytes, p + 1, from, to)
        this.#step = FIRST_KEY
      } else {
        this.#counts[this.#level] = 0
        this.#target = itemAt(target, 0)
        this.#step = FIRST_ITEM
      }
      return p + 1
    }
    this.#skipper.startValue()
    return this.#value(bytes, p, from, to)
  }

  #value(bytes: Uint8Array, p: number, from: number, to: number): number {
    const target = this.#target
    const end = this.#skipper.skip(bytes, p, to)
    if (end === FAULT) return this.#failAt(bytes, this.#skipper.at, from)
    if (end === MORE) {
      this.#step = IN_VALUE
      return target !== undefined && target.own > 0 ? this.#hold(bytes, p, to, from) : MORE
    }
    if (target !== undefined) this.#finish(target, bytes, p, end)
    this.#step = this.#level === 0 ? TAIL : AFTER_VALUE
    return end
  }

  /** A value that is wanted, or would have to be a container for something in it to be. */
  #finish(target: Place, bytes: Uint8Array, from: number, end: number): void {
    if (target.own > 0) {
      const value = this.#held.size === 0 ? textOrValue(target, bytes, from, end) : this.#longValue(bytes, from, end)
      const { order, below } = this.#selection
      for (let slot = target.first; slot < target.last; slot++) {
        const pointer = below[slot]
        this.values[order[slot]!] = pointer === undefined ? value : getAt(value, pointer)
      }
    }
    this.#settle(target)
  }

  /** A value of which a part is held. */
  #longValue(bytes: Uint8Array, from: number, end: number): unknown {
    const value = jsonValue(this.#whole(bytes, from, end), 0, this.#held.size)
    this.#held.clear()
    return value
  }

  /** What is held, and these bytes behind it. */
  #whole(bytes: Uint8Array, from: number, end: number): Uint8Array {
    this.#held.add(bytes, from, end)
    return this.#held.bytes
  }

  /**
   * The members of an object, from a name's quote on, in one go as long as nothing is wanted within their values.
   * Ends, anywhere, with the state of the place that is returned.
   */
  #members(bytes: Uint8Array, start: number, from: number, to: number): number {
    const place = this.#places[this.#level]!
    let p = start
    for (;;) {
      let end = p + 1
      while (end < to && isPlain(bytes[end]!)) end++
      if (end >= to || bytes[end] !== QUOTE || place.odd) {
        this.#skipper.startString()
        this.#isTooLong = false
        return this.#longKey(bytes, p + 1, p, from, to)
      }
      const child = childNamed(place, bytes, p + 1, end)
      if (child !== undefined) this.#forget(child)
      p = end + 1
      while (p < to && isSpace(bytes[p]!)) p++
      if (p === to || bytes[p] !== COLON) return this.#leave(AFTER_KEY, child, p)
      p++
      while (p < to && isSpace(bytes[p]!)) p++
      if (p === to || (child !== undefined && child.own === 0)) return this.#leave(VALUE, child, p)
      const byte = bytes[p]!
      if (byte === QUOTE) {
        end = p + 1
        while (end < to && isPlain(bytes[end]!)) end++
        end = end < to && bytes[end] === QUOTE ? end + 1 : stringEnd(bytes, p + 1, to)
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) end = this.#skipper.glance(bytes, p, to)
      else end = scalarEnd(bytes, p, to)
      if (end < 0) return this.#leave(VALUE, child, p)
      if (child !== undefined) {
        this.#finish(child, bytes, p, end)
        if (this.#pending === 0 && !this.#isRest && this.#endsHere(AFTER_VALUE, bytes, end, from, to))
          return this.#leave(STOPPED, child, end)
      }
      p = end
      while (p < to && isSpace(bytes[p]!)) p++
      if (p < to && bytes[p] === CLOSE_BRACE) return this.#close(p)
      if (p === to || bytes[p] !== COMMA) return this.#leave(AFTER_VALUE, child, p)
      p++
      while (p < to && isSpace(bytes[p]!)) p++
      if (p === to || bytes[p] !== QUOTE) return this.#leave(KEY, child, p)
    }
  }

  #leave(step: number, target: Place | undefined, p: number): number {
    this.#step = step
    this.#target = target
    return p
  }

  /** A name with escapes, or across chunks: compared as text. `kept` is where its bytes begin in this chunk. */
  #longKey(bytes: Uint8Array, p: number, kept: number, from: number, to: number): number {
    const place = this.#places[this.#level]!
    const end = this.#skipper.skip(bytes, p, to)
    if (end === FAULT) return this.#failAt(bytes, this.#skipper.at, from)
    if (end === MORE) {
      this.#step = IN_KEY
      if (this.#held.size + to - kept > place.longest) {
        this.#isTooLong = true
        this.#held.clear()
      }
      return this.#isTooLong ? MORE : this.#hold(bytes, kept, to, from)
    }
    if (this.#isTooLong) {
      this.#enter(undefined)
      return end
    }
    const token =
      this.#held.size === 0
        ? jsonString(bytes, kept, end)
        : jsonString(this.#whole(bytes, kept, end), 0, this.#held.size)
    this.#held.clear()
    this.#enter(place.children.find(child => child.token === token))
    return end
  }

  #enter(target: Place | undefined): void {
    this.#target = target
    this.#step = AFTER_KEY
    if (target !== undefined) this.#forget(target)
  }

  /** A member begins. If its name has come before, what was read then no longer counts. */
  #forget(place: Place): void {
    for (let slot = place.first; slot < place.last; slot++) {
      if (this.#settled[slot] === 0) continue
      this.#settled[slot] = 0
      this.#pending++
      this.values[this.#selection.order[slot]!] = undefined
      if (this.#isRest) this.#selection.suspect = true
    }
  }

  #settle(place: Place): void {
    for (let slot = place.first; slot < place.last; slot++) {
      if (this.#settled[slot] === 1) continue
      this.#settled[slot] = 1
      this.#pending--
    }
  }

  #close(p: number): number {
    this.#settle(this.#places[this.#level]!)
    this.#level--
    this.#step = this.#level === 0 ? TAIL : AFTER_VALUE
    return p + 1
  }

  #nextItem(): void {
    const place = this.#places[this.#level]!
    const index = this.#counts[this.#level]! + 1
    this.#counts[this.#level] = index
    if (index > place.lastIndex) {
      this.#skipper.startInArray()
      this.#step = IN_REST_OF_ARRAY
    } else {
      this.#target = itemAt(place, index)
      this.#step = VALUE
    }
  }

  #restOfArray(bytes: Uint8Array, p: number, from: number, to: number): number {
    const end = this.#skipper.skip(bytes, p, to)
    if (end === FAULT) return this.#failAt(bytes, this.#skipper.at, from)
    return end === MORE ? MORE : this.#close(end - 1)
  }

  #rootEnd(): number {
    return this.#counts[1] === OBJECT ? CLOSE_BRACE : CLOSE_BRACKET
  }

  #hold(bytes: Uint8Array, kept: number, to: number, from: number): number {
    if (this.#held.size + to - kept > this.limit) return this.#fail(this.#before + kept - from, TOO_LARGE)
    this.#held.add(bytes, kept, to)
    return MORE
  }

  #failAt(bytes: Uint8Array, p: number, from: number): number {
    return this.#fail(this.#before + p - from, bytes[p]!)
  }

  #fail(offset: number, byte: number): number {
    if (this.#isRest) this.#selection.suspect = true
    this.state = 'failed'
    this.errorOffset = offset
    this.#faultByte = byte
    this.#held.clear()
    return FAULT
  }
}

function itemAt({ children }: Place, index: number): Place | undefined {
  for (let i = 0; i < children.length; i++) if (children[i]!.index === index) return children[i]
  return undefined
}

function childNamed({ children }: Place, bytes: Uint8Array, from: number, to: number): Place | undefined {
  for (let i = 0; i < children.length; i++) {
    if (children[i]!.size !== to - from) continue
    const name = children[i]!.name!
    let n = 0
    while (n < name.length && name[n] === bytes[from + n]) n++
    if (n === name.length) return children[i]
  }
  return undefined
}

/** A string that is the one that stood there last, as a status often is, is not made again. */
function textOrValue(place: Place, bytes: Uint8Array, from: number, end: number): unknown {
  const last = place.text
  const length = end - from - 2
  if (bytes[from] === QUOTE && last.length === length) {
    let n = 0
    while (n < length && last.charCodeAt(n) === bytes[from + 1 + n]) n++
    if (n === length) return last
  }
  const value = jsonValue(bytes, from, end)
  // One with other than ASCII has fewer characters than bytes, or the one for what is no UTF-8.
  if (typeof value === 'string' && length <= LONGEST_KEPT && value.length === length) place.text = value
  return value
}

function lastByte(bytes: Uint8Array, from: number, to: number): number | undefined {
  let p = to - 1
  while (p >= from && isSpace(bytes[p]!)) p--
  return p < from ? undefined : bytes[p]
}
