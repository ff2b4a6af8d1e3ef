import { stringify } from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import type { Fault, Wrong } from '../../ground/fault.ts'
import { writeJson } from '../../ground/json.ts'
import { isObject } from '../../ground/object.ts'
import type { BodyKind } from './body-kind.ts'
import type { BodyMedia } from './body-media.ts'
import { RequestError } from './error.ts'
import { type FileReferences, isFileReference } from './file-reference.ts'
import { writeForm } from './form-body.ts'
import { Multipart } from './multipart.ts'

/** Turns a payload into what is sent; a multipart body adds its own Content-Type to `headers`. */
export type Serialize = (value: unknown, headers: string[]) => string | Uint8Array | undefined

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

export const noXml: Wrong = { found: 'its payload is an object or a list', advice: 'Write the XML as text.' }
export const onlyFormData: Wrong = {
  found: 'its payload is an object or a list, and only multipart/form-data is put together from one',
  advice: 'Use multipart/form-data, or write the whole body as text.',
}

export const refusalOf = ({ contentType, stepId }: BodyContext, wrong: Wrong): Fault => ({
  verb: 'write',
  thing: `the ${contentType} body of step "${stepId}"`,
  ...wrong,
})

const refusal = (context: BodyContext, wrong: Wrong) => new RequestError(refusalOf(context, wrong), context.at)

function attempt<T>(context: BodyContext, write: () => T): T {
  try {
    return write()
  } catch (error) {
    if (error instanceof RequestError) throw error
    throw refusal(context, { found: (error as Error).message, advice: "Correct the file's path." })
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => isObject(value) && !ArrayBuffer.isView(value)
