import { performance } from 'node:perf_hooks'
import type { Bytes, Milliseconds } from '../../ground/units.ts'
import { SHORT_DOCUMENT } from './short-document.ts'

/** What is earned in a millisecond. A byte costs 0.3 to 1 ns: 0.8 to 2.5 % of the time. */
const EARNED = 25_000
/** The most that is saved up, and what a thread begins with. */
const MOST: Bytes = 4_000_000

/**
 * Decides whether a long document is checked in full, and whether its rest, behind the last value that is wanted, is
 * read. It is what a thread can spend on them: a share of its time, so that it costs at most 2.5 % of its rate. Up to
 * 25 MB of them a second are checked, all of them at fifty responses of 500 KB a second.
 */
export class Rests {
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

  /** More of what was admitted has come: what it costs beyond what is saved is paid for later. */
  charge(bytes: Bytes): void {
    this.#saved -= bytes
  }

  #earn(): void {
    const now = this.#now()
    this.#saved = Math.min(MOST, this.#saved + (now - this.#at) * EARNED)
    this.#at = now
  }
}

/** What the thread spends: one for all of its readers. */
export const threadRests = new Rests()
