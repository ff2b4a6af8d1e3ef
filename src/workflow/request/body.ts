import { dirname } from 'node:path'
import type { OpenApiDescription, Operation, Replacement, RequestBody, Step } from '../../document/model.ts'
import type { SelectorType, Template, TextTemplate } from '../../expression/ast.ts'
import {
  compileExpression,
  compileReplacement,
  compileTemplate,
  type Evaluate,
  ExpressionError,
  type Scope,
  stringify,
} from '../../expression/index.ts'
import type { Problem } from '../../ground/errors.ts'
import { type Finding, toDiagnostic } from '../../ground/fault.ts'
import { parseJson, writeJson } from '../../ground/json.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { isObject } from '../../ground/object.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { matchMediaType } from '../media-type.ts'
import { BodyMedia } from './body-media.ts'
import { RequestError } from './error.ts'
import { FileReferences, type FileRules, isFileReference } from './file-reference.ts'
import {
  type BodyContext,
  type BodyKind,
  compileFormText,
  kindOf,
  noXml,
  onlyFormData,
  refusalOf,
  serializerOf,
} from './serialize.ts'

export interface BodyPlan {
  readonly contentType: string
  /** Whether `write` adds the Content-Type, which is another for each body. */
  readonly writesContentType: boolean
  /** The bytes or text to send; `undefined` sends no body. Throws RequestError. */
  readonly write: (scope: Scope, headers: string[]) => string | Uint8Array | undefined
  /** The payload before serialization, as `$request.body` sees it. */
  readonly evaluate: Evaluate
}

/** Context of a step, for the references of its request. */
export interface RequestContext {
  /** Description; absent where the source is not an OpenAPI description. */
  readonly description: OpenApiDescription | undefined
  /** The workflow's document. */
  readonly file: string
  readonly files: FileRules
  /** Takes what is wrong before anything is run. */
  readonly report: (problem: Problem) => void
  /** Whether requests name a trace. */
  readonly traceparent?: boolean | undefined
  /** How long a request of a step without a `timeout` may take; 0: no limit. */
  readonly requestTimeout: Milliseconds
}

export function compileBody(
  { stepId }: Step,
  body: RequestBody,
  operation: Operation,
  { description, file, files: rules, report }: RequestContext,
): BodyPlan {
  const contentType = contentTypeOf(body, operation)
  const kind = kindOf(contentType)
  const payload = body.payload ?? { kind: 'literal', value: undefined }
  const media = new BodyMedia(matchMediaType(contentType, operation.requestBody?.content ?? []), description)
  if (kind === 'multipart' || media.isBinary(contentType)) rules.isUsed = true
  const files = new FileReferences(dirname(file), rules)
  const context: BodyContext = { contentType, stepId, at: body.at, media, files }
  for (const template of [payload, ...body.replacements.map(({ value }) => value)]) files.trust(template)
  for (const problem of problemsOf(kind, payload, context)) report(problem)
  const head = { contentType, writesContentType: kind === 'multipart' }
  return { ...head, ...compilePayload(payload, body, kind, context) }
}

/** The step's content type, else the operation's JSON one, else its first, else one that fits the payload. */
function contentTypeOf(body: RequestBody, operation: Operation): string {
  if (body.contentType !== undefined) return body.contentType
  const declared = (operation.requestBody?.content ?? []).map(media => media.type).filter(type => !type.includes('*'))
  return declared.find(isJsonType) ?? declared[0] ?? (isText(body.payload) ? 'text/plain' : 'application/json')
}

const isText = (payload: Template | undefined) =>
  payload?.kind === 'text' || (payload?.kind === 'literal' && typeof payload.value === 'string')

/** Whether a payload is known to be an object or a list before anything is run. */
function isStructured(payload: Template): boolean {
  if (payload.kind === 'literal') return typeof payload.value === 'object' && payload.value !== null
  return payload.kind === 'object' || payload.kind === 'array'
}

type Compiled = Pick<BodyPlan, 'write' | 'evaluate'>

function compilePayload(payload: Template, body: RequestBody, kind: BodyKind, context: BodyContext): Compiled {
  if (body.replacements.length === 0) {
    if (kind === 'json') return compileJson(payload)
    if (kind === 'form' && payload.kind === 'text') {
      const write = compileFormText(payload)
      return { write, evaluate: write }
    }
  }
  const serialize = serializerOf(kind, context)
  const evaluate = compileReplaced(payload, body.replacements, kind === 'json', context.contentType)
  return { evaluate, write: (scope, headers) => serialize(evaluate(scope), headers) }
}

/* ---- what is wrong before anything is run ---- */

function problemsOf(kind: BodyKind, payload: Template, context: BodyContext): Problem[] {
  const { contentType, at } = context
  const refuse = (wrong: Finding): Problem[] => [
    { code: 'invalid-value', severity: 'error', ...toDiagnostic(refusalOf(context, wrong)), at },
  ]
  if (isStructured(payload)) {
    if (kind === 'xml') return refuse(noXml)
    if (kind === 'multipart' && (!/^multipart\/form-data\b/i.test(contentType) || isList(payload)))
      return refuse(onlyFormData)
  }
  return kind === 'json' ? [] : missingFiles(kind, payload, context)
}

/** Files that the document itself names, where files belong. */
function missingFiles(kind: BodyKind, payload: Template, context: BodyContext): Problem[] {
  const { contentType, stepId, at, media, files } = context
  const named = kind === 'multipart' ? filesIn(payload, media) : media.isBinary(contentType) ? [literalOf(payload)] : []
  return named.filter(isFileReference).flatMap(reference => {
    try {
      files.read(reference)
      return []
    } catch (error) {
      const thing = `${reference} for step "${stepId}"`
      const advice = 'Correct the path; it is relative to the document.'
      const fault = { verb: 'read', thing, found: (error as Error).message, advice }
      return [{ code: 'unreadable-file', severity: 'error', ...toDiagnostic(fault), at }]
    }
  })
}

const filesIn = (payload: Template, media: BodyMedia) =>
  membersOf(payload).flatMap(([name, value]) => (media.member(name).isBinary ? [value].flat() : []))

function membersOf(payload: Template): [string, unknown][] {
  if (payload.kind === 'object') return payload.members.map(([name, member]) => [name, literalOf(member)])
  const value = literalOf(payload)
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

const literalOf = (template: Template) => (template.kind === 'literal' ? template.value : undefined)
const isList = (payload: Template) => payload.kind === 'array' || Array.isArray(literalOf(payload))

// Hot file. Allocated per request: the payload's value; its text only where it is not that of the request before.

interface JsonBody {
  readonly write: (scope: Scope) => string | undefined
  /** The value before it is written; of text, what the text says. */
  readonly evaluate: Evaluate
}

/** A payload as JSON, compiled. Text that is JSON already is taken for that; other text is a JSON string. */
export function compileJson(payload: Template): JsonBody {
  if (payload.kind === 'text') {
    const write = compileJsonText(payload)
    return { write, evaluate: scope => parsed(write(scope)) }
  }
  if (payload.kind === 'literal') {
    const { value } = payload
    const text = typeof value === 'string' ? literalJson(value) : writeJson(value)
    return { write: () => text, evaluate: () => (typeof value === 'string' ? parsed(text ?? '') : value) }
  }
  const evaluate = compileTemplate(payload)
  return { evaluate, write: remembering(evaluate) }
}

/**
 * JSON written as text with embedded expressions. Inside a JSON string a value is escaped, so that a quotation mark in
 * it cannot end the string; elsewhere it is embedded as it is. A string that is nothing but one expression becomes
 * the structure where the value is an object or a list: `"customer": "{$inputs.customer}"` of the specification's own
 * bnpl example could not become JSON otherwise.
 */
function compileJsonText(template: TextTemplate): (scope: Scope) => string {
  const writers = template.parts.map((part, index): string | ((scope: Scope) => string) => {
    if (typeof part === 'string') return part
    const evaluate = compileExpression(part.expression)
    const before = template.parts.slice(0, index).map(textOf).join('')
    if (!endsInString(before)) return scope => stringify(evaluate(scope))
    const isWhole = before.endsWith('"') && firstText(template, index + 1).startsWith('"')
    return scope => {
      const value = evaluate(scope)
      const text = stringify(value)
      const escaped = JSON.stringify(text).slice(1, -1)
      return isWhole && typeof value === 'object' && value !== null ? structureMark + text + structureMark : escaped
    }
  })
  return scope => {
    let text = ''
    for (const writer of writers) text += typeof writer === 'string' ? writer : writer(scope)
    return text.includes(structureMark) ? text.replaceAll(quotedStructure, '$1') : text
  }
}

/** A character that JSON text cannot contain unescaped and that `JSON.stringify` always escapes. */
const structureMark = '\u0000'

const quotedStructure = /"\u0000([^\u0000]*)\u0000"/g

const textOf = (part: TextTemplate['parts'][number]) => (typeof part === 'string' ? part : 'x')

const firstText = (template: TextTemplate, index: number) => {
  const part = template.parts[index]
  return typeof part === 'string' ? part : ''
}

/** Whether JSON text breaks off inside a string. */
function endsInString(text: string): boolean {
  let inside = false
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (inside && char === '\\') index++
    else if (char === '"') inside = !inside
  }
  return inside
}

/** After so many payloads in a row that were all new, no more are compared. */
const PATIENCE = 16

/** Many payloads are the same for every iteration: comparing their members costs a fifth of writing them. */
function remembering(evaluate: Evaluate): JsonBody['write'] {
  let last: unknown
  let text: string | undefined
  let misses = 0
  return scope => {
    const value = evaluate(scope)
    if (misses > PATIENCE) return writeJson(value)
    if (isSame(value, last)) {
      misses = 0
      return text
    }
    misses++
    text = writeJson(value)
    last = value
    return text
  }
}

/** Whether both are objects with the same members in the same order, none of which is an object itself. */
function isSame(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return false
  const [names, others] = [Object.keys(a), Object.keys(b)]
  if (names.length !== others.length) return false
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const value = a[name]
    if (name !== others[i] || value !== b[name]) return false
    if (typeof value === 'object' || typeof value === 'function') return false
  }
  return true
}

const literalJson = (text: string): string => (parsed(text) === text ? JSON.stringify(text) : text)

function parsed(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** The value of a payload, with its replacements. */
export function compileReplaced(
  payload: Template,
  replacements: readonly Replacement[],
  isJson: boolean,
  contentType: string,
): Evaluate {
  const base = isJson ? compileJson(payload).evaluate : compileTemplate(payload)
  if (replacements.length === 0) return base
  const replace = compileReplacements(replacements, contentType)
  return scope => replace(base(scope), scope)
}

/**
 * Puts values into a payload; where a target can be made, it need not exist yet. Source: Arazzo 1.1.0, "Payload
 * Replacement Object".
 */
function compileReplacements(
  replacements: readonly Replacement[],
  contentType: string,
): (payload: unknown, scope: Scope) => unknown {
  const steps = replacements.map(({ target, targetType, targetVersion, value, at }) => {
    const replace = compileReplacement({ type: targetType, version: targetVersion } as SelectorType, target)
    const evaluate = compileTemplate(value)
    return (payload: unknown, scope: Scope) => {
      try {
        return replace(payload, evaluate(scope))
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error
        const thing = `${target} in the ${contentType} payload`
        const advice = 'Correct the target, or the payload.'
        throw new RequestError({ verb: 'replace', thing, found: error.message, advice }, at)
      }
    }
  })
  return (payload, scope) => steps.reduce((result, step) => step(result, scope), payload)
}
