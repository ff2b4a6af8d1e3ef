import type { Wrong } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { BodyLimits } from './body-store.ts'
import type { RawHeaders } from './headers.ts'
import type { ExchangeTimes } from './transport.ts'

/** What carries the response that a reader reads. */
export interface BodyCarrier {
  readonly times: Pick<ExchangeTimes, 'sent'>
  /** Ends the response before its end, as if it were complete, as long as this reader reads it. */
  cutShort(reader: BodyReader | undefined): void
}

/**
 * Reads a body while it comes, in the place of what would hold it, and may have enough of it: the rest is given up, and
 * over HTTP/1.1 the connection with it. Between two reads such a body may take as long as it likes; only the time of
 * the whole is limited. One serves one request, which may be sent again as long as nothing of the response has come.
 */
export interface BodyReader {
  /** How long a response may take until its header is read; `Infinity`: no limit of the reader's. */
  readonly beginsWithin: Milliseconds
  /** A response has begun. False: its body is to be held as any other. Headers are valid during the call. */
  begin(status: number, headers: RawHeaders, carrier: BodyCarrier, limits: BodyLimits): boolean
  /** False: no more is wanted, because it has enough, or because of `refusal`. The bytes are valid during the call. */
  take(bytes: Buffer, from: number, to: number): boolean
  /** The body is complete. */
  end(): void
  /** Why the body is refused. */
  readonly refusal: Wrong | undefined
  /** Calls back when all that has come is read; undefined where it is. */
  readonly catchUp: ((done: () => void) => void) | undefined
}
