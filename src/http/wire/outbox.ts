// Hot file. Allocated per request: nothing; one `setImmediate` a turn of the event loop.

import { setImmediate } from 'node:timers'

/** What holds a request that is to be written. */
export interface Sender {
  /** Writes the request, if it is still to be written. */
  dispatch(): void
}

/**
 * Holds the requests that come about while responses are read, and writes them together once all that has come is read;
 * and those that come about between `cork` and `uncork`. A server that is faster than we are would otherwise fall
 * asleep between two requests, and be woken up for each: of the system's work for a write, waking a process on another
 * core is the dearest part. It also lets responses be seen, and their time be taken, before the next requests are
 * written.
 *
 * Node reads sockets in the poll phase of its loop; the check phase, in which `setImmediate` calls back, comes next.
 */
export class Outbox {
  /** Whether responses are being read, or it is corked: what comes about now is held. */
  isHolding = false
  #isCorked = false
  readonly #held: Sender[] = []
  #count = 0

  hold(sender: Sender): void {
    if (this.#count === 0 && !this.#isCorked) setImmediate(this.#flush)
    this.#held[this.#count++] = sender
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

  readonly #flush = () => {
    const count = this.#count
    this.#count = 0
    // Writing calls nobody back who could hold another meanwhile.
    for (let at = 0; at < count; at++) this.#held[at]!.dispatch()
  }
}
