import type { Fault } from '../../ground/fault.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { readBody } from '../../http/body.ts'
import { findHeader, type RawHeaders } from '../../http/headers.ts'
import type { ExchangeTimes, FailureCause, ResponseListener, Transport } from '../../http/transport.ts'

/** Asks for a token. Source: RFC 6749, 4.3.2 and 4.4.2. */
export interface Grant {
  readonly tokenUrl: string
  readonly fields: Readonly<Record<string, string>>
  /** The client's own `Authorization`; absent if the client has no secret. */
  readonly authorization?: string
  /** The client as fields of the body, for a server that takes no `Authorization`. */
  readonly client: { readonly client_id?: string; readonly client_secret?: string }
  /** Name in messages: `security scheme "oauth" of source "shop"`. */
  readonly of: string
}

/** Callback for a token, or the reason for its absence. Called once. */
export type TokenListener = (token: string | undefined, fault: Fault | undefined) => void

const TIMEOUT: Milliseconds = 30_000

/** A token is renewed this much before it ends, or at nine tenths of its time. */
const MARGIN: Milliseconds = 10_000

/** Minimum use of a token, regardless of its lifetime. Otherwise each request could fetch one. */
const LEAST_USE: Milliseconds = 1_000

/**
 * A token that no request was accepted with is fetched anew at most this often: of an API that refuses all of them, the
 * server of tokens would be asked for each.
 */
const RENEWAL: Milliseconds = 10_000

/** How long a failure is the response to all who ask: at first, and at most after more of them in a row. */
const REST: Milliseconds = 1_000
const LONGEST_REST: Milliseconds = 10_000

/**
 * Fetches a token when the first request needs it, and again after its end or a refusal; all users of a thread share
 * it. The token server is asked at most once per second. If the client's header is refused, the same is asked once more
 * with the client in the body, as golang.org/x/oauth2 does (AuthStyleAutoDetect).
 */
export class TokenSource implements ResponseListener {
  readonly #grant: Grant
  readonly #inBody: Set<string>
  readonly #client: string
  #token: string | undefined
  #until: Milliseconds = 0
  /** When a token was last given up because it was refused. */
  #renewed: Milliseconds = -Infinity
  /** Whether a request with the token was accepted: if it is refused later, it has ended before its time. */
  #isAccepted = false
  #failure: { fault: Fault; until: Milliseconds; rest: Milliseconds } | undefined
  #isInBody = false
  #transport: Transport | undefined
  #now: () => Milliseconds = () => 0
  #waiting: TokenListener[] = []

  /** @param inBody clients known to authenticate in the body, which sources share. */
  constructor(grant: Grant, inBody = new Set<string>()) {
    this.#grant = grant
    this.#inBody = inBody
    this.#client = JSON.stringify([grant.tokenUrl, grant.client])
  }

  /** A token that still holds. */
  current(now: Milliseconds): string | undefined {
    return this.#until > now ? this.#token : undefined
  }

  /** This token was refused. Tells whether another one can be had: it came meanwhile, or may be fetched. */
  refuse(token: string, now: Milliseconds): boolean {
    if (this.#token !== token) return true
    if (now - this.#renewed < (this.#isAccepted ? LEAST_USE : RENEWAL)) return false
    this.#renewed = now
    this.#token = undefined
    return true
  }

  /** A request with a token was not refused. */
  accept(): void {
    this.#isAccepted = true
  }

  /** Fetches a token, once for all who wait for it. */
  fetch(transport: Transport, now: () => Milliseconds, told: TokenListener): void {
    this.#waiting.push(told)
    if (this.#waiting.length > 1) return
    this.#now = now
    const failure = this.#failure
    if (failure && failure.until > now()) {
      queueMicrotask(() => this.#settle(undefined, failure.fault))
      return
    }
    this.#transport = transport
    this.#send(this.#grant.authorization === undefined || this.#inBody.has(this.#client))
  }

  #send(isInBody: boolean): void {
    this.#isInBody = isInBody
    const { tokenUrl, fields, authorization, client } = this.#grant
    const url = new URL(tokenUrl)
    const request = {
      origin: url.origin,
      method: 'POST',
      path: url.pathname + url.search,
      headers: [
        ...['content-type', 'application/x-www-form-urlencoded', 'accept', 'application/json'],
        ...(isInBody ? [] : ['authorization', authorization!]),
      ],
      body: new URLSearchParams({ ...(isInBody && client), ...fields }).toString(),
      timeout: TIMEOUT,
    }
    this.#transport!.send(request, this)
  }

  onResponse(status: number, headers: RawHeaders, body: Uint8Array, _times: ExchangeTimes): void {
    const { value } = readBody(body, findHeader(headers, 'content-type'), findHeader(headers, 'content-encoding'))
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
    const { access_token: token, expires_in: seconds, error, error_description: description } = fields
    const isRefused = status === 401 || (status === 400 && error === 'invalid_client')
    if (isRefused && !this.#isInBody) return this.#send(true)
    if (status >= 400 || typeof token !== 'string') {
      const reason = [error, description].filter(text => typeof text === 'string').join(', ')
      this.#inBody.delete(this.#client)
      const found = status >= 400 ? `it responded with ${status}` : 'its response has no access_token'
      return this.#fail(found + (reason && ` (${reason})`), 'Check the credentials and the scopes.')
    }
    if (this.#isInBody) this.#inBody.add(this.#client)
    this.#token = token
    this.#isAccepted = false
    this.#failure = undefined
    this.#until = endOf(seconds, this.#now())
    this.#settle(token, undefined)
  }

  onFailure(_cause: FailureCause, error: Error, _times: ExchangeTimes): void {
    this.#fail(error.message)
  }

  #fail(found: string, advice?: string): void {
    const { tokenUrl, of } = this.#grant
    const fault: Fault = { verb: 'fetch', thing: `a token for ${of} from ${tokenUrl}`, found, advice }
    const rest = Math.min(LONGEST_REST, this.#failure ? 2 * this.#failure.rest : REST)
    this.#failure = { fault, until: this.#now() + rest, rest }
    this.#settle(undefined, fault)
  }

  #settle(token: string | undefined, fault: Fault | undefined): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const told of waiting) told(token, fault)
  }
}

/** Without `expires_in` a token holds until it is refused. */
function endOf(seconds: unknown, now: Milliseconds): Milliseconds {
  const time = typeof seconds === 'string' && seconds !== '' ? Number(seconds) : seconds
  if (typeof time !== 'number' || !Number.isFinite(time)) return Infinity
  return now + Math.max(LEAST_USE, time * 1000 - Math.min(MARGIN, time * 100))
}
