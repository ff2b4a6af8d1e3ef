// Hot file. Allocated per exchange: nothing.

import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../ground/units.ts'
import { type BodyCarrier, type BodyReader, BodyStore } from './body-store.ts'
import {
  type Limited,
  noConnection,
  type PartialResponse,
  reportFailure,
  type TransportError,
  timedOut,
} from './causes.ts'
import { findHeader, type RawHeaders } from './headers.ts'
import type { PoolSettings } from './pooled-transport.ts'
import { Timed } from './timer-wheel.ts'
import type { ExchangeTimes, OutgoingRequest, ResponseListener } from './transport.ts'

export const now = (): Milliseconds => performance.now()

/** A request of its own, since the owner uses the original again. */
export function copyOf(request: OutgoingRequest): OutgoingRequest {
  const { origin, method, path, headers, body, timeout, text, reads, reader } = request
  const bytes = typeof body === 'object' ? Buffer.from(body) : body
  return { origin, method, path, headers: headers.slice(), body: bytes, timeout, text, reads, reader }
}

/**
 * A request and its response, over any protocol: its times, its deadlines and its body. HTTP/1.1 carries one after the
 * other with the same object.
 *
 * The deadlines share one entry in the wheel, which is only changed for a deadline earlier than the current one. A
 * deadline that has moved is set again when the entry expires.
 */
export abstract class Exchange extends Timed implements BodyCarrier {
  /** `sent` is `queued` before it is written, so that the time it took is not hidden. */
  readonly times: ExchangeTimes = { queued: 0, sent: 0, ended: 0, isResent: false }
  /** Undefined without an exchange, and after it was notified. */
  listener: ResponseListener | undefined
  protected readonly origin: string
  protected readonly settings: PoolSettings
  protected readonly body: BodyStore
  protected method = ''
  protected isWritten = false
  protected timeout: Milliseconds = 0

  constructor(origin: string, settings: PoolSettings) {
    super()
    this.origin = origin
    this.settings = settings
    this.body = new BodyStore(this)
  }

  /** Whether a byte of the response has come. */
  protected abstract readonly hasBegun: boolean
  /** Ends the exchange because it took too long. */
  protected abstract giveUp(error: TransportError): void
  abstract cutShort(reader: BodyReader | undefined): void

  /** @param sent when it is written, if that is at once. */
  protected begin(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds, sent: Milliseconds) {
    const { times, body } = this
    times.queued = queued
    times.sent = sent
    times.isResent = false
    body.status = 0
    body.reads = request.reads
    body.reader = request.reader
    this.listener = listener
    this.isWritten = false
    this.method = request.method
    this.timeout = request.timeout
    const limit = Math.min(request.timeout || Infinity, body.beginsWithin)
    if (limit !== Infinity) this.expireBy(queued + limit)
  }

  /** It is written now. One that is sent again keeps the time of its first sending. */
  protected noteSent(): void {
    if (!this.isWritten) this.times.sent = now()
    this.isWritten = true
  }

  /** The header of the response has come. */
  protected takeHeader(status: number, headers: RawHeaders): void {
    const { body } = this
    body.status = status
    body.headers = headers
    const length = findHeader(headers, 'content-length')
    body.begin(length === undefined ? -1 : Number(length))
  }

  protected takeBody(chunk: Buffer): void {
    if (this.listener === undefined) return
    if (!this.body.take(chunk, 0, chunk.length)) this.cutShort(this.body.reader)
  }

  /** Undefined before the request is sent. */
  protected get came(): PartialResponse | undefined {
    if (!this.isWritten) return undefined
    const { hasBegun } = this
    const { status, size } = this.body
    return { hasBegun, status, size: status === 0 ? 0 : size }
  }

  /** Tells the listener of a failure, if there still is one. */
  protected report(error: TransportError): void {
    const { listener, times } = this
    this.listener = undefined
    times.ended = now()
    if (listener) reportFailure(listener, error, times)
  }

  protected expireBy(deadline: Milliseconds): void {
    const { wheel } = this.settings
    if (this.nextTimed !== undefined) {
      if (this.deadline <= deadline) return
      wheel.remove(this)
    }
    wheel.add(this, deadline)
  }

  onExpired(time: Milliseconds): void {
    if (this.listener === undefined) return
    const { body, timeout, times } = this
    const overall = timeout > 0 ? times.queued + timeout : Infinity
    if (time >= overall) return this.giveUp(this.tooLate('complete response', timeout))
    const { beginsWithin } = body
    const since = this.isWritten ? times.sent : time
    if (time >= since + beginsWithin) return this.giveUp(this.tooLate('response', beginsWithin))
    const deadline = Math.min(overall, since + beginsWithin)
    if (deadline !== Infinity) this.expireBy(deadline)
  }

  protected tooLate(missing: Limited, limit: Milliseconds): TransportError {
    const { origin, came } = this
    return came ? timedOut(origin, missing, limit, came) : noConnection(origin, limit, 'timeout')
  }
}
