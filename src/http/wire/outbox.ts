// Hot file. Allocated per request: nothing; one `setImmediate` a turn of the event loop, where turns have several.

import { setImmediate } from 'node:timers'

/** What holds a request that is to be written. */
export interface Sender {
  /** Writes the request, if it is still to be written. */
  dispatch(): void
}

/** Turns over which requests are counted. */
const LOOKED = 32
/** Requests a turn, on average, from which on they are worth waiting for. */
const FEW = 2
/** Responses, at most, until turns are counted again. */
const TRUSTED = 1_000

/**
 * Holds the requests that come about while responses are read, and writes them together once all that has come is read;
 * and those that come about between `cork` and `uncork`. A server that is faster than we are would otherwise fall
 * asleep between two requests, and be woken up for each: of the system's work for a write, waking a process on another
 * core is the dearest part. It also lets responses be seen, and their time be taken, before the next requests are
 * written.
 *
 * Node reads sockets in the poll phase of its loop; the check phase, in which `setImmediate` calls back, comes next.
 * Where a turn rarely brings more than one request, as at a modest rate, nothing is gained by waiting for that phase,
 * which costs as much as all that the request is made of: each is then written once its response was seen.
 */
export class Outbox {
  /** Whether responses are being read, or it is corked: what comes about now is held. */
  isHolding = false
  #isCorked = false
  /** Turns that were counted, and what was written in them. */
  #turns = 0
  #written = 0
  /** Responses after which requests are still written at once. */
  #single = 0
  readonly #held: Sender[] = []
  #count = 0

  hold(sender: Sender): void {
    if (this.#count === 0 && !this.#isCorked && this.#single === 0) setImmediate(this.#onTurn)
    this.#held[this.#count++] = sender
  }

  /** A response begins to be told: what comes about is held. */
  open(): void {
    this.isHolding = true
  }

  /** A response was told. */
  close(): void {
    this.isHolding = this.#isCorked
    if (this.#single === 0 || this.#isCorked) return
    this.#single--
    if (this.#count > 0) this.#flush()
  }

  /** Holds what comes about from here on until `uncork`. */
  cork(): void {
    this.#isCorked = true
    this.isHolding = true
  }

  uncork(): void {
    this.#isCorked = false
    this.isHolding = false
    this.#flush()
  }

  readonly #onTurn = () => {
    this.#written += this.#count
    this.#flush()
    if (++this.#turns < LOOKED) return
    if (this.#written < FEW * LOOKED) this.#single = TRUSTED
    this.#turns = 0
    this.#written = 0
  }

  #flush(): void {
    const count = this.#count
    this.#count = 0
    // Writing calls nobody back who could hold another meanwhile.
    for (let at = 0; at < count; at++) this.#held[at]!.dispatch()
  }
}
