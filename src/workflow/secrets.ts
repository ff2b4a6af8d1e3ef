import { encodeReserved, encodeStrict } from './request/style.ts'

/**
 * Values that must not be shown, and the text without them. A value is hidden as it is, percent-encoded, and in base64.
 * Values of fewer than three characters are not looked for: hiding every `1` would leave nothing to read.
 */
export class Secrets {
  readonly #values = new Set<string>()
  #needles: readonly (string | RegExp)[] | undefined

  add(value: unknown): void {
    if (typeof value === 'number') this.add(String(value))
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
    this.add(value)
    if (key === 'authorization' || key === 'proxy-authorization') this.#addCredentials(value)
    if (key === 'cookie' || key === 'set-cookie')
      for (const part of value.split(/[;\n]/)) this.add(part.slice(part.indexOf('=') + 1).trim())
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
    this.#needles ??= needlesOf(forms(this.#values))
    return this.#needles.reduce((rest: string, needle) => rest.replaceAll(needle, '***'), text)
  }

  /** Masks every string within a value; keys stay. */
  maskAll<T>(value: T): T {
    if (this.#values.size === 0) return value
    return this.#walk(value) as T
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.mask(value)
    if (typeof value === 'number' && this.#values.has(String(value))) return '***'
    if (Array.isArray(value)) return value.map(item => this.#walk(item))
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#walk(item)]))
  }
}

const secretHeaders = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
])
export const isSecretHeader = (name: string): boolean => secretHeaders.has(name.toLowerCase())

const escapeRegExp = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

const LONG_FORM = 1000
const MOST_CHARACTERS = 100_000

/** One pattern of all forms may be more than V8 compiles: long ones are looked for as text, the others by patterns of bounded size. */
function needlesOf(longestFirst: readonly string[]): (string | RegExp)[] {
  const long = longestFirst.filter(form => form.length > LONG_FORM)
  const groups: string[][] = []
  let size = Infinity
  for (const form of longestFirst.slice(long.length)) {
    if (size + form.length > MOST_CHARACTERS) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(escapeRegExp(form))
    size += form.length
  }
  return [...long, ...groups.map(group => new RegExp(group.join('|'), 'g'))]
}

/** Longest first, so that a part of a secret does not leave the rest of it standing. */
function forms(values: Iterable<string>): string[] {
  const all = new Set<string>()
  for (const value of values) {
    all.add(value)
    all.add(encodeURIComponent(value.toWellFormed()))
    all.add(encodeStrict(value))
    all.add(encodeReserved(value))
    all.add(JSON.stringify(value).slice(1, -1))
    const base64 = Buffer.from(value).toString('base64')
    all.add(base64)
    all.add(base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''))
  }
  return [...all].filter(form => form.length >= 3).sort((a, b) => b.length - a.length)
}
