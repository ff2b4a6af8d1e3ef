import * as zlib from 'node:zlib'
import type { Fault } from '../ground/fault.ts'

/** A body of a few kilobytes can unpack to gigabytes; past this it is not read. */
const maxOutputLength = 256 * 1024 * 1024

type Decode = (content: Buffer, options: { maxOutputLength: number }) => Buffer

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

/** Names for `Accept-Encoding`. */
export const acceptedEncodings: readonly string[] = Object.keys(decoders).filter(name => name !== 'x-gzip')

export const knownEncodings = `Known are ${acceptedEncodings.join(', ')}.`

/** Undoes a Content-Encoding, the last applied first. Or why that failed. */
export function decodeContent(content: Buffer, contentEncoding: string): Buffer | Fault {
  const fault = (found: string, advice?: string): Fault => ({ verb: 'decode', thing: 'the body', found, advice })
  let decoded = content
  for (const name of encodingsOf(contentEncoding)) {
    if (!Object.hasOwn(decoders, name)) return fault(`unknown content-encoding "${name}"`, knownEncodings)
    try {
      decoded = (decoders[name] as Decode)(decoded, { maxOutputLength })
    } catch (error) {
      return fault(`not valid ${name} (${(error as Error).message})`)
    }
  }
  return decoded
}

/** Those to be undone, in lower case, the last applied first. */
export function encodingsOf(contentEncoding: string): string[] {
  const names = contentEncoding.split(',').map(name => name.trim().toLowerCase())
  return names.filter(name => name !== '' && name !== 'identity').reverse()
}

/**
 * Some servers send raw deflate where the RFC asks for zlib's wrapping (section 8.4.1.2); the first byte
 * tells them apart.
 */
function inflate(content: Buffer, options: { maxOutputLength: number }): Buffer {
  const wrapped = ((content[0] ?? 0) & 0x0f) === 8
  return wrapped ? zlib.inflateSync(content, options) : zlib.inflateRawSync(content, options)
}
