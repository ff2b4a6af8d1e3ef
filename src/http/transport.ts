import type { Fault } from '../ground/fault.ts'
import type { Bytes, Milliseconds } from '../ground/units.ts'
import type { BodyReader } from './body-store.ts'
import type { RawHeaders } from './headers.ts'
import type { Selection } from './select/index.ts'

/**
 * One request, ready to be sent. Reused between requests by its owner: a transport keeps nothing of it after `send`
 * returns.
 */
export interface OutgoingRequest {
  /** `http://127.0.0.1:3000`. */
  origin: string
  method: string
  /** Path and query, encoded. */
  path: string
  /** Names and values in turn: `['accept', 'application/json', …]`. */
  headers: string[]
  body: string | Uint8Array | undefined
  /** Time until the last byte is read; 0 means no limit. */
  timeout: Milliseconds
  /** Clock reading at which the transport took it; the transport notes it. */
  queued?: Milliseconds
  /**
   * The whole request as it goes out, as Latin-1, for a transport that `takesText`. Path, headers and body are then not
   * filled in; `spellOut` does it.
   */
  text?: string | undefined
  /** Parts of the response's body that will be read; everything if absent. */
  reads?: ResponseReads | undefined
  /** Sender, which may have several requests in progress; the request itself if absent. */
  user?: object | undefined
  /** Reader for the response's body while it arrives. Absent: the body is stored. */
  reader?: BodyReader | undefined
}

export type FailureCause = 'timeout' | 'refused' | 'reset' | 'aborted' | 'protocol'

/**
 * Listener for a response. Exactly one of the two methods is called, once, and never before `send` has returned. A
 * virtual user is its own listener, so that a request needs no closure.
 */
export interface ResponseListener {
  /**
   * `headers` are raw names and values in turn, or the bytes of the header; `body` is complete and still encoded. All
   * of it belongs to the transport: it is valid during the call, and until the next request is sent from within it. A
   * body that was not stored is empty and described by `passed`.
   */
  onResponse(status: number, headers: RawHeaders, body: Uint8Array, times: ExchangeTimes, passed?: PassedBody): void
  onFailure(cause: FailureCause, error: Error, times: ExchangeTimes): void
}

/** Clock readings of one exchange (`performance.now()` of the sending thread). */
export interface ExchangeTimes {
  /** Handed to the transport. */
  queued: Milliseconds
  /** Written to a connection; the same as `queued` when it never was. */
  sent: Milliseconds
  /** Last byte read, or given up. */
  ended: Milliseconds
  /** Whether the request was sent again, since its idle connection had ended; counted from the first sending on. */
  isResent?: boolean
}

export interface TransportCounters {
  opened: number
  /** Connections that ended unannounced while the transport still wanted them. */
  lost: number
  requests: number
  /** Requests that went out on a connection which had carried one before. */
  reused: number
  /** Requests sent again, since a kept connection that had been idle ended under them; counted once in `requests`. */
  resent: number
  /** Requests sent again, since the server said that it had not processed them (HTTP/2). */
  refused: number
  /** Connections opened again in the place of one that had ended. */
  reconnected: number
  /** Requests that had to wait for a free connection, and how long all of them waited. */
  waits: number
  waited: Milliseconds
  /** Streams of HTTP/2 that were begun: one for each time that a request was sent. */
  streams: number
  /** How many were in flight on its connection when one was begun, itself included: the sum over all, and the most. */
  streamsAtOnce: number
  mostStreams: number
}

/** One request out, one exchange back. */
export interface Transport {
  readonly name: string
  readonly counters: TransportCounters
  /** Protocols used so far, or to be used; HTTP/1.1 if absent. */
  readonly protocols?: readonly Protocol[]
  /** Whether requests may be given as text. */
  readonly takesText?: boolean
  /** @param at a recent clock reading, to save another one; 0 if there is no such reading. */
  send(request: OutgoingRequest, listener: ResponseListener, at?: Milliseconds): void
  /** Holds the requests from here on until `uncork`, and then writes them together. */
  cork?(): void
  uncork?(): void
  /** Opens connections ahead of the first request. Rejects when the origin refuses them. */
  warm(origin: string, connections: number): Promise<void>
  /** Fails every exchange in flight with `aborted` and closes the connections. What is sent after that fails too. */
  abort(): void
  /**
   * Takes no more requests, waits for those in progress, and closes the connections. Resolves when no socket is left.
   */
  close(): Promise<void>
}

/** Credentials of a client, and the authorities that it trusts; all PEM. */
export interface TlsCredentials {
  cert?: string
  key?: string
  /** Certificates to trust instead of the system's. */
  ca?: string
}

export interface TransportOptions {
  /** Connections per origin. Default 128. */
  connections?: number
  /**
   * Whether connections are kept, for as long as the server says: at most 10 minutes, and 4 s if it does not. True:
   * users share them. `'per user'`: every virtual user has one of its own. False: every request opens one, to measure
   * cold ones.
   * @default true
   * @example 'per user'
   */
  reuse?: boolean | 'per user'
  /** How long an idle connection is kept where the server does not say. Default 4 s; only tests give another. */
  idleTimeout?: Milliseconds
  /** By origin: `https://127.0.0.1:3443`; by `*` those of all origins. */
  tls?: Readonly<Record<string, TlsCredentials>>
  /** Hosts that a name of this machine (`localhost`) may lead away to. Default: all. */
  allowHosts?: readonly string[]
  /** Time until a connection is there. Default 10 s; only tests give another. */
  connectTimeout?: Milliseconds
}

/** A version of HTTP, by its name in ALPN without the rest: HTTP/1.1 and HTTP/2. */
export type Protocol = 'h1' | 'h2'

/** Protocols that can be requested; `auto` uses the result of TLS negotiation (ALPN), and HTTP/1.1 without TLS. */
export const PROTOCOLS = ['auto', 'h1', 'h2'] as const

export type AskedProtocol = (typeof PROTOCOLS)[number]

/** Parts of the bodies of one step's responses that will be read: one object for all requests of the step. */
export interface ResponseReads {
  /** Values wanted of JSON; perhaps none. */
  readonly selection: Selection
  /** The body is wanted as a whole, however long it is. */
  readonly whole: boolean
  /** The body is checked: it is held if it is short or encoded, and a longer one has to be valid JSON if it says so. */
  readonly hold: boolean
}

/**
 * A body that was not held: of a long one only the wanted values were read, of an unwanted one the bytes were counted.
 */
export interface PassedBody {
  readonly size: Bytes
  /** Its first bytes; only valid during the call. */
  readonly start: Uint8Array
  /** Values as in `selection.pointers`; only valid during the call. */
  readonly values: readonly unknown[]
  /** Why it is not the JSON that its headers say. */
  readonly fault: Fault | undefined
  /** Whether it has a Content-Encoding, which was not decoded. */
  readonly isEncoded: boolean
}
