import type { Operation, Replacement, RequestBody } from '../../document/model.ts'
import type { Template } from '../../expression/ast.ts'
import { compileTemplate, type Evaluate, type Scope, stringify } from '../../expression/index.ts'
import { compileReplacements } from './replacement.ts'
import { encodeStrict, form } from './style.ts'
import { compileFormText, compileJsonText } from './text-body.ts'

export interface BodyPlan {
  readonly contentType: string
  /** The bytes or text to send; `undefined` sends no body. */
  readonly write: (scope: Scope) => string | Uint8Array | undefined
  /** The payload before serialization, as `$request.body` sees it. */
  readonly evaluate: Evaluate
}

export type BodyKind = 'json' | 'form' | 'multipart' | 'text'

/** How a media type is serialized. */
export function kindOf(contentType: string): BodyKind {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
  if (/[/+]json$/.test(type)) return 'json'
  if (type === 'application/x-www-form-urlencoded') return 'form'
  if (type.startsWith('multipart/')) return 'multipart'
  return 'text'
}

/** The step's content type, else the operation's JSON one, else its first, else one that fits the payload. */
export function contentTypeOf(body: RequestBody, operation: Operation): string {
  if (body.contentType !== undefined) return body.contentType
  const declared = (operation.requestBody?.content ?? [])
    .map(media => media.type)
    .filter(type => !type.includes('*'))
  return (
    declared.find(type => kindOf(type) === 'json') ??
    declared[0] ??
    (isText(body.payload) ? 'text/plain' : 'application/json')
  )
}

const isText = (payload: Template | undefined) =>
  payload?.kind === 'text' || (payload?.kind === 'literal' && typeof payload.value === 'string')

export function compileBody(body: RequestBody, operation: Operation): BodyPlan {
  const contentType = contentTypeOf(body, operation)
  const kind = kindOf(contentType)
  const payload = body.payload ?? { kind: 'literal', value: undefined }
  if (body.replacements.length > 0) return replaced(payload, body.replacements, contentType, kind)
  if (kind === 'json') return { contentType, ...jsonBody(payload) }
  if (kind === 'form' && payload.kind === 'text') {
    const write = compileFormText(payload)
    return { contentType, write, evaluate: write }
  }
  const evaluate = compileTemplate(payload)
  return { contentType, evaluate, write: scope => serialize(evaluate(scope), kind) }
}

function jsonBody(payload: Template): Pick<BodyPlan, 'write' | 'evaluate'> {
  if (payload.kind === 'text') {
    const write = compileJsonText(payload)
    return { write, evaluate: scope => parsed(write(scope)) }
  }
  if (payload.kind === 'literal') {
    const { value } = payload
    const text = typeof value === 'string' ? literalJson(value) : JSON.stringify(value)
    return { write: () => text, evaluate: () => (typeof value === 'string' ? parsed(text ?? '') : value) }
  }
  const evaluate = compileTemplate(payload)
  return { evaluate, write: scope => serialize(evaluate(scope), 'json') }
}

/** Text that is JSON already is the body; other text is a JSON string. */
function literalJson(text: string): string {
  return parsed(text) === text ? JSON.stringify(text) : text
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function replaced(
  payload: Template,
  replacements: readonly Replacement[],
  contentType: string,
  kind: BodyKind,
): BodyPlan {
  const base: Evaluate = kind === 'json' ? jsonBody(payload).evaluate : compileTemplate(payload)
  const replace = compileReplacements(replacements, contentType)
  const evaluate: Evaluate = scope => replace(base(scope), scope)
  return { contentType, evaluate, write: scope => serialize(evaluate(scope), kind) }
}

function serialize(value: unknown, kind: BodyKind): string | Uint8Array | undefined {
  if (value === undefined) return undefined
  if (kind === 'json') return JSON.stringify(value)
  if (value instanceof Uint8Array) return value
  if (kind === 'form' && typeof value === 'object' && value !== null)
    return formBody(value as Record<string, unknown>)
  return stringify(value)
}

/** Fields as `form` style pairs, exploded (OpenAPI's default for form bodies); objects within fields as JSON. */
function formBody(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? `${encodeStrict(name)}=${encodeStrict(JSON.stringify(value))}`
        : form(name, value, true, encodeStrict),
    )
    .filter(pair => pair !== '')
    .join('&')
}
