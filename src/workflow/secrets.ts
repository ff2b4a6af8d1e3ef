import { isDeepStrictEqual } from 'node:util'
import { MASK, masked, Needles } from './masking/mask.ts'

/**
 * Values that must not be shown, and the text without them: without the whole value, and, of values of ten characters
 * and more, without any ten of them in a row, in any case. They are found behind percent, form, HTML, JSON, hexadecimal
 * and base64 encodings, one within another. Values of fewer than three characters are not looked for: hiding every `1`
 * would leave nothing to read.
 */
export class Secrets {
  readonly #values = new Set<string>()
  #needles: Needles | undefined

  /** How many values there are. */
  get size(): number {
    return this.#values.size
  }

  /** Adds a value; of a list or an object, all values within it. */
  add(value: unknown): void {
    if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value))
      for (const item of Object.values(value)) this.add(item)
    if (typeof value === 'number' || typeof value === 'bigint') this.add(String(value))
    if (typeof value !== 'string' || value.length < 3 || this.#values.has(value)) return
    this.#values.add(value)
    this.#needles = undefined
  }

  clear(): void {
    this.#values.clear()
    this.#needles = undefined
  }

  /** An `Authorization` value is a secret, and so is what follows its scheme. */
  addHeader(name: string, value: string): void {
    const key = name.toLowerCase()
    if (!isSecretHeader(key)) return
    if (key === 'cookie' || key === 'set-cookie') return this.#addCookies(key, value)
    // `x-auth: on` says how, not what: such a value would be hidden in every other place too.
    if (secretHeaders.has(key) || value.length >= LEAST_IN_HEADER) this.add(value)
    if (key === 'authorization' || key === 'proxy-authorization') this.#addCredentials(value)
  }

  /** The values of all cookies, without a `Set-Cookie`'s attributes: its path and its dates are not secrets. */
  #addCookies(key: string, value: string): void {
    const pairs = key === 'cookie' ? value.split(';') : value.split('\n').map(line => line.split(';', 1)[0]!)
    for (const pair of pairs) this.add(pair.slice(pair.indexOf('=') + 1).trim())
  }

  #addCredentials(value: string): void {
    const space = value.indexOf(' ')
    if (space < 0) return
    const credentials = value.slice(space + 1)
    this.add(credentials)
    if (/^basic /i.test(value))
      for (const part of Buffer.from(credentials, 'base64').toString().split(':').slice(1)) this.add(part)
  }

  mask(text: string): string {
    if (this.#values.size === 0) return text
    this.#needles ??= needlesFor(this.#values)
    return masked(text, this.#needles)
  }

  /** Whether a text holds a secret, or ten characters of one. */
  isIn(text: string): boolean {
    return this.mask(text) !== text
  }

  /** Checks all strings within a value. */
  isWithin(value: unknown): boolean {
    return !isDeepStrictEqual(this.maskAll(value), value)
  }

  /** Masks every string within a value, names of members included. */
  maskAll<T>(value: T): T {
    if (this.#values.size === 0) return value
    return this.#walk(value) as T
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.mask(value)
    if (typeof value === 'number' || typeof value === 'bigint') return this.#values.has(String(value)) ? MASK : value
    if (Array.isArray(value)) return value.map(item => this.#walk(item))
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
    const shown = new Map<string, unknown>()
    for (const [key, item] of Object.entries(value)) {
      let name = this.mask(key)
      while (shown.has(name)) name += '*'
      shown.set(name, this.#walk(item))
    }
    return Object.fromEntries(shown)
  }
}

const LEAST_IN_HEADER = 8
const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])
/** `x-api-key`, `x-auth-token`, `apikey`, `x-amz-security-token`, `x-session-id`. */
const namedLikeSecret =
  /(?:^|[-_])(?:api[-_]?key|access[-_]?key|token|secret|passw(?:or)?d|auth|credentials?|session(?:[-_]?id)?)$/

/** Whether a header's name marks its value as confidential. Headers of CORS only name the rules for credentials. */
export function isSecretHeader(name: string): boolean {
  const key = name.toLowerCase()
  return secretHeaders.has(key) || (namedLikeSecret.test(key) && !key.startsWith('access-control-'))
}

/** How many are kept for who comes next with the same values. */
const KEPT = 8
/** Longer ones are made again: of a thousand characters, needles take about 100 KB. */
const LONGEST = 16_384

/** Needles by their values, the one that was asked for last at the end. */
const recent = new Map<string, Needles>()

/**
 * Search data for these secrets. The virtual users of a thread mostly have the same secrets: when all of them have
 * their first failure in the same second, they share the data that would otherwise be created and kept for each.
 */
function needlesFor(values: ReadonlySet<string>): Needles {
  const key = JSON.stringify([...values])
  const needles = recent.get(key) ?? needlesOf(values)
  if (key.length > LONGEST) return needles
  recent.delete(key)
  recent.set(key, needles)
  if (recent.size > KEPT) recent.delete(recent.keys().next().value!)
  return needles
}

/** Each value as text, and as the bytes of that text: what is taken out of percent-encoding or base64 is bytes. */
function needlesOf(values: Iterable<string>): Needles {
  const needles = new Needles()
  for (const value of [...values].flatMap(spellingsOf)) {
    needles.add(value)
    // Bytes of a letter beyond ASCII are others in upper case.
    if (/[^\0-\x7f]/.test(value))
      for (const one of [value, value.toLowerCase(), value.toUpperCase()])
        needles.add(Buffer.from(one).toString('latin1'))
    if (value.length < SHORT) for (const encoding of base64) needles.add(Buffer.from(value).toString(encoding))
  }
  return needles
}

const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i
/** A short key: a word of that length would be hidden wherever a sentence has it in capitals. */
const SHORT_KEY = /^(?=.*\d).{6,9}$/

/** Ways in which servers write the same value: UUIDs with hyphens and without, keys in upper and lower case. */
function spellingsOf(value: string): string[] {
  const groups = UUID.exec(value)?.slice(1)
  if (groups !== undefined) return [groups.join('-'), groups.join('')]
  return SHORT_KEY.test(value) ? [value, value.toLowerCase(), value.toUpperCase()] : [value]
}

const base64 = ['base64', 'base64url'] as const
/** Length below which the base64 of a secret, on its own, is a run that is not decoded. */
const SHORT = 9
