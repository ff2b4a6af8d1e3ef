import type { Milliseconds } from '../units.ts'
import { waitedTooLong } from './causes.ts'
import type { ResponseReads } from './reads.ts'
import { tellFailure } from './tell.ts'
import { Timed } from './timer-wheel.ts'
import type { OutgoingRequest, ResponseListener } from './transport.ts'

/** A request without a connection: a copy, since its owner uses the original again. */
export class Waiting extends Timed implements OutgoingRequest {
  readonly origin: string
  readonly method: string
  readonly path: string
  readonly headers: string[]
  readonly body: string | Uint8Array | undefined
  readonly timeout: Milliseconds
  readonly text: string | undefined
  readonly reads: ResponseReads | undefined
  readonly queued: Milliseconds
  /** Undefined once it was told of a failure: the line passes over it. */
  listener: ResponseListener | undefined
  next: Waiting | undefined = undefined

  constructor(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds) {
    super()
    this.origin = request.origin
    this.method = request.method
    this.path = request.path
    this.headers = request.headers.slice()
    this.body = typeof request.body === 'object' ? Buffer.from(request.body) : request.body
    this.timeout = request.timeout
    this.text = request.text
    this.reads = request.reads
    this.queued = queued
    this.listener = listener
  }

  onExpired(now: Milliseconds): void {
    const { listener, queued } = this
    this.listener = undefined
    const error = waitedTooLong(this.origin, this.timeout)
    if (listener) tellFailure(listener, error, { queued, sent: queued, ended: now })
  }
}

/** First come, first served; both ends O(1). */
export class WaitingLine {
  #first: Waiting | undefined
  #last: Waiting | undefined

  /** Whether nobody waits; who has given up may still count. */
  get isEmpty(): boolean {
    return this.#first === undefined
  }

  push(waiting: Waiting): void {
    if (this.#last) this.#last.next = waiting
    else this.#first = waiting
    this.#last = waiting
  }

  /** The first that still wants an answer. */
  shift(): Waiting | undefined {
    while (this.#first) {
      const first = this.#first
      this.#first = first.next
      if (this.#first === undefined) this.#last = undefined
      if (first.listener) return first
    }
    return undefined
  }
}
