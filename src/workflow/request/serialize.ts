import { randomBytes } from 'node:crypto'
import type { TextTemplate } from '../../expression/ast.ts'
import { compileExpression, type Scope, stringify } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import type { Fault, Finding } from '../../ground/fault.ts'
import { writeJson } from '../../ground/json.ts'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { isObject } from '../../ground/object.ts'
import { type BodyMedia, isBinaryType, type Member } from './body-media.ts'
import { RequestError } from './error.ts'
import { FileContent, type FileReferences, ForeignReference, isFileReference } from './file-reference.ts'
import { encodeReserved, encodeStrict, form, inStyle, stylePairs } from './style.ts'

export type BodyKind = 'json' | 'form' | 'multipart' | 'xml' | 'binary' | 'text'

/** How a media type is serialized. */
export function kindOf(contentType: string): BodyKind {
  const type = essenceOf(contentType)
  if (isJsonType(type)) return 'json'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  if (type.startsWith('multipart/')) return 'multipart'
  if (/[/+]xml$/.test(type)) return 'xml'
  return isBinaryType(type) ? 'binary' : 'text'
}

/** Form text with embedded expressions: embedded values are percent-encoded, so that `&` in one adds no pair. */
export function compileFormText(template: TextTemplate): (scope: Scope) => string {
  const writers = template.parts.map(part =>
    typeof part === 'string' ? part : { evaluate: compileExpression(part.expression) },
  )
  return scope =>
    writers.map(part => (typeof part === 'string' ? part : encodeStrict(stringify(part.evaluate(scope))))).join('')
}

/** Turns a payload into what is sent; a multipart body adds its own Content-Type to `headers`. */
type Serialize = (value: unknown, headers: string[]) => string | Uint8Array | undefined

export interface BodyContext {
  readonly contentType: string
  readonly stepId: string
  readonly at: Location
  readonly media: BodyMedia
  readonly files: FileReferences
}

const json: Serialize = value => writeJson(value)

export function serializerOf(kind: BodyKind, context: BodyContext): Serialize {
  switch (kind) {
    case 'json':
      return json
    case 'multipart':
      return multipart(context)
    case 'form':
      return whole(context, value => (isRecord(value) ? writeForm(value, context.media) : stringify(value)))
    case 'xml':
      return whole(context, value => {
        if (typeof value === 'object' && value !== null) throw refusal(context, noXml)
        return stringify(value)
      })
    case 'binary':
    case 'text':
      return whole(context, stringify)
  }
}

/** A body that may also be given as bytes, or as a file where the description has bytes. */
function whole(context: BodyContext, write: (value: unknown) => string): Serialize {
  const { contentType, media, files } = context
  const mayBeFile = media.isBinary(contentType)
  return value => {
    if (value === undefined || value instanceof Uint8Array) return value
    if (mayBeFile && isFileReference(value)) return attempt(context, () => files.read(value).bytes)
    return write(value)
  }
}

function multipart(context: BodyContext): Serialize {
  const parts = new Multipart(context.media, context.files)
  const isForm = /^multipart\/form-data\b/i.test(context.contentType)
  return (value, headers) => {
    if (value === undefined) return undefined
    if (!isRecord(value)) return ready(value, headers, context)
    if (!isForm) throw refusal(context, onlyFormData)
    const { boundary, body } = attempt(context, () => parts.write(value))
    setContentType(headers, `${context.contentType.split(';', 1)[0]}; boundary=${boundary}`)
    return body
  }
}

/** A multipart body that was written as text, or came as bytes; its first line tells the boundary. */
function ready(value: unknown, headers: string[], context: BodyContext): string | Uint8Array {
  if (Array.isArray(value)) throw refusal(context, onlyFormData)
  const body = value instanceof Uint8Array ? value : stringify(value)
  const start = Buffer.from(body.slice(0, 200) as string).toString('latin1')
  const boundary = /^(?:\r?\n)*--([^\r\n]+?)[ \t]*\r?\n/.exec(start)?.[1]
  const { contentType } = context
  const isGiven = /;\s*boundary=/i.test(contentType) || boundary === undefined
  if (!headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type'))
    headers.push('content-type', isGiven ? contentType : `${contentType}; boundary="${boundary}"`)
  return body
}

function setContentType(headers: string[], contentType: string): void {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (headers[index]!.toLowerCase() === 'content-type') headers.splice(index, 2)
  }
  headers.push('content-type', contentType)
}

export const noXml: Finding = { found: 'its payload is an object or a list', advice: 'Write the XML as text.' }
export const onlyFormData: Finding = {
  found: 'its payload is an object or a list, and only multipart/form-data is put together from one',
  advice: 'Use multipart/form-data, or write the whole body as text.',
}

export const refusalOf = ({ contentType, stepId }: BodyContext, wrong: Finding): Fault => ({
  verb: 'write',
  thing: `the ${contentType} body of step "${stepId}"`,
  ...wrong,
})

const refusal = (context: BodyContext, wrong: Finding) => new RequestError(refusalOf(context, wrong), context.at)

function attempt<T>(context: BodyContext, write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (error instanceof RequestError) throw error
    const advice = error instanceof ForeignReference ? error.advice : "Correct the file's path."
    throw refusal(context, { found: (error as Error).message, advice })
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => isObject(value) && !ArrayBuffer.isView(value)

/**
 * Members of an object as `application/x-www-form-urlencoded`. Where the description says nothing, a list becomes a
 * pair for each item, and an object JSON; `style`, `explode` and `allowReserved` rule where they are given. Source:
 * OpenAPI 3.1.1, "Encoding the x-www-form-urlencoded Media Type".
 */
export function writeForm(members: Readonly<Record<string, unknown>>, media: BodyMedia): string {
  return Object.entries(members)
    .map(([name, value]) => writeMember(name, value, media))
    .filter(pair => pair !== '')
    .join('&')
}

function writeMember(name: string, value: unknown, media: BodyMedia): string {
  const { style, explode, allowReserved, contentType } = media.member(name)
  const encode = allowReserved ? encodeReserved : encodeStrict
  if (style !== undefined) return inStyle(style, name, value, explode, encode)
  const isJson = contentType?.split(',').some(isJsonType) && value !== undefined
  return form(name, isJson || isObject(value) ? writeJson(value)! : value, true, encodeStrict)
}

interface Part {
  readonly name: string
  readonly fileName?: string
  /** The default is `text/plain`. Source: RFC 7578, 4.4. */
  readonly contentType?: string
  readonly headers: Member['headers']
  readonly content: Uint8Array
}

/**
 * Members of an object as `multipart/form-data`: each a part, each item of a list a part of its own. Objects are JSON,
 * bytes and files have a file name, anything else is text. The boundary is new each time, so that no value can contain
 * it. Sources: RFC 7578; OpenAPI 3.1.1, "Encoding Object".
 */
class Multipart {
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
