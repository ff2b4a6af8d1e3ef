// Hot file. Allocated per response: nothing.

import { setImmediate } from '../ground/timers.ts'
import type { TransportError } from './causes.ts'
import type { RawHeaders } from './headers.ts'
import type { PassedBody } from './reads.ts'
import type { ExchangeTimes, ResponseListener } from './transport.ts'

// A fault in a listener is not the exchange's, and must not stop who calls: it surfaces as an uncaught
// exception in a turn of its own.

export function tellResponse(
  listener: ResponseListener,
  status: number,
  headers: RawHeaders,
  body: Uint8Array,
  times: ExchangeTimes,
  passed?: PassedBody,
): void {
  try {
    listener.onResponse(status, headers, body, times, passed)
  } catch (error) {
    rethrowLater(error)
  }
}

export function tellFailure(listener: ResponseListener, error: TransportError, times: ExchangeTimes): void {
  try {
    listener.onFailure(error.failure, error, times)
  } catch (fault) {
    rethrowLater(fault)
  }
}

function rethrowLater(error: unknown) {
  setImmediate(() => {
    throw error
  })
}
