import { performance } from 'node:perf_hooks'
import type { Bytes, Milliseconds } from '../../ground/units.ts'
import { lastByte } from './bytes.ts'
import type { Containers } from './containers.ts'
import { type Selection, selectPointers } from './selection.ts'

/**
 * Unwanted parts of the current document: whether all of it is checked, and whether the rest behind all that is wanted
 * is read or left.
 */
export class Rest {
  /** Everything has been known once; what comes now is the rest. */
  hasBegun = false
  /** The document is longer than the length that is always checked. */
  isLong = false
  #length: Bytes = -1
  /** Received bytes, including the current chunk. */
  #come: Bytes = 0
  readonly #rests: RemainingPaths
  /** The containers that are entered in the document. */
  readonly #entered: Containers
  #selection: Selection = selectPointers([])
  /** It is read and paid for, chunk by chunk. */
  #isCharged = false
  /** The whole document is read, at any cost. */
  #isFree = false
  #isCounted = false

  constructor(rests: RemainingPaths, entered: Containers) {
    this.#rests = rests
    this.#entered = entered
  }

  /**
   * A new document comes.
   * @param length in bytes; less where it is not known.
   */
  begin(selection: Selection, length: Bytes): void {
    this.#selection = selection
    this.hasBegun = selection.pointers.length === 0
    this.#length = length
    this.#come = 0
    this.isLong = false
    this.#isCharged = false
    this.#isFree = false
    this.#isCounted = false
  }

  /**
   * So many bytes come, which were charged: whether from here on not all is checked, because the document is long. Once
   * it is, that is decided, and paid.
   */
  mayLeap(bytes: Bytes): boolean {
    if (this.isLong || Math.max(this.#length, this.#come) <= this.#rests.always) return false
    this.isLong = true
    if (this.hasBegun) return false
    // Constant faults are never missed: the first document is checked, and all documents after a fault.
    const selection = this.#selection
    this.#isFree = selection.suspect || !selection.hasLong
    selection.hasLong = true
    this.#isCharged = !this.#isFree && this.#rests.admit(bytes)
    return !this.#isFree && !this.#isCharged
  }

  /** Something of the document was passed over unchecked. */
  count(): void {
    if (!this.#isCounted) this.#rests.unchecked++
    this.#isCounted = true
  }

  /** So many bytes come. */
  charge(bytes: Bytes): void {
    this.#come += bytes
    if (this.#isCharged) this.#rests.charge(bytes)
  }

  /**
   * The rest begins at `p`: whether it is left.
   * @param isWhole whether the document ends at `to`.
   */
  isLeft(bytes: Uint8Array, p: number, to: number, isWhole: boolean): boolean {
    const selection = this.#selection
    this.hasBegun = true
    if (this.#entered.level === 0) return false
    // RemainingPaths are treated in the same way.
    if (selection.suspect || !selection.isTried || this.#isFree) {
      selection.isTried = true
      return false
    }
    // Less than nothing where it is not known.
    const toCome = isWhole ? 0 : this.#length - this.#come
    const isShort = toCome >= 0 && to - p + toCome <= this.#rests.always
    if (!isShort) this.#isCharged ||= this.#rests.admit(to - p)
    if (isShort || this.#isCharged || (isWhole && lastByte(bytes, p, to) !== this.#entered.rootEnd)) return false
    this.count()
    return true
  }
}

/**
 * Up to this length a document is held and checked in any case: that costs less than to receive it. And so is a rest of
 * a document.
 */
export const SHORT_DOCUMENT: Bytes = 65_536

/** Bytes that may be read per millisecond. A byte costs 0.3 to 1 ns: 0.8 to 2.5 % of the time. */
const EARNED = 25_000
/** The most that is saved up, and what a thread begins with. */
const MOST: Bytes = 4_000_000

/**
 * Decides whether a long document is checked in full, and whether its rest, behind the last value that is wanted, is
 * read. It is what a thread can spend on them: a share of its time, so that it costs at most 2.5 % of its rate. Up to
 * 25 MB of them a second are checked, all of them at fifty responses of 500 KB a second.
 */
export class RemainingPaths {
  /** Documents that were not checked in full. */
  unchecked = 0
  readonly always: Bytes
  readonly #now: () => Milliseconds
  #saved = MOST
  /** When `#saved` was reckoned last. */
  #at: Milliseconds

  /**
   * @param now the clock that time is taken from.
   * @param always the length up to which everything is checked.
   */
  constructor(now: () => Milliseconds = () => performance.now(), always = SHORT_DOCUMENT) {
    this.always = always
    this.#now = now
    this.#at = now()
  }

  /** Whether a document, or a rest, of which so many bytes are there is to be checked; they are paid for then. */
  admit(bytes: Bytes): boolean {
    if (this.#saved <= 0) this.#earn()
    if (this.#saved <= 0) return false
    this.#saved -= bytes
    return true
  }

  /** Charges further bytes of an admitted body. A debt is paid back later. */
  charge(bytes: Bytes): void {
    this.#saved -= bytes
  }

  #earn(): void {
    const now = this.#now()
    this.#saved = Math.min(MOST, this.#saved + (now - this.#at) * EARNED)
    this.#at = now
  }
}

/** Budget of the thread, shared by all of its readers. */
export const threadRests = new RemainingPaths()
