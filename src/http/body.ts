import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { decodeContent } from './content-encoding.ts'
import { contentTypeOf } from './content-type.ts'

/**
 * A body as a value. With an `error`, `value` is what could still be read: the text that is not JSON, or the
 * bytes.
 */
export interface ReadBody {
  /** Parsed JSON, text, or bytes of the reader's own; `undefined` for an empty body. */
  value: unknown
  /** One line: why it is not what its headers say. */
  error?: string
}

const empty: ReadBody = Object.freeze({ value: undefined })

/**
 * Reads a response's body by its Content-Type and Content-Encoding. Keeps nothing of `bytes`.
 *
 * JSON is parsed; `text/*`, XML, YAML and other types that are valid UTF-8 become a string; images,
 * `octet-stream` and the like, and what is not valid UTF-8, bytes. A body without a Content-Type that looks
 * like a JSON object or array and parses as one is taken for JSON (RFC 9110, section 8.3, lets a recipient
 * examine the data).
 */
export function readBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  contentEncoding: string | undefined,
): ReadBody {
  if (bytes.byteLength === 0) return empty
  let content = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (contentEncoding !== undefined && contentEncoding !== 'identity') {
    const decoded = decodeContent(content, contentEncoding)
    if (typeof decoded === 'string') return { value: copy(content), error: decoded }
    content = decoded
    if (content.byteLength === 0) return empty
  }
  if (contentType === undefined) return sniff(content)
  const { kind, charset } = contentTypeOf(contentType)
  if (kind === 'binary' || (kind === 'unknown' && charset === 'utf-8' && !isUtf8(content)))
    return { value: copy(content) }
  const text = decodeText(content, charset)
  if (text === undefined)
    return { value: copy(content), error: `Failed to read the body as text: unknown charset "${charset}".` }
  if (kind !== 'json') return { value: text }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { value: text, error: `Failed to read the body as JSON: ${firstLine(error)}.` }
  }
}

function sniff(content: Buffer): ReadBody {
  if (!isUtf8(content)) return { value: copy(content) }
  const text = decodeText(content, 'utf-8') as string
  if (!/^\s*[[{]/.test(text)) return { value: text }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { value: text }
  }
}

/** Undefined for a charset nobody knows. A byte order mark is left out. */
function decodeText(content: Buffer, charset: string): string | undefined {
  if (charset === 'utf-8') {
    const start = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf ? 3 : 0
    return content.toString('utf8', start)
  }
  try {
    return new TextDecoder(charset).decode(content)
  } catch {
    return undefined
  }
}

/** The bytes belong to the transport, in memory shared with others: what is kept is copied. */
function copy(content: Buffer): Uint8Array {
  return new Uint8Array(content)
}

function firstLine(error: unknown) {
  return ((error as Error).message.split('\n', 1)[0] as string).replace(/\.$/, '')
}
