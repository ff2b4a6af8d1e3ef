import { mergeCookies } from '../../http/cookies.ts'
import { findHeader, findHeaders, type RawHeaders } from '../../http/headers.ts'
import { dropHeaders } from '../../http/redirect.ts'
import type { OutgoingRequest, Transport } from '../../http/transport.ts'
import type { Clock } from '../../measure/clock.ts'
import { isSecretHeader, type Secrets } from '../secrets.ts'
import { type DigestCredentials, DigestSession } from './digest.ts'
import type { AuthPlan } from './planner.ts'
import type { TokenListener } from './token-source.ts'

/** Puts the credentials of an operation into its requests, for one virtual user. */
export class Authorizer {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #secrets: Secrets
  readonly #sessions = new Map<DigestCredentials, DigestSession>()

  constructor(transport: Transport, clock: Clock, secrets: Secrets) {
    this.#transport = transport
    this.#clock = clock
    this.#secrets = secrets
  }

  /** Adds constant credentials. */
  addFixed(request: OutgoingRequest, { headers, query, cookies }: AuthPlan): void {
    for (const text of headers) request.headers.push(text)
    if (query !== '') request.path += (request.path.includes('?') ? '&' : '?') + query
    if (cookies === '') return
    const all = mergeCookies(findHeader(request.headers, 'cookie') ?? '', cookies)
    dropHeaders(request, name => name === 'cookie')
    request.headers.push('cookie', all)
  }

  /**
   * Adds an `Authorization` that is made for the request. True if it was added; otherwise a token must be fetched, and
   * `told` is called once, never before this returns.
   */
  addOwn(request: OutgoingRequest, { digest, tokens }: AuthPlan, told: TokenListener): boolean {
    if (digest) setAuthorization(request, this.#sessionOf(digest).answer(request))
    if (!tokens) return true
    const token = tokens.current(this.#clock.now())
    if (token === undefined) {
      tokens.fetch(this.#transport, () => this.#clock.now(), told)
      return false
    }
    this.addToken(request, token)
    return true
  }

  addToken(request: OutgoingRequest, token: string): void {
    this.#secrets.add(token)
    setAuthorization(request, `Bearer ${token}`)
  }

  /** Tells after a 401 whether other credentials than those that were sent can be had. */
  renew(request: OutgoingRequest, { digest, tokens }: AuthPlan, headers: RawHeaders): boolean {
    if (digest) return this.#sessionOf(digest).challenge(findHeaders(headers, 'www-authenticate'))
    if (!tokens) return false
    const token = findHeader(request.headers, 'authorization')?.replace(/^Bearer /, '') ?? ''
    return tokens.refuse(token, this.#clock.now())
  }

  /** Whether a header is only for whom it was made: by its name, or because it holds a secret. */
  isPersonal(name: string, value: string): boolean {
    return isSecretHeader(name) || this.#secrets.isIn(value)
  }

  /** Removes all credentials, for a request to another server. */
  remove(request: OutgoingRequest, { headers }: AuthPlan): void {
    const names = new Set(headers.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase()))
    dropHeaders(request, name => name === 'authorization' || names.has(name))
  }

  #sessionOf(digest: DigestCredentials): DigestSession {
    const session = this.#sessions.get(digest) ?? new DigestSession(digest)
    this.#sessions.set(digest, session)
    return session
  }
}

function setAuthorization(request: OutgoingRequest, value: string | undefined): void {
  dropHeaders(request, name => name === 'authorization')
  if (value !== undefined) request.headers.push('authorization', value)
}
