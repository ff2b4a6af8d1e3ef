/** Names and values in turn, or the bytes that they came in. */
export type RawHeaders = readonly string[] | HeaderBlock

/** First value of a header. Names ignore case. */
export function findHeader(headers: RawHeaders, name: string): string | undefined {
  if (headers instanceof HeaderBlock) return headers.find(name)
  for (let i = 0; i + 1 < headers.length; i += 2) if (isNamed(headers[i]!, name)) return headers[i + 1]
  return undefined
}

/** Whether a response sets cookies. Asked of every one. */
export function setsCookies(headers: RawHeaders): boolean {
  if (headers instanceof HeaderBlock) return (headers.seen & SET_COOKIE) !== 0
  return findHeader(headers, 'set-cookie') !== undefined
}

/** Every value of a header, in the order in which they came. */
export function findHeaders(headers: RawHeaders, name: string): string[] {
  if (headers instanceof HeaderBlock) return headers.findAll(name)
  return headers.filter((_, i) => i % 2 === 1 && isNamed(headers[i - 1]!, name))
}

/**
 * Headers as reports have them: lower-case names; repeated ones joined by `, `, `set-cookie` by a line break (its
 * values contain commas).
 */
export function toRecord(raw: RawHeaders): Record<string, string> {
  const values = new Map<string, string>()
  const headers = raw instanceof HeaderBlock ? raw.list() : raw
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase()
    const value = headers[i + 1]!
    const earlier = values.get(name)
    values.set(name, earlier === undefined ? value : earlier + (name === 'set-cookie' ? '\n' : ', ') + value)
  }
  // Not by assignment: a header may be called `__proto__`.
  return Object.fromEntries(values)
}

const isNamed = (candidate: string, name: string): boolean =>
  candidate.length === name.length && (candidate === name || candidate.toLowerCase() === name.toLowerCase())

// Hot file. No allocation per response. A value is created only when it is read, and the last Content-Type is kept.

const nothing = Buffer.alloc(0)

/** Names that are looked for in every response: the parser notes whether they came. */
export const SET_COOKIE = 1
export const CONTENT_TYPE = 2
export const CONTENT_ENCODING = 4
export const LOCATION = 8

const NOTED: ReadonlyMap<string, number> = new Map([
  ['set-cookie', SET_COOKIE],
  ['content-type', CONTENT_TYPE],
  ['content-encoding', CONTENT_ENCODING],
  ['location', LOCATION],
])

/**
 * The header of a response as the bytes that came: nothing is made of it before it is asked for. The bytes are the
 * transport's, valid during its call; `copy` makes them one's own. Its lines are valid and end in CR LF.
 */
export class HeaderBlock {
  bytes: Buffer = nothing
  /** Start of the first line and end of the last one. */
  from = 0
  to = 0
  /** Bit mask of the names above that are present. */
  seen = 0
  /** Position of the first Content-Type's value. */
  typeFrom = 0
  typeTo = 0
  /** Headers of the same number, other than 0, are the same to the byte. */
  known = 0
  /** The last Content-Type, and the number of its header: an application has few. */
  #type = ''
  #typeOf = 0

  /** First value of a header. Names ignore case. */
  find(name: string): string | undefined {
    let noted = NOTED.get(name)
    if (noted !== undefined && (this.seen & noted) === 0) return undefined
    if (noted === CONTENT_TYPE) return this.contentType
    const key = name.toLowerCase()
    noted ??= NOTED.get(key)
    if (noted !== undefined && (this.seen & noted) === 0) return undefined
    for (let line = this.from; line < this.to; line = endOfLine(this.bytes, line)) {
      if (this.#isNamed(line, key)) return this.#value(line + key.length + 1)
    }
    return undefined
  }

  /** The first Content-Type. */
  get contentType(): string | undefined {
    if ((this.seen & CONTENT_TYPE) === 0) return undefined
    if (this.known !== 0 && this.known === this.#typeOf) return this.#type
    this.#typeOf = this.known
    const { bytes, typeFrom, typeTo } = this
    const type = this.#type
    const length = typeTo - typeFrom
    let i = type.length === length ? 0 : length + 1
    while (i < length && bytes[typeFrom + i] === type.charCodeAt(i)) i++
    if (i !== length) this.#type = bytes.toString('latin1', typeFrom, typeTo)
    return this.#type
  }

  /** Every value of a header, in the order in which they came. */
  findAll(name: string): string[] {
    const key = name.toLowerCase()
    const values: string[] = []
    for (let line = this.from; line < this.to; line = endOfLine(this.bytes, line)) {
      if (this.#isNamed(line, key)) values.push(this.#value(line + key.length + 1))
    }
    return values
  }

  /** Names and values in turn. */
  list(): string[] {
    const list: string[] = []
    for (let line = this.from; line < this.to; line = endOfLine(this.bytes, line)) {
      const colon = this.bytes.indexOf(0x3a, line)
      list.push(this.bytes.toString('latin1', line, colon), this.#value(colon + 1))
    }
    return list
  }

  #isNamed(line: number, key: string): boolean {
    if (this.bytes[line + key.length] !== 0x3a) return false
    for (let i = 0; i < key.length; i++) {
      if (lower(this.bytes[line + i]!) !== key.charCodeAt(i)) return false
    }
    return true
  }

  /** Value without the white space around it. */
  #value(from: number): string {
    const { bytes } = this
    let start = from
    let end = endOfLine(bytes, from) - 2
    while (start < end && isBlank(bytes[start]!)) start++
    while (end > start && isBlank(bytes[end - 1]!)) end--
    return bytes.toString('latin1', start, end)
  }
}

const lower = (code: number): number => (code >= 0x41 && code <= 0x5a ? code | 0x20 : code)

const endOfLine = (bytes: Buffer, from: number): number => bytes.indexOf(0x0a, from) + 1

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
