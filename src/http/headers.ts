import { HeaderBlock, isBlank, SET_COOKIE } from './header-block.ts'

/** Names and values in turn, as they came, or the bytes that they came in. */
export type RawHeaders = readonly Uint8Array[] | readonly string[] | HeaderBlock

/**
 * The first value of a header, whatever the case of its name. Looks through the list as it came: nothing is
 * made but the value. Bytes are read as Latin-1 (RFC 9110, section 5.5).
 */
export function findHeader(headers: RawHeaders, name: string): string | undefined {
  if (headers instanceof HeaderBlock) return headers.find(name)
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const candidate = headers[i] as Uint8Array | string
    if (candidate.length === name.length && isNamed(candidate, name)) return text(headers[i + 1] as Uint8Array | string)
  }
  return undefined
}

/** Whether a response sets cookies. Asked of every one. */
export function setsCookies(headers: RawHeaders): boolean {
  if (headers instanceof HeaderBlock) return (headers.seen & SET_COOKIE) !== 0
  return findHeader(headers, 'set-cookie') !== undefined
}

/** White space behind a value does not belong to it. Source: RFC 9110, section 5.5. */
export function trimValues(headers: Buffer[]): void {
  for (let i = 1; i < headers.length; i += 2) {
    const value = headers[i]!
    let end = value.length
    while (end > 0 && isBlank(value[end - 1]!)) end--
    if (end < value.length) headers[i] = value.subarray(0, end)
  }
}

/** Every value of a header, in the order in which they came. */
export function findHeaders(headers: RawHeaders, name: string): string[] {
  if (headers instanceof HeaderBlock) return headers.findAll(name)
  const values: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const candidate = headers[i] as Uint8Array | string
    if (candidate.length === name.length && isNamed(candidate, name))
      values.push(text(headers[i + 1] as Uint8Array | string))
  }
  return values
}

/**
 * Headers as reports have them: lower-case names; repeated ones joined by `, `, `set-cookie` by a line break (its
 * values contain commas).
 */
export function toRecord(raw: RawHeaders): Record<string, string> {
  const values = new Map<string, string>()
  const headers = raw instanceof HeaderBlock ? raw.list() : raw
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = text(headers[i] as Uint8Array | string).toLowerCase()
    const value = text(headers[i + 1] as Uint8Array | string)
    const earlier = values.get(name)
    values.set(name, earlier === undefined ? value : earlier + (name === 'set-cookie' ? '\n' : ', ') + value)
  }
  // Not by assignment: a header may be called `__proto__`.
  return Object.fromEntries(values)
}

function isNamed(candidate: Uint8Array | string, name: string) {
  if (typeof candidate === 'string') return candidate === name || candidate.toLowerCase() === name.toLowerCase()
  for (let i = 0; i < candidate.length; i++) {
    if (lower(candidate[i] as number) !== lower(name.charCodeAt(i))) return false
  }
  return true
}

function lower(code: number) {
  return code >= 0x41 && code <= 0x5a ? code | 0x20 : code
}

function text(value: Uint8Array | string): string {
  if (typeof value === 'string') return value
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return bytes.toString('latin1')
}
