import type { Operation, RequestBody } from '../../document/model.ts'
import type { Template } from '../../expression/ast.ts'
import { essenceOf, isJsonType } from '../../ground/media-type.ts'
import { isBinaryType } from './body-media.ts'

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

/** The step's content type, else the operation's JSON one, else its first, else one that fits the payload. */
export function contentTypeOf(body: RequestBody, operation: Operation): string {
  if (body.contentType !== undefined) return body.contentType
  const declared = (operation.requestBody?.content ?? []).map(media => media.type).filter(type => !type.includes('*'))
  return declared.find(isJsonType) ?? declared[0] ?? (isText(body.payload) ? 'text/plain' : 'application/json')
}

const isText = (payload: Template | undefined) =>
  payload?.kind === 'text' || (payload?.kind === 'literal' && typeof payload.value === 'string')

/** Whether a payload is known to be an object or a list before anything is run. */
export function isStructured(payload: Template): boolean {
  if (payload.kind === 'literal') return typeof payload.value === 'object' && payload.value !== null
  return payload.kind === 'object' || payload.kind === 'array'
}
