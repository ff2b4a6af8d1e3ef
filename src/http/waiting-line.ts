import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../ground/units.ts'
import { aborted, reportFailure, waitedTooLong } from './causes.ts'
import { copyOf } from './exchange.ts'
import { Timed, type TimerWheel } from './timer-wheel.ts'
import type { OutgoingRequest, ResponseListener, TransportCounters } from './transport.ts'

/** A request without a connection: a copy, since its owner uses the original again. */
class Waiting extends Timed {
  readonly request: OutgoingRequest
  readonly queued: Milliseconds
  /** Undefined after a reported failure: the line skips it. */
  listener: ResponseListener | undefined
  next: Waiting | undefined = undefined

  constructor(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds) {
    super()
    this.request = copyOf(request)
    this.queued = queued
    this.listener = listener
  }

  onExpired(now: Milliseconds): void {
    const { listener, queued, request } = this
    this.listener = undefined
    const error = waitedTooLong(request.origin, request.timeout)
    if (listener) reportFailure(listener, error, { queued, sent: queued, ended: now })
  }
}

/** The requests that wait for a connection to an origin, first come, first served; both ends O(1). */
export class WaitingLine {
  readonly #origin: string
  readonly #wheel: TimerWheel
  readonly #counters: TransportCounters
  #first: Waiting | undefined
  #last: Waiting | undefined

  constructor(origin: string, shared: { wheel: TimerWheel; counters: TransportCounters }) {
    this.#origin = origin
    this.#wheel = shared.wheel
    this.#counters = shared.counters
  }

  /** Whether no exchange waits. Abandoned ones may still count. */
  get isEmpty(): boolean {
    return this.#first === undefined
  }

  push(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void {
    const waiting = new Waiting(request, listener, queued)
    this.#counters.waits++
    if (request.timeout > 0) this.#wheel.add(waiting, queued + request.timeout)
    if (this.#last) this.#last.next = waiting
    else this.#first = waiting
    this.#last = waiting
  }

  /** Starts the first exchange that still wants a response. False if no exchange is left. */
  startNext(
    start: (request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds, now: Milliseconds) => void,
  ): boolean {
    const waiting = this.#shift()
    if (waiting === undefined) return false
    const now = performance.now()
    this.#counters.waited += now - waiting.queued
    start(waiting.request, waiting.listener!, waiting.queued, now)
    return true
  }

  /** Fails all that wait. */
  abort(): void {
    const error = aborted(this.#origin)
    const ended = performance.now()
    for (let waiting = this.#shift(); waiting; waiting = this.#shift()) {
      const { queued, listener } = waiting
      waiting.listener = undefined
      if (listener) reportFailure(listener, error, { queued, sent: queued, ended })
    }
  }

  #shift(): Waiting | undefined {
    while (this.#first) {
      const first = this.#first
      this.#first = first.next
      if (this.#first === undefined) this.#last = undefined
      if (first.listener === undefined) continue
      this.#wheel.remove(first)
      return first
    }
    return undefined
  }
}
