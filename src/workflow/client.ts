import { type CookieKeep, Cookies } from '../http/cookies.ts'
import type { RawHeaders } from '../http/headers.ts'
import { newTrace } from './request/trace.ts'

/** Client that a server sees, in all lanes of a virtual user: with its cookies, and one trace per run. */
export class Client {
  /** Requests and messages of the current or last run. */
  requests = 0
  /** Whether a request of it was cut before its response. */
  isCut = false
  /** A jar is only made for the first `Set-Cookie`. */
  cookies: Cookies | undefined
  readonly #keep: CookieKeep | undefined
  #trace: string | undefined

  /** @param keep cookies that it has from the beginning of each run. */
  constructor(keep?: CookieKeep) {
    this.#keep = keep
  }

  /** A run begins, without cookies but those that are kept. */
  begin(): void {
    this.requests = 0
    this.isCut = false
    this.cookies = this.#keep?.cookies
    this.#trace = undefined
  }

  /** Trace of the current run; created with its first request. */
  get trace(): string {
    this.#trace ??= newTrace()
    return this.#trace
  }

  /** Takes the `Set-Cookie` headers of a response. What is kept is not changed after the setup that it is from. */
  takeCookies(headers: RawHeaders, url: string): void {
    const keep = this.#keep
    if (!this.cookies) {
      this.cookies = new Cookies()
      if (keep?.isOpen) keep.cookies = this.cookies
    } else if (this.cookies === keep?.cookies && !keep.isOpen) this.cookies = this.cookies.copy()
    this.cookies.take(headers, url)
  }
}
