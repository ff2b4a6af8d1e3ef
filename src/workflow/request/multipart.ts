import { randomBytes } from 'node:crypto'
import { stringify } from '../../expression/index.ts'
import { writeJson } from '../../ground/json.ts'
import type { BodyMedia, Member } from './body-media.ts'
import { FileContent, type FileReferences, isFileReference } from './file-reference.ts'
import { stylePairs } from './style.ts'

interface Part {
  readonly name: string
  readonly fileName?: string
  /** None is `text/plain`. Source: RFC 7578, 4.4. */
  readonly contentType?: string
  readonly headers: Member['headers']
  readonly content: Uint8Array
}

/**
 * Members of an object as `multipart/form-data`: each a part, each item of a list a part of its own. Objects are JSON,
 * bytes and files have a file name, anything else is text. The boundary is new each time, so that no value can contain
 * it. Sources: RFC 7578; OpenAPI 3.1.1, "Encoding Object".
 */
export class Multipart {
  readonly #media: BodyMedia
  readonly #files: FileReferences

  constructor(media: BodyMedia, files: FileReferences) {
    this.#media = media
    this.#files = files
  }

  /** Throws an Error in one line for a file that cannot be read. */
  write(members: Readonly<Record<string, unknown>>): { boundary: string; body: Uint8Array } {
    const boundary = `----vitest-arazzo-${randomBytes(18).toString('hex')}`
    const parts = Object.entries(members).flatMap(([name, value]) => this.#partsOf(name, value))
    const chunks = parts.flatMap(part => [Buffer.from(headOf(part, boundary)), part.content, CRLF])
    return { boundary, body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]) }
  }

  #partsOf(name: string, value: unknown): Part[] {
    if (value === undefined || value === null) return []
    const member = this.#media.member(name)
    if (member.style !== undefined && !(value instanceof Uint8Array)) {
      return stylePairs(name, value, member.style, member.explode).map(([key, text]) => textPart(key, text, member))
    }
    if (Array.isArray(value)) return value.flatMap(item => (isNothing(item) ? [] : [this.#part(name, item, member)]))
    return [this.#part(name, value, member)]
  }

  #part(name: string, value: unknown, member: Member): Part {
    const content = this.#bytesOf(name, value, member)
    if (content) return filePart(name, content, member)
    if (typeof value !== 'object') return textPart(name, stringify(value), member)
    const contentType = chosenType(member.contentType) ?? 'application/json'
    return { name, contentType, headers: member.headers, content: Buffer.from(writeJson(value)!) }
  }

  #bytesOf(name: string, value: unknown, member: Member): FileContent | undefined {
    if (value instanceof Uint8Array) return new FileContent(name, value)
    return isFileReference(value) && member.isBinary ? this.#files.read(value) : undefined
  }
}

const CRLF = Buffer.from('\r\n')
const isNothing = (value: unknown) => value === undefined || value === null

function textPart(name: string, text: string, member: Member): Part {
  const contentType = member.style === undefined ? chosenType(member.contentType) : undefined
  return { name, ...(contentType && { contentType }), headers: member.headers, content: Buffer.from(text) }
}

function filePart(name: string, file: FileContent, member: Member): Part {
  const own = file.mediaType
  const allowed = member.contentType?.split(',').map(type => type.trim())
  const contentType = allowed?.some(type => covers(type, own))
    ? own
    : (chosenType(member.contentType) ?? member.mediaType ?? own)
  return { name, fileName: file.name, contentType, headers: member.headers, content: file.bytes }
}

function covers(pattern: string, type: string): boolean {
  return pattern === type || (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1)))
}

/** The first of a list that is not a range. */
const chosenType = (types: string | undefined): string | undefined =>
  types
    ?.split(',')
    .map(type => type.trim())
    .find(type => type !== '' && !type.includes('*'))

function headOf({ name, fileName, contentType, headers }: Part, boundary: string): string {
  const file = fileName === undefined ? '' : `; filename="${quoted(fileName)}"`
  const lines = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${quoted(name)}"${file}`,
    ...(contentType === undefined ? [] : [`Content-Type: ${contentType}`]),
    ...headers.map(([key, value]) => `${key}: ${value.replaceAll(/[\r\n]/g, ' ')}`),
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** Escapes as browsers do, so that no name ends its quotes or its line. Source: HTML, "Multipart form data". */
const quoted = (text: string) => text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
