// Hot file. Allocated per request: nothing; at most one `setImmediate` a turn of the event loop.

import { setImmediate } from '../../ground/timers.ts'

/** What holds a request that is to be written. */
export interface Sender {
  /** Whether more of what was just read may still come in the same turn: records of TLS come one by one. */
  readonly isReadInParts: boolean
  /** Writes the request, if it is still to be written. */
  dispatch(): void
}

/** Turns over which requests are counted. */
const TURNS = 32
/** Requests a turn, on average, from which on it pays to write them together. */
const SEVERAL = 2
/** Responses whose requests are written at once before turns are counted again. */
const RESPONSES = 1_000

/**
 * Holds the requests that come about while responses are read, and those between `cork` and `uncork`.
 *
 * Where turns of the event loop bring several, they are written together once all that has come is read. A server
 * that is faster than we are would otherwise fall asleep between two requests, and be woken up for each: of what the
 * system does for a write, waking a process on another core is the dearest part. It also lets responses be seen, and
 * their time be taken, before the next requests are written. Node reads sockets in the poll phase of its loop; the
 * check phase, in which `setImmediate` calls back, comes next.
 *
 * Where a turn rarely brings more than one, as at a modest rate, waiting for that phase costs much and gains nothing:
 * each is written as soon as its response has been told. Not over TLS: bytes behind a response that nobody asked for
 * may come in the next record, and have to be seen first.
 */
export class Outbox {
  /** How many responses are being told, one within another. */
  #telling = 0
  #isCorked = false
  /** Whether `#onTurn` will be called. */
  #isBooked = false
  /** Turns that were counted. */
  #turns = 0
  /** Requests that came about in them. */
  #came = 0
  /** Responses left whose requests are written at once. */
  #atOnce = 0
  readonly #held: Sender[] = []
  #count = 0

  /** Whether what comes about now is to be held. */
  get isHolding(): boolean {
    return this.#isCorked || this.#telling > 0
  }

  /** Only while `isHolding`: then somebody will write it, at the latest at the end of this turn. */
  hold(sender: Sender): void {
    this.#held[this.#count++] = sender
    if (this.#isCorked) return
    this.#came++
    if (this.#isBooked || (this.#atOnce > 0 && !sender.isReadInParts)) return
    this.#isBooked = true
    setImmediate(this.#onTurn)
  }

  beginTelling(): void {
    this.#telling++
  }

  endTelling(): void {
    this.#telling--
    if (this.#atOnce === 0 || this.#telling > 0) return
    if (--this.#atOnce === 0) this.#came = 0
    if (!this.#isBooked && !this.#isCorked) this.#flush()
  }

  /** Holds what comes about from here on until `uncork`. */
  cork(): void {
    this.#isCorked = true
  }

  uncork(): void {
    this.#isCorked = false
    this.#flush()
  }

  readonly #onTurn = () => {
    this.#isBooked = false
    this.#flush()
    if (this.#atOnce > 0 || ++this.#turns < TURNS) return
    if (this.#came < SEVERAL * TURNS) this.#atOnce = RESPONSES
    this.#turns = 0
    this.#came = 0
  }

  #flush(): void {
    const count = this.#count
    this.#count = 0
    // Writing calls nobody back who could hold another meanwhile.
    for (let at = 0; at < count; at++) this.#held[at]!.dispatch()
  }
}
