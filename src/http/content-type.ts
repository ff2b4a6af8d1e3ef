import { essenceOf, isJsonType } from '../ground/media-type.ts'

export interface ContentType {
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
