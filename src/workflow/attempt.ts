// Hot file. No allocation per request. One attempt serves all requests of a user, and is dropped with its first
// abandoned request.

import type { BodyReader } from '../http/body-store.ts'
import type { RawHeaders } from '../http/headers.ts'
import { HeaderBlock } from '../http/headers.ts'
import type { ExchangeTimes, FailureCause, PassedBody, ResponseListener } from '../http/transport.ts'

/**
 * Connects a transport and a virtual user, so that a user can abandon a request (an aborted run, a workflow step's
 * timeout) and never receives its late response. One attempt serves all requests of a user until it is abandoned.
 */
export class Attempt implements ResponseListener {
  isWaiting = false
  #owner: ResponseListener | undefined
  #reader: BodyReader | undefined

  constructor(owner: ResponseListener) {
    this.#owner = owner
  }

  /** @param reader of the response that is waited for. */
  begin(reader: BodyReader | undefined): void {
    this.isWaiting = true
    this.#reader = reader
  }

  forget(): void {
    this.#owner = undefined
  }

  onResponse(status: number, headers: RawHeaders, body: Uint8Array, times: ExchangeTimes, passed?: PassedBody): void {
    const catchUp = this.#reader?.catchUp
    if (catchUp !== undefined) {
      const [list, copy] = [headers instanceof HeaderBlock ? headers.list() : headers, { ...times }]
      return catchUp(() => this.onResponse(status, list, body, copy))
    }
    this.isWaiting = false
    this.#owner?.onResponse(status, headers, body, times, passed)
  }

  onFailure(cause: FailureCause, error: Error, times: ExchangeTimes): void {
    this.isWaiting = false
    this.#owner?.onFailure(cause, error, times)
  }
}
