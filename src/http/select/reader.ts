/*
 * Hot: once per response that is read. Allocates nothing per response except the values. Working memory (entered
 * places, settled values, copies of bytes that span chunks) belongs to the reader and is reused. `fault` is created on
 * demand.
 *
 * The states here are those of the containers that contain wanted values. Everything else, also wanted values, is
 * skipped by `Skipper`, and a wanted value is then created from the skipped bytes.
 */

import { Buffer, isUtf8 } from 'node:buffer'
import type { Fault } from '../../ground/fault.ts'
import { type Bytes, formatBytes } from '../../ground/units.ts'
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isOpening,
  isSpace,
  lastByte,
  OPEN_BRACE,
  QUOTE,
} from './bytes.ts'
import { Containers, Found } from './containers.ts'
import { pluck } from './pluck.ts'
import { type RemainingPaths, Rest, threadRests } from './rest.ts'
import { CLOSED, forgetCopies, scalarEnd, stringEnd } from './scan.ts'
import { type Place, type Selection, selectPointers } from './selection.ts'
import { FAULT, MORE, Skipper } from './skipper.ts'
import * as STEP from './steps.ts'
import { jsonString, jsonValue, Output } from './values.ts'

/** Copies that are longer are released with their document. */
const KEPT: Bytes = 64 * 1024
/** A string that is compared with the one before it is not longer. */
const LONGEST_KEPT: Bytes = 64

/** The wanted item of an array. */
function itemAt({ children }: Place, index: number): Place | undefined {
  for (let i = 0; i < children.length; i++) if (children[i]!.index === index) return children[i]
  return undefined
}

/** The first index from this one on of which the item is wanted; this one, where none is. */
function indexFrom({ children }: Place, index: number): number {
  let first = Number.POSITIVE_INFINITY
  for (let i = 0; i < children.length; i++) {
    const other = children[i]!.index
    if (other >= index && other < first) first = other
  }
  return first === Number.POSITIVE_INFINITY ? index : first
}

/** The wanted member whose name is these bytes. */
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

/**
 * Reads the wanted values from the bytes of a value.
 * @param isLast whether the document is released afterwards: parts needed for an explanation are then read as a whole.
 */
function takeWanted(
  found: Found,
  selection: Selection,
  place: Place,
  bytes: Uint8Array,
  from: number,
  end: number,
  isLast: boolean,
): void {
  const plucked = isLast ? place.lastPlucked : place.plucked
  if (plucked.length < place.last - place.first) found.take(selection, place, textOrValue(place, bytes, from, end))
  for (const plucking of plucked)
    found.values[plucking.index] = pluck(plucking, bytes, from, end) ?? jsonValue(bytes, from, end)
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
  // One with other than ASCII has fewer characters than bytes.
  if (typeof value === 'string' && length <= LONGEST_KEPT && value.length === length) place.text = value
  return value
}

export class JsonReader {
  state: 'reading' | 'done' | 'failed' = 'done'
  /** Offset of the fault, in bytes from the document's start; -1 without one. */
  errorOffset = -1
  readonly limit: Bytes

  #selection: Selection = selectPointers([])
  #step = STEP.START
  readonly #skipper: Skipper
  /** Copies of bytes that span chunks. */
  readonly #held = new Output()
  readonly #around = new Containers()
  /** Place of the current value. */
  #target: Place | undefined
  readonly #found = new Found()
  /** Values by the index of the selection's pointers. */
  readonly values: readonly unknown[] = this.#found.values
  readonly #rest: Rest
  readonly #utf8 = new Utf8Check()
  #isWhole = false
  /** The current name is longer than all wanted names. */
  #isTooLong = false
  /** Bytes of the chunks before. */
  #before: Bytes = 0
  #markBytes = 0
  /** The last byte that is not space, of a document whose rest was left. */
  #lastByte = 0
  #faultByte = ENDED

  constructor({ limit = 16 * 1024 * 1024, rests = threadRests, scans = true }: JsonReaderOptions = {}) {
    this.limit = limit
    this.#skipper = new Skipper(scans)
    this.#rest = new Rest(rests, this.#around)
  }

  /** Reads a document in one place. False: see `fault`. */
  read(selection: Selection, bytes: Uint8Array, from: number, to: number): boolean {
    this.begin(selection)
    if (this.#readWhole(bytes, from, to)) return true
    if (!this.#skipper.hasLeapt) return false
    // Only a check of everything, as from now on, finds where the fault is.
    this.begin(selection)
    return this.#readWhole(bytes, from, to)
  }

  #readWhole(bytes: Uint8Array, from: number, to: number): boolean {
    this.#isWhole = true
    this.feed(bytes, from, to)
    return this.end()
  }

  /**
   * A new document comes.
   * @param length in bytes, where it is known before it has come.
   */
  begin(selection: Selection, length: Bytes = -1): void {
    this.#selection = selection
    this.#found.begin(selection.pointers.length)
    this.#rest.begin(selection, length)
    this.#isWhole = false
    this.#skipper.begin()
    this.#utf8.begin()
    this.#around.level = 0
    this.#target = selection.root
    this.#step = STEP.START
    this.#markBytes = 0
    this.#before = 0
    this.#release()
    this.state = 'reading'
    this.errorOffset = -1
  }

  /** A part of the document, in the order in which they come. */
  feed(bytes: Uint8Array, from: number, to: number): void {
    if (this.state === 'failed') return
    forgetCopies()
    this.#rest.charge(to - from)
    if (this.#rest.mayLeap(to - from)) this.#skipper.trust()
    const end = this.#step === STEP.STOPPED ? from : this.#run(bytes, from, to)
    const fault = end > from ? this.#utf8.faultIn(bytes, from, end) : undefined
    if (fault !== undefined) this.#fail(this.#before + fault - from, NOT_UTF8)
    if (this.#step === STEP.STOPPED && !this.#isWhole) this.#lastByte = lastByte(bytes, from, to) ?? this.#lastByte
    this.#before += to - from
    forgetCopies()
  }

  /** The document is complete. False: see `fault`. */
  end(): boolean {
    if (this.state === 'failed') return false
    if (this.#step === STEP.IN_VALUE && this.#around.level === 0 && this.#skipper.endsHere()) {
      this.#finish(this.#selection.root, this.#held.bytes, 0, 0)
      this.#step = STEP.TAIL
    }
    const isComplete =
      this.#step === STEP.TAIL ||
      (this.#step === STEP.STOPPED && (this.#isWhole || this.#lastByte === this.#around.rootEnd))
    if (isComplete) {
      this.state = 'done'
      if (this.#skipper.hasLeapt) this.#rest.count()
    } else this.#fail(this.#before, ENDED)
    return isComplete
  }

  /** Whether it failed because more would have to be held than is allowed. */
  get isTooLarge(): boolean {
    return this.state === 'failed' && this.#faultByte === TOO_LARGE
  }

  get fault(): Fault {
    return describeFault(this.errorOffset, this.#faultByte, this.limit, this.#skipper.hasLeapt)
  }

  /** The place up to which the chunk was read. */
  #run(bytes: Uint8Array, from: number, to: number): number {
    let p = from
    while (p < to) {
      if (this.#step <= STEP.TAIL) {
        while (p < to && isSpace(bytes[p]!)) p++
        if (p === to) return to
      }
      p = this.#advance(bytes, p, from, to)
      if (p < 0) return p === FAULT ? from + this.errorOffset - this.#before : to
      if (this.#found.pending === 0 && !this.#rest.hasBegun && this.#endsHere(bytes, p, to)) this.#step = STEP.STOPPED
      if (this.#step === STEP.STOPPED) return p
    }
    return p
  }

  /** Everything is known for the first time: whether the rest, from `p` on, is not read. */
  #endsHere(bytes: Uint8Array, p: number, to: number): boolean {
    this.#skipper.distrust()
    return this.#rest.isLeft(bytes, p, to, this.#isWhole)
  }

  /** One state further: the place behind what was read, MORE or FAULT. */
  #advance(bytes: Uint8Array, p: number, from: number, to: number): number {
    const byte = bytes[p]!
    switch (this.#step) {
      case STEP.FIRST_KEY:
        if (byte === CLOSE_BRACE) return this.#close(p)
        return byte === QUOTE ? this.#members(bytes, p, from, to) : this.#failAt(bytes, p, from)
      case STEP.KEY:
        return byte === QUOTE ? this.#members(bytes, p, from, to) : this.#failAt(bytes, p, from)
      case STEP.AFTER_KEY:
        if (byte !== COLON) return this.#failAt(bytes, p, from)
        return this.#leave(STEP.VALUE, this.#target, p + 1)
      case STEP.FIRST_ITEM:
        if (byte === CLOSE_BRACKET) return this.#close(p)
        return this.#startValue(byte, bytes, p, from, to)
      case STEP.VALUE:
        return this.#startValue(byte, bytes, p, from, to)
      case STEP.AFTER_VALUE:
        if (byte === this.#around.end) return this.#close(p)
        if (byte !== COMMA) return this.#failAt(bytes, p, from)
        if (!this.#around.isObject) return this.#nextItem(bytes, p + 1, to)
        return this.#leave(STEP.KEY, undefined, p + 1)
      case STEP.IN_VALUE:
        return this.#value(bytes, p, from, to)
      case STEP.IN_KEY:
        return this.#longKey(bytes, p, p, from, to)
      case STEP.IN_REST_OF_ARRAY: {
        const end = this.#skipper.skip(bytes, p, to)
        if (end === FAULT) return this.#failAt(bytes, this.#skipper.at, from)
        return end === MORE ? MORE : this.#close(end - 1)
      }
      case STEP.START:
        if (byte === BYTE_ORDER_MARK[this.#markBytes]) {
          this.#markBytes++
          return p + 1
        }
        if (this.#markBytes % BYTE_ORDER_MARK.length !== 0) return this.#failAt(bytes, p, from)
        this.#step = STEP.VALUE
        return isSpace(byte) ? p : this.#startValue(byte, bytes, p, from, to)
      default:
        return this.#failAt(bytes, p, from)
    }
  }

  #startValue(byte: number, bytes: Uint8Array, p: number, from: number, to: number): number {
    const target = this.#target
    if (target !== undefined && target.own === 0 && isOpening(byte)) {
      if (byte === OPEN_BRACE) {
        this.#around.enterObject(target)
        if (p + 1 < to && bytes[p + 1] === QUOTE) return this.#members(bytes, p + 1, from, to)
        this.#step = STEP.FIRST_KEY
      } else {
        this.#around.enterArray(target)
        this.#step = STEP.FIRST_ITEM
        return this.#item(0, bytes, p + 1, to)
      }
      return p + 1
    }
    this.#skipper.startValue(target !== undefined && target.own > 0)
    return this.#value(bytes, p, from, to)
  }

  #value(bytes: Uint8Array, p: number, from: number, to: number): number {
    const target = this.#target
    const end = this.#skipper.skip(bytes, p, to)
    if (end === FAULT) return this.#failAt(bytes, this.#skipper.at, from)
    if (end === MORE) {
      this.#step = STEP.IN_VALUE
      return target !== undefined && target.own > 0 ? this.#hold(bytes, p, to, from) : MORE
    }
    if (target !== undefined) this.#finish(target, bytes, p, end)
    this.#step = this.#around.level === 0 ? STEP.TAIL : STEP.AFTER_VALUE
    return end
  }

  /** A value that is wanted, or would have to be a container for something in it to be. */
  #finish(target: Place, bytes: Uint8Array, from: number, end: number): void {
    if (target.own > 0) {
      if (this.#held.size === 0) takeWanted(this.#found, this.#selection, target, bytes, from, end, !this.#isWhole)
      else {
        this.#held.put(bytes, from, end)
        forgetCopies()
        takeWanted(this.#found, this.#selection, target, this.#held.bytes, 0, this.#held.size, true)
        this.#release()
      }
    }
    this.#found.settle(target)
  }

  /**
   * The members of an object, from a name's quote on, in one go as long as nothing is wanted within their values.
   * Ends, anywhere, with the state of the place that is returned.
   */
  #members(bytes: Uint8Array, start: number, from: number, to: number): number {
    const place = this.#around.place
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
      if (p === to || bytes[p] !== COLON) return this.#leave(STEP.AFTER_KEY, child, p)
      p++
      while (p < to && isSpace(bytes[p]!)) p++
      if (p === to || (child !== undefined && child.own === 0)) return this.#leave(STEP.VALUE, child, p)
      end = valueEnd(this.#skipper, bytes, p, to, child !== undefined)
      if (end < 0 && this.#skipper.isLeaping) return this.#leave(STEP.IN_VALUE, child, to)
      if (end < 0) return this.#leave(STEP.VALUE, child, p)
      if (child !== undefined) {
        this.#finish(child, bytes, p, end)
        if (this.#found.pending === 0 && !this.#rest.hasBegun && this.#endsHere(bytes, end, to))
          return this.#leave(STEP.STOPPED, child, end)
      }
      p = end
      while (p < to && isSpace(bytes[p]!)) p++
      if (p < to && bytes[p] === CLOSE_BRACE) return this.#close(p)
      if (p === to || bytes[p] !== COMMA) return this.#leave(STEP.AFTER_VALUE, child, p)
      p++
      while (p < to && isSpace(bytes[p]!)) p++
      if (p === to || bytes[p] !== QUOTE) return this.#leave(STEP.KEY, child, p)
    }
  }

  #leave(step: number, target: Place | undefined, p: number): number {
    this.#step = step
    this.#target = target
    return p
  }

  /** A name with escapes, or across chunks: compared as text. `kept` is where its bytes begin in this chunk. */
  #longKey(bytes: Uint8Array, p: number, kept: number, from: number, to: number): number {
    const place = this.#around.place
    const end = this.#skipper.skip(bytes, p, to)
    if (end === FAULT) return this.#failAt(bytes, this.#skipper.at, from)
    if (end === MORE) {
      this.#step = STEP.IN_KEY
      if (this.#held.size + to - kept > place.longest) {
        this.#isTooLong = true
        this.#release()
      }
      return this.#isTooLong ? MORE : this.#hold(bytes, kept, to, from)
    }
    if (this.#isTooLong) {
      this.#enter(undefined)
      return end
    }
    const token = this.#heldText(bytes, kept, end)
    this.#enter(place.children.find(child => child.token === token))
    return end
  }

  #enter(target: Place | undefined): void {
    this.#target = target
    this.#step = STEP.AFTER_KEY
    if (target !== undefined) this.#forget(target)
  }

  /** A member begins. If its name has come before, what was read then no longer counts. */
  #forget(place: Place): void {
    if (this.#found.forget(this.#selection, place) && this.#rest.hasBegun) this.#selection.suspect = true
  }

  #close(p: number): number {
    this.#found.settle(this.#around.place)
    this.#around.level--
    this.#step = this.#around.level === 0 ? STEP.TAIL : STEP.AFTER_VALUE
    return p + 1
  }

  #nextItem(bytes: Uint8Array, p: number, to: number): number {
    const index = this.#around.next()
    if (index > this.#around.place.lastIndex) {
      this.#skipper.startInArray()
      return this.#leave(STEP.IN_REST_OF_ARRAY, undefined, p)
    }
    this.#step = STEP.VALUE
    return this.#item(index, bytes, p, to)
  }

  /** Moves to the item with this index, or first skips as many unwanted items as possible. */
  #item(index: number, bytes: Uint8Array, p: number, to: number): number {
    const place = this.#around.place
    this.#target = itemAt(place, index)
    const unwanted = this.#target === undefined ? indexFrom(place, index) - index : 0
    const passed = unwanted === 0 ? 0 : this.#skipper.passItems(bytes, p, to, unwanted)
    if (passed === 0) return p
    if (passed === CLOSED) return this.#leave(STEP.AFTER_VALUE, undefined, this.#skipper.at)
    this.#around.skip(passed)
    return this.#leave(STEP.VALUE, itemAt(place, index + passed), this.#skipper.at)
  }

  #hold(bytes: Uint8Array, kept: number, to: number, from: number): number {
    if (this.#held.size + to - kept > this.limit) return this.#fail(this.#before + kept - from, TOO_LARGE)
    this.#held.put(bytes, kept, to)
    return MORE
  }

  /** The string that ends before `to`, quotes included: it begins with what is held, or else at `from`. */
  #heldText(bytes: Uint8Array, from: number, to: number): string {
    if (this.#held.size === 0) return jsonString(bytes, from, to)
    this.#held.put(bytes, from, to)
    const text = jsonString(this.#held.bytes, 0, this.#held.size)
    this.#release()
    return text
  }

  #release(): void {
    this.#held.clear()
    this.#held.letGo(KEPT)
  }

  #failAt(bytes: Uint8Array, p: number, from: number): number {
    return this.#fail(this.#before + p - from, bytes[p]!)
  }

  #fail(offset: number, byte: number): number {
    if ((this.#rest.hasBegun || this.#rest.isLong) && byte !== TOO_LARGE) this.#selection.suspect = true
    this.state = 'failed'
    this.errorOffset = offset
    this.#faultByte = byte
    this.#release()
    return FAULT
  }
}

/** UTF-8's, which may come before a document. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/** Does what the table says, faster where strings are short. */
const isPlain = (byte: number): boolean => (byte > QUOTE ? byte !== BACKSLASH : byte === 0x20 || byte === 0x21)

interface JsonReaderOptions {
  /** Most bytes held of one document: unfinished values and names. Default 16 MiB. */
  limit?: Bytes
  /**
   * Decides of which documents the rest is read, behind the last wanted value. Default: what the thread can spend on
   * that.
   */
  rests?: RemainingPaths
  /** Whether WebAssembly passes over large values, where the machine has SIMD. Default true. */
  scans?: boolean
}

// Hot: each member of an object in which something is wanted passes here.

/** Strings that are as long are looked through by a call. */
const NEAR: Bytes = 32

/** The place behind the value at `p`; less than 0 if it is not passed in one go (see `Skipper.glance`). */
function valueEnd(skipper: Skipper, bytes: Uint8Array, p: number, to: number, isWanted: boolean): number {
  const byte = bytes[p]!
  if (byte !== QUOTE) return isOpening(byte) ? skipper.glance(bytes, p, to, isWanted) : scalarEnd(bytes, p, to)
  let end = p + 1
  const near = Math.min(to, end + NEAR)
  while (end < near && isPlain(bytes[end]!)) end++
  return end < near && bytes[end] === QUOTE ? end + 1 : stringEnd(bytes, end, to)
}

/** Instead of the byte at fault: the document ended, more would have to be held than is allowed, or it is not UTF-8. */
const ENDED = -1
const TOO_LARGE = -2
const NOT_UTF8 = -3

/**
 * `byte` is the byte at `offset`, or one of the above.
 * @param isRough whether not all before it was checked.
 */
function describeFault(offset: number, byte: number, limit: Bytes, isRough: boolean): Fault {
  const fault = (found: string, advice?: string): Fault => ({ verb: 'read', thing: 'the body as JSON', found, advice })
  const before = isRough ? ', or there is a fault before that' : ''
  if (byte === ENDED) {
    const found = `it ends after ${offset} bytes, before its value is complete${before}`
    return fault(offset === 0 ? 'it is empty' : found)
  }
  if (byte === NOT_UTF8)
    return fault(`its text is not UTF-8 at byte ${offset}`, 'Send JSON as UTF-8, or name its charset in Content-Type.')
  if (byte !== TOO_LARGE) return fault(`unexpected ${nameOf(byte)} at byte ${offset}${before}`)
  const found = `a value that is read from it is still not complete after ${formatBytes(limit)}`
  return fault(found, 'Read a smaller part of it, or raise the limit.')
}

function nameOf(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return JSON.stringify(String.fromCharCode(byte))
  return `byte 0x${byte.toString(16).padStart(2, '0')}`
}

/** Bytes of a document that is looked through here: a call of `isUtf8` would take longer. */
const SHORT = 96

const none = Buffer.alloc(0)
const REPLACEMENT = '\ufffd'

/**
 * Finds what is not UTF-8 in a document that comes chunk by chunk. Costs up to 0.1 us a chunk and 0.03 ns a byte of
 * ASCII (0.12 of other text), and allocates only if a chunk ends within a character.
 */
class Utf8Check {
  /** The first bytes of a character of which the others are in the next chunk. */
  #begun = none

  begin(): void {
    this.#begun = none
  }

  /** The place of the first byte that is not UTF-8, in `bytes` or, less than `from`, in the chunk before. */
  faultIn(bytes: Uint8Array, from: number, to: number): number | undefined {
    if (to - from <= SHORT && this.#begun === none && isAscii(bytes, from, to)) return undefined
    const chunk = from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)
    if (this.#begun === none && isUtf8(chunk)) return undefined
    const before = this.#begun.length
    const text = Buffer.concat([this.#begun, chunk])
    const end = wholeUntil(text)
    this.#begun = end === text.length ? none : text.subarray(end)
    const whole = text.subarray(0, end)
    return isUtf8(whole) ? undefined : from - before + faultOf(whole)
  }
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let [all, p] = [0, from]
  for (; p + 4 <= to; p += 4) all |= bytes[p]! | bytes[p + 1]! | bytes[p + 2]! | bytes[p + 3]!
  for (; p < to; p++) all |= bytes[p]!
  return all < 0x80
}

/** The place before the character that goes on behind these bytes; their end if none does. */
function wholeUntil(bytes: Uint8Array): number {
  for (let n = 1; n <= Math.min(3, bytes.length); n++) {
    const byte = bytes[bytes.length - n]!
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > n ? bytes.length - n : bytes.length
    if (byte < 0x80) break
  }
  return bytes.length
}

/** The place of the first byte that is decoded as U+FFFD without being a part of one. */
function faultOf(bytes: Buffer): number {
  const text = bytes.toString('utf8')
  let place = 0
  for (let from = 0; ; from++) {
    const found = text.indexOf(REPLACEMENT, from)
    if (found < 0) return place
    place += Buffer.byteLength(text.slice(from, found))
    if (!bytes.subarray(place, place + 3).equals(Buffer.from(REPLACEMENT))) return place
    place += 3
    from = found
  }
}
