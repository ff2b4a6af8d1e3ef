import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import type { Fault } from '../ground/fault.ts'
import { parseJson } from '../ground/json.ts'
import { type Bytes, formatCount } from '../ground/units.ts'
import { excessiveMemory } from './body-memory.ts'
import { contentTypeOf, decodeContent, MOST_BODY } from './content-type.ts'
import { JsonReader, selectPointers } from './select/index.ts'

/**
 * A body as a value. With an `error`, `value` is what could still be read: the text that is not JSON, or the
 * bytes.
 */
interface ReadBody {
  /** Parsed JSON, text, or bytes of the reader's own; `undefined` for an empty body. */
  value: unknown
  /** Why it is not what its headers say. */
  error?: Fault
  /** It may be sound, but would take too much memory. */
  isTooLarge?: true
}

const nothingWanted = selectPointers([])

/** Words of the reader that sees bodies too long to be held: JSON.parse has others, which change with Node. */
const checker = new JsonReader()

const empty: ReadBody = Object.freeze({ value: undefined })

/**
 * Reads a response's body by its Content-Type and Content-Encoding. Keeps nothing of `bytes`.
 *
 * JSON is parsed; `text/*`, XML, YAML and other types that are valid UTF-8 become a string; images,
 * `octet-stream` and the like, and what is not valid UTF-8, bytes. A body without a Content-Type that looks
 * like a JSON object or array and parses as one is taken for JSON (RFC 9110, section 8.3, lets a recipient
 * examine the data). What would take more memory than twice `most` is not read.
 *
 * @param isChecked whether it is what its headers say, and nothing else: it has no value then.
 * @param most the longest that it may be, decoded.
 */
export function readBody(
  bytes: Uint8Array,
  contentType: string | undefined,
  contentEncoding: string | undefined,
  isChecked = false,
  most: Bytes = MOST_BODY,
): ReadBody {
  if (bytes.byteLength === 0) return empty
  let content = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (contentEncoding !== undefined && contentEncoding !== 'identity') {
    const decoded = decodeContent(content, contentEncoding, most)
    if (!Buffer.isBuffer(decoded)) return { value: isChecked ? undefined : copy(content), error: decoded }
    content = decoded
    if (content.byteLength === 0) return empty
  }
  if (contentType === undefined) return isChecked ? empty : sniff(content, most)
  const { kind, charset: named, declares } = contentTypeOf(contentType)
  const charset = declares ? charsetOfXml(content) : named
  if (isChecked && charset === 'utf-8') {
    if (kind !== 'json' || checker.read(nothingWanted, content, 0, content.length)) return empty
    return { value: undefined, error: checker.fault }
  }
  if (kind === 'binary' || (kind === 'unknown' && charset === 'utf-8' && !isUtf8(content)))
    return { value: copy(content) }
  const tooLarge = refusalOf(content, charset, kind === 'json', most)
  if (tooLarge) {
    const isWrong = kind === 'json' && charset === 'utf-8' && !checker.read(nothingWanted, content, 0, content.length)
    return isWrong ? { value: undefined, error: checker.fault } : tooLarge
  }
  const text = decodeText(content, charset)
  if (text === undefined)
    return {
      value: copy(content),
      error: { verb: 'read', thing: 'the body as text', found: `unknown charset "${charset}"` },
    }
  if (kind !== 'json') return { value: text }
  // Source: RFC 8259, 8.1. A Content-Type that names another charset is obeyed.
  if (charset === 'utf-8' && !isUtf8(content)) return { value: text, error: jsonFault(content) }
  try {
    return { value: parseJson(text) }
  } catch {
    return { value: text, error: jsonFault(charset === 'utf-8' ? content : Buffer.from(text)) }
  }
}

function refusalOf(content: Buffer, charset: string, isJson: boolean, most: Bytes): ReadBody | undefined {
  const memory = excessiveMemory(content, charset, isJson, most)
  if (memory === undefined) return
  const parts = isJson ? 'its text and its value' : 'its text'
  const found =
    `it would take ${formatCount(memory)} bytes of memory with ${parts}, ` + `more than twice ${formatCount(most)}`
  const advice = 'Read values of it by JSON Pointer.'
  return { value: undefined, error: { verb: 'decode', thing: 'the body', found, advice }, isTooLarge: true }
}

function sniff(content: Buffer, most: Bytes): ReadBody {
  if (!isUtf8(content)) return { value: copy(content) }
  const tooLarge = refusalOf(content, 'utf-8', true, most)
  if (tooLarge) return tooLarge
  const text = decodeText(content, 'utf-8') as string
  if (!/^\s*[[{]/.test(text)) return { value: text }
  try {
    return { value: parseJson(text) }
  } catch {
    return { value: text }
  }
}

/** Undefined for an unknown charset. A byte order mark is left out. */
function decodeText(content: Buffer, charset: string): string | undefined {
  if (charset === 'utf-8') {
    const start = content[0] === 0xef && content[1] === 0xbb && content[2] === 0xbf ? 3 : 0
    return content.toString('utf8', start)
  }
  try {
    const decoder = new TextDecoder(charset)
    return decoder.encoding === 'windows-1252' ? decodeWindows1252(content) : decoder.decode(content)
  } catch {
    return undefined
  }
}

/**
 * Characters of 0x80 to 0x9F. Some versions of Node decode them as ISO 8859-1, where they are control characters.
 * Source: WHATWG Encoding.
 */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

function decodeWindows1252(content: Buffer): string {
  return content.toString('latin1').replaceAll(/[\x80-\x9f]/g, char => WINDOWS_1252[char.charCodeAt(0) - 0x80]!)
}

/** A byte order mark, else what the XML declaration says, else UTF-8. Source: XML 1.0, appendix F. */
function charsetOfXml(content: Buffer): string {
  if (content[0] === 0xff && content[1] === 0xfe) return 'utf-16le'
  if (content[0] === 0xfe && content[1] === 0xff) return 'utf-16be'
  const start = content.toString('latin1', 0, 200)
  const declared = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(start)?.[1]?.toLowerCase()
  // The part that could be read is not UTF-16, regardless of its declaration.
  return declared === undefined || declared === 'utf8' || declared.startsWith('utf-16') ? 'utf-8' : declared
}

/** The bytes belong to the transport, in memory shared with others: what is kept is copied. */
const copy = (content: Buffer): Uint8Array => new Uint8Array(content)

function jsonFault(content: Buffer): Fault {
  checker.read(nothingWanted, content, 0, content.length)
  return checker.fault
}
