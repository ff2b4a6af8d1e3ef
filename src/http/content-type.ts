import * as zlib from 'node:zlib'
import type { Fault } from '../ground/fault.ts'
import { collectGarbage } from '../ground/garbage.ts'
import { essenceOf, isJsonType } from '../ground/media-type.ts'
import { type Bytes, formatCount } from '../ground/units.ts'

interface ContentType {
  kind: 'json' | 'text' | 'binary' | 'unknown'
  /** Charset as named by the header; `utf-8` when it names none. */
  charset: string
  /** XML whose header names no charset: the document itself may (RFC 7303, section 3). */
  declares: boolean
}

const known = new Map<string, ContentType>()

/** Reads a Content-Type. An application has few, so each is read once. */
export function contentTypeOf(header: string): ContentType {
  const remembered = known.get(header)
  if (remembered) return remembered
  const type = read(header)
  if (known.size < 256) known.set(header, type)
  return type
}

function read(header: string): ContentType {
  const essence = essenceOf(header)
  const named = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(header)?.[1]?.toLowerCase()
  const charset = named === undefined || named === 'utf8' ? 'utf-8' : named
  return { kind: kindOf(essence), charset, declares: named === undefined && /[+/]xml$/.test(essence) }
}

function kindOf(essence: string): ContentType['kind'] {
  if (isJsonType(essence)) return 'json'
  if (essence.startsWith('text/') || /[+/](xml|yaml|x-yaml)$/.test(essence)) return 'text'
  if (/^(image|audio|video|font)\//.test(essence) || binary.has(essence)) return 'binary'
  return 'unknown'
}

const binary = new Set([
  'application/octet-stream',
  'application/pdf',
  'application/zip',
  'application/gzip',
  'application/protobuf',
  'application/x-protobuf',
  'application/msgpack',
  'application/cbor',
  'application/wasm',
])

/** A body of a few kilobytes can unpack to gigabytes; past this it is not read, unless another limit is given. */
export const MOST_BODY: Bytes = 2 ** 28

type Decode = (content: Buffer, options: Record<'maxOutputLength' | 'chunkSize', Bytes>) => Buffer

// Node has zstd from 22.15 on.
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: Decode }

/** Decoders by the names of RFC 9110, section 8.4.1 (`x-gzip` is gzip), RFC 7932 and RFC 8878. */
const decoders: Record<string, Decode> = {
  gzip: zlib.gunzipSync,
  'x-gzip': zlib.gunzipSync,
  deflate: inflate,
  br: zlib.brotliDecompressSync,
  ...(zstdDecompressSync && { zstd: zstdDecompressSync }),
}

const accepted = Object.keys(decoders).filter(name => name !== 'x-gzip')
export const knownEncodings = `Known are ${accepted.join(', ')}.`

/**
 * Undoes a Content-Encoding, the last applied first. Or why that failed.
 *
 * @param most the longest that it may become.
 */
export function decodeContent(content: Buffer, contentEncoding: string, most: Bytes = MOST_BODY): Buffer | Fault {
  const fault = (found: string, advice?: string): Fault => ({ verb: 'decode', thing: 'the body', found, advice })
  let decoded = content
  for (const name of encodingsOf(contentEncoding)) {
    if (!Object.hasOwn(decoders, name)) return fault(`unknown content-encoding "${name}"`, knownEncodings)
    try {
      decoded = decodeWithin(decoders[name] as Decode, decoded, Math.max(1, most))
    } catch (error) {
      if (isTooLarge(error))
        return fault(
          `it is longer than ${formatCount(most)} bytes without its ${name}`,
          'Let the application send less.',
        )
      return fault(`not valid ${name} (${(error as Error).message})`)
    }
  }
  return decoded
}

/**
 * Node joins the pieces that it decodes, and holds all twice then: a buffer that all of it fits into is one.
 * Pages of it that are not written cost nothing. A guess that was too small costs an eighth of the next one.
 */
function decodeWithin(decode: Decode, content: Buffer, most: Bytes): Buffer {
  for (let room = 8 * Math.max(SMALLEST, content.length); ; room *= 8) {
    const maxOutputLength = Math.min(room, most)
    try {
      return decode(content, { maxOutputLength, chunkSize: Math.max(SMALLEST, maxOutputLength + 1) })
    } catch (error) {
      if (maxOutputLength < most && isTooLarge(error)) continue
      if (maxOutputLength >= LARGE) void collectGarbage(Infinity)
      throw error
    }
  }
}

const SMALLEST: Bytes = 2_048

/** V8 frees a buffer of a failed decoding so late that on a busy machine the next one is added to it. */
const LARGE: Bytes = 2 ** 26

const isTooLarge = (error: unknown) => (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE'

/** Encodings to undo, in lower case, the last applied first. */
export function encodingsOf(contentEncoding: string): string[] {
  const names = contentEncoding.split(',').map(name => name.trim().toLowerCase())
  return names.filter(name => name !== '' && name !== 'identity').reverse()
}

/**
 * Some servers send raw deflate where the RFC asks for zlib's wrapping (section 8.4.1.2); the first byte
 * tells them apart.
 */
function inflate(content: Buffer, options: zlib.ZlibOptions): Buffer {
  const wrapped = ((content[0] ?? 0) & 0x0f) === 8
  return wrapped ? zlib.inflateSync(content, options) : zlib.inflateRawSync(content, options)
}
