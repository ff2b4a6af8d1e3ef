import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { decoded } from '../ground/tried.ts'
import { epochTime } from '../measure/clock.ts'
import { findHeaders, type RawHeaders, setsCookies } from './headers.ts'

const require = createRequire(import.meta.url)

/** Cookie jar as the package has it: a file of its own, without the four megabytes around it. */
const built = fileURLToPath(new URL('./cookie-jar.cjs', import.meta.url))

/** Required when the first cookie comes: it knows all public suffixes, which takes 10 ms and 9 MB of every thread. */
const library = () => require(existsSync(built) ? built : 'tough-cookie') as typeof import('tough-cookie')

const createJar = () => new (library().CookieJar)(undefined, { looseMode: true })

/**
 * Cookies that a response sets, without removed ones; the last of a name counts. Values are as scripts of pages read
 * them, without quotes and percent-encoding.
 */
export function cookiesSetBy(headers: RawHeaders): ReadonlyMap<string, string> {
  const set = new Map<string, string>()
  if (!setsCookies(headers)) return set
  const { Cookie } = library()
  for (const text of findHeaders(headers, 'set-cookie')) {
    const cookie = Cookie.parse(text, { loose: true })
    if (!cookie) continue
    if (cookie.TTL(epochTime()) <= 0) set.delete(cookie.key)
    else set.set(cookie.key, decoded(cookie.value.replace(/^"(.*)"$/, '$1')))
  }
  return set
}

const MOST_REMEMBERED = 100

/**
 * The cookies of one client, by RFC 6265: who may set which, and which go where. What is refused (another's domain, a
 * public suffix) is passed over, as browsers do. `Secure` cookies go to loopback without TLS too, as browsers send
 * them.
 */
export class Cookies {
  readonly #jar: ReturnType<typeof createJar>
  /**
   * Headers by origin while all cookies are for all paths, else by URL: looking through a jar costs some ten
   * microseconds.
   */
  readonly #remembered = new Map<string, { header: string; until: number }>()
  #areForAllPaths = true

  constructor(jar = createJar()) {
    this.#jar = jar
  }

  /** Independent copy. */
  copy(): Cookies {
    const copy = new Cookies(this.#jar.cloneSync())
    copy.#areForAllPaths = this.#areForAllPaths
    return copy
  }

  /** Takes the `Set-Cookie` headers of a response. */
  take(headers: RawHeaders, url: string): void {
    for (const text of findHeaders(headers, 'set-cookie')) {
      const cookie = this.#jar.setCookieSync(text, url, { ignoreError: true })
      if (cookie && cookie.path !== '/') this.#areForAllPaths = false
    }
    this.#remembered.clear()
  }

  /** Value of a `Cookie` header for a request to `url`; empty without cookies. */
  header(url: string, origin: string): string {
    const key = this.#areForAllPaths ? origin : url.split('?', 1)[0]!
    const known = this.#remembered.get(key)
    if (known && known.until > epochTime()) return known.header
    const cookies = this.#jar.getCookiesSync(url)
    const header = cookies.map(cookie => cookie.cookieString()).join('; ')
    const until = Math.min(Infinity, ...cookies.map(cookie => cookie.expiryTime() ?? Infinity))
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(key, { header, until })
    return header
  }
}

/** Cookies that a client begins each of its runs with. */
export interface CookieKeep {
  cookies?: Cookies
  /** Cookies of later responses are kept too, because the setup is running. */
  isOpen: boolean
}

/** Two `Cookie` values as one; of a name that both have, the first's counts. */
export function mergeCookies(own: string, others: string): string {
  if (own === '' || others === '') return own || others
  const names = new Set(own.split(';').map(nameOf))
  const added = others.split(';').filter(pair => !names.has(nameOf(pair)))
  return [own, ...added.map(pair => pair.trim())].join('; ')
}

const nameOf = (pair: string) => pair.split('=', 1)[0]!.trim()
