// Hot file. No allocation per request, unless there are cookies, redirects or credentials. One attempt serves all
// requests of a branch, and is dropped with its first abandoned request.

import { failure } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import { type Cookies, mergeCookies } from '../http/cookies.ts'
import { findHeader, HeaderBlock, type RawHeaders, setsCookies } from '../http/headers.ts'
import { dropHeaders, follow, isRedirect } from '../http/redirect.ts'
import { spellOut } from '../http/spell-out.ts'
import type {
  ExchangeTimes,
  FailureCause,
  OutgoingRequest,
  PassedBody,
  ResponseListener,
  Transport,
} from '../http/transport.ts'
import type { AuthPlan } from './security/planner.ts'
import type { CurrentStep } from './step.ts'
import type { User } from './user.ts'

const MOST_REDIRECTS = 10

/** Receiver of a response: exactly one of the three methods is called. */
type AttemptOwner = Pick<CurrentStep, 'onResponse' | 'onFailure' | 'onRefused'>

type Client = Pick<User, 'transport' | 'authorizer' | 'cookies' | 'requests' | 'takeCookies'>

/**
 * Connects a step and the transport, and does the automatic work of a client: keeps cookies, follows redirects, adds
 * credentials. A request that needs none of it is passed on as it is. The late response of an abandoned request (an
 * aborted run, a workflow step's timeout) is ignored.
 */
export class Attempt implements ResponseListener {
  /** Whether the owner waits for a response. */
  isWaiting = false
  #owner: AttemptOwner | undefined
  readonly #client: Client
  readonly #transport: Transport
  readonly #followsRedirects: boolean
  /** Allowed targets of redirects; any target if undefined. */
  readonly #origins: readonly string[] | undefined
  #auth: AuthPlan | undefined
  /** Other credentials were tried once. */
  #isRenewed = false
  #request!: OutgoingRequest
  /** The `Cookie` header that the step itself has; undefined before it is looked for. */
  #ownCookies: string | undefined
  #redirects = 0
  /** Status of the redirect that led away from the resource of the operation; undefined if none did. */
  redirectedBy: number | undefined
  /** Times of the first request, once there was a redirect. */
  #first: ExchangeTimes | undefined

  constructor(owner: AttemptOwner, client: Client, followsRedirects: boolean, origins: readonly string[] | undefined) {
    this.#owner = owner
    this.#client = client
    this.#transport = client.transport
    this.#followsRedirects = followsRedirects
    this.#origins = origins
  }

  /** Whether a request goes out as it is: it may be given as text then. */
  get addsNothing(): boolean {
    return this.#transport.takesText === true && this.#client.cookies === undefined
  }

  /** Clock reading at which what the owner waits for was handed over: the first request of all that it takes. */
  get queued(): Milliseconds | undefined {
    return this.#first?.queued ?? this.#request.queued
  }

  /** Send time of the first request of a chain, of which the current one was sent at `sent`. */
  sentFirst(sent: Milliseconds): Milliseconds {
    return this.#first?.sent ?? sent
  }

  /** Whether the request has a token that is fetched anew when it is refused. */
  get hasToken(): boolean {
    return this.#auth?.tokens !== undefined
  }

  /**
   * Sends a request; what credentials, redirects and cookies make of it is written into it.
   * @param at as of Transport.send.
   */
  send(request: OutgoingRequest, auth: AuthPlan | undefined, at: Milliseconds = 0): void {
    this.#request = request
    this.#auth = auth
    this.#isRenewed = false
    this.#redirects = 0
    this.redirectedBy = undefined
    this.#first = undefined
    if (auth) this.#client.authorizer.addFixed(request, auth)
    this.#ownCookies = undefined
    if (this.#client.cookies) this.#addCookies(this.#client.cookies)
    if (auth) this.#authorize(auth)
    else this.#dispatch(at)
  }

  /** A later response is ignored. */
  forget(): void {
    this.#owner = undefined
  }

  onResponse(status: number, headers: RawHeaders, body: Uint8Array, times: ExchangeTimes, passed?: PassedBody): void {
    if (this.#owner === undefined) return
    const catchUp = this.#request.reader?.catchUp
    if (catchUp !== undefined) {
      const [list, copy] = [headers instanceof HeaderBlock ? headers.list() : headers, { ...times }]
      return catchUp(() => this.onResponse(status, list, body, copy))
    }
    this.isWaiting = false
    if (setsCookies(headers)) this.#takeCookies(headers)
    if (this.#followsRedirects && isRedirect(status)) {
      const location = findHeader(headers, 'location')
      if (location !== undefined) return this.#follow(status, location, times)
    }
    if (status === 401 && this.#auth && !this.#isRenewed && this.#renew(this.#auth, headers)) return
    if (status !== 401) this.#auth?.tokens?.accept()
    this.#owner.onResponse(status, headers, body, this.#timesFrom(times), passed)
  }

  onFailure(cause: FailureCause, error: Error, times: ExchangeTimes): void {
    this.isWaiting = false
    this.#owner?.onFailure(cause, error, this.#timesFrom(times))
  }

  #dispatch(at = 0): void {
    this.#client.requests++
    this.isWaiting = true
    this.#transport.send(this.#request, this, at)
  }

  /** A step's time is that of all requests that it took. */
  #timesFrom(times: ExchangeTimes): ExchangeTimes {
    const { queued, sent } = this.#first ?? times
    return this.#first ? { queued, sent, ended: times.ended, isResent: this.#first.isResent || times.isResent } : times
  }

  /* ---- credentials ---- */

  /** Sends the request once its `Authorization` is made. */
  #authorize(auth: AuthPlan): void {
    const { authorizer } = this.#client
    if (!auth.digest && !auth.tokens) return this.#dispatch()
    this.isWaiting = true
    const isReady = authorizer.addOwn(this.#request, auth, (token, fault) => {
      if (this.#owner === undefined) return
      this.isWaiting = false
      if (token === undefined) return this.#owner.onRefused(fault!)
      authorizer.addToken(this.#request, token)
      this.#dispatch()
    })
    if (isReady) this.#dispatch()
  }

  /** Sends it again with other credentials, if there are any. */
  #renew(auth: AuthPlan, headers: RawHeaders): boolean {
    if (!this.#client.authorizer.renew(this.#request, auth, headers)) return false
    this.#isRenewed = true
    this.#authorize(auth)
    return true
  }

  /* ---- cookies ---- */

  #takeCookies(headers: RawHeaders): void {
    spellOut(this.#request)
    this.#client.takeCookies(headers, this.#request.origin + this.#request.path)
  }

  #addCookies(cookies: Cookies): void {
    const { origin, path, headers } = this.#request
    this.#ownCookies ??= findHeader(headers, 'cookie') ?? ''
    const all = mergeCookies(this.#ownCookies, cookies.header(origin + path, origin))
    dropHeaders(this.#request, name => name === 'cookie')
    if (all !== '') headers.push('cookie', all)
  }

  /* ---- redirects ---- */

  #follow(status: number, location: string, times: ExchangeTimes): void {
    spellOut(this.#request)
    this.#first ??= { ...times }
    this.redirectedBy ??= status
    this.#first.isResent ||= times.isResent ?? false
    const from = this.#request.origin + this.#request.path
    if (++this.#redirects > MOST_REDIRECTS) return this.#stray(from, `it is the ${MOST_REDIRECTS + 1}th`, times)
    const followed = follow(this.#request, status, location, (name, value) =>
      this.#client.authorizer.isPersonal(name, value),
    )
    if (typeof followed === 'string') return this.#stray(from, followed, times)
    if (this.#origins && !this.#origins.includes(this.#request.origin))
      return this.#stray(from, `${this.#request.origin} is not one of the servers that may be loaded`, times)
    if (followed.crossesOrigin) this.#leave()
    if (this.#client.cookies) this.#addCookies(this.#client.cookies)
    const { timeout } = this.#request
    // Remaining time of the step; a transport treats 0 as no limit.
    if (timeout > 0) this.#request.timeout = Math.max(1, timeout - (times.ended - times.queued))
    if (this.#auth) this.#authorize(this.#auth)
    else this.#dispatch()
  }

  /** Another origin gets nothing that was meant for the first. */
  #leave(): void {
    this.#ownCookies = ''
    if (this.#auth) this.#client.authorizer.remove(this.#request, this.#auth)
    this.#auth = undefined
  }

  #stray(from: string, found: string, times: ExchangeTimes): void {
    const advice = 'Correct its Location, or let redirects be seen (followRedirects: false).'
    this.onFailure('protocol', failure('follow', `the redirect of ${from}`, found, advice), times)
  }
}
