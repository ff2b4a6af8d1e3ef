import type { Operation, OperationParameter, Parameter, Step } from '../../document/model.ts'
import type { Template } from '../../expression/ast.ts'
import { compileTemplate, type Evaluate, type RequestView, type Scope, stringify } from '../../expression/index.ts'
import type { Finding } from '../../ground/fault.ts'
import { writeJson } from '../../ground/json.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { isObject } from '../../ground/object.ts'
import { formatCount } from '../../ground/units.ts'
import { findHeader } from '../../http/headers.ts'
import { spellOut } from '../../http/spell-out.ts'
import type { OutgoingRequest, ResponseReads } from '../../http/transport.ts'
import { headerLine, requestTemplate, tailOf } from '../../http/wire/encode.ts'
import type { Base } from '../server.ts'
import { type BodyPlan, compileBody, compileJson, type RequestContext } from './body.ts'
import { BodyMedia } from './body-media.ts'
import { originOfNothing, RequestError } from './error.ts'
import { compileFormText, writeForm } from './serialize.ts'
import { encodeReserved, encodeStrict, styleWriter } from './style.ts'
import { newTraceparent, TRACEPARENT } from './trace.ts'

/** A request laid out once; `build` fills it in for one attempt. */
export type RequestPlan = ReturnType<typeof compileRequest>

export function compileRequest(
  step: Step,
  operation: Operation,
  parameters: readonly Parameter[],
  base: Base,
  surroundings: RequestContext,
) {
  const plans = parameters.map(parameter => compileParameter(parameter, operation))
  const body = step.requestBody && compileBody(step, step.requestBody, operation, surroundings)
  const at = (place: ParameterPlan['in']): Numbered[] =>
    plans.map((plan, index) => ({ plan, index })).filter(({ plan }) => plan.in === place)

  const pathTemplate = base.path + operation.path
  const path = compilePath(pathTemplate, at('path'), step)
  const query = [...at('query'), ...at('querystring')]
  const own = at('header')
  // One of the document's own says which trace the request belongs to.
  const isTraced = surroundings.traceparent === true && !own.some(({ plan }) => plan.name.toLowerCase() === TRACEPARENT)
  const headers = isTraced ? [...own, { plan: traceparent(step), index: plans.length }] : own
  const cookies = at('cookie')
  const fixed = fixedHeaders(step.events ? EVENT_STREAM : accepted(operation), body, headers)
  const timeout = step.timeout ?? surroundings.requestTimeout
  const text = layOut({ method: operation.method, origin: base.origin, pathTemplate, fixed, headers, cookies, body })

  return {
    method: operation.method,
    base,
    parameters: plans,
    body,
    /** Whether its header `traceparent` is made here; the value stands behind those of the parameters. */
    isTraced,
    /**
     * Writes the request into `out` and the parameters' values into `values` (one per parameter, in order).
     * Throws RequestError when a path value is missing or a value cannot stand in its place.
     */
    build(scope: Scope, out: OutgoingRequest, values: unknown[]): void {
      for (let index = 0; index < plans.length; index++) values[index] = plans[index]!.evaluate(scope)
      out.origin = base.origin
      out.method = operation.method
      out.path = path(values) + search(query, values)
      out.timeout = timeout
      out.headers.length = 0
      for (const text of fixed) out.headers.push(text)
      for (const { plan, index } of headers) {
        const value = values[index]
        if (value !== undefined && value !== null) out.headers.push(plan.name, headerText(plan, value))
      }
      if (cookies.length > 0) addCookies(out.headers, cookies, values)
      out.body = body?.write(scope, out.headers)
    },
    /**
     * Writes the request as one text (`out.text`), which says the same as `build`. False where that cannot be done:
     * `build` does it then. Throws as `build` does.
     */
    layOut(scope: Scope, out: OutgoingRequest, values: unknown[]): boolean {
      if (text === undefined) return false
      for (let index = 0; index < plans.length; index++) values[index] = plans[index]!.evaluate(scope)
      out.text = text(path(values) + search(query, values), values, scope)
      if (out.text === undefined) return false
      out.origin = base.origin
      out.method = operation.method
      out.timeout = timeout
      return true
    },
  }
}

function traceparent({ at }: Step): ParameterPlan {
  const nothing = () => undefined
  return {
    ...{ name: TRACEPARENT, in: 'header', at, evaluate: nothing, value: { kind: 'literal', value: '' } },
    write: value => value as string,
  }
}

type PathPart = string | (Numbered & { readonly place: string })

function compilePath(template: string, holes: readonly Numbered[], step: Step): (values: unknown[]) => string {
  const parts: PathPart[] = []
  let last = 0
  for (const match of template.matchAll(/\{([^{}]+)\}/g)) {
    const hole = holes.find(({ plan }) => plan.name === match[1])
    parts.push(encodeLiteral(template.slice(last, match.index)))
    parts.push(hole ? { ...hole, place: match[0] } : encodeLiteral(match[0]))
    last = match.index + match[0].length
  }
  parts.push(encodeLiteral(template.slice(last)))
  return values => {
    let path = ''
    for (const part of parts) {
      if (typeof part === 'string') path += part
      else path += pathText(part, values[part.index], step)
    }
    return path
  }
}

/** Encodes characters in a description's paths that a URL cannot contain: spaces, non-ASCII letters. Triplets stay. */
const encodeLiteral = (text: string) => encodeURI(text.toWellFormed()).replaceAll(/%25([0-9A-Fa-f]{2})/g, '%$1')

function pathText({ plan, place }: Numbered & { place: string }, value: unknown, step: Step): string {
  const text = value === undefined || value === null ? '' : plan.write(value)
  if (text === '') {
    const thing = `the request of step "${step.stepId}"`
    const found = `path parameter ${place} has no value`
    throw new RequestError({ verb: 'build', thing, found, advice: originOfNothing(plan.value) }, plan.at)
  }
  // Dots as a segment would lead to another resource. Source: RFC 3986, 5.2.4.
  return value === text && (text === '.' || text === '..') ? text.replaceAll('.', '%2E') : text
}

/** All that goes into the query, a querystring last. */
function search(query: readonly Numbered[], values: unknown[]): string {
  let text = ''
  for (const { plan, index } of query) {
    if (values[index] === undefined) continue
    const pairs = plan.write(values[index])
    if (pairs !== '') text += (text === '' ? '?' : '&') + pairs
  }
  return text
}

function addCookies(headers: string[], cookies: readonly Numbered[], values: unknown[]): void {
  const pairs = cookies
    .filter(({ index }) => values[index] !== undefined && values[index] !== null)
    .map(({ plan, index }) => refuseUnfit(plan, plan.write(values[index])))
  if (pairs.length > 0) headers.push('cookie', pairs.join('; '))
}

const EVENT_STREAM = 'text/event-stream'

function fixedHeaders(accept: string, body: BodyPlan | undefined, given: readonly Numbered[]): string[] {
  const isGiven = (name: string) => given.some(({ plan }) => plan.name.toLowerCase() === name)
  const headers: string[] = []
  if (!isGiven('accept')) headers.push('accept', accept)
  if (!isGiven('user-agent')) headers.push('user-agent', 'vitest-arazzo')
  if (body && !body.writesContentType && !isGiven('content-type')) headers.push('content-type', body.contentType)
  return headers
}

/** The media types that the operation says it responds with, and anything else after them. */
function accepted(operation: Operation): string {
  const types = Object.values(operation.responses).flatMap(response => response.content.map(media => media.type))
  const known = [...new Set(types)].filter(type => type !== '*/*')
  return known.length > 0 ? `${known.join(', ')}, */*;q=0.1` : '*/*'
}

/** Request of the current attempt, for expressions. */
export class BuiltRequest implements RequestView {
  /** Client of the request. */
  readonly #client: { readonly trace: string }
  plan: RequestPlan | undefined
  scope: Scope | undefined
  readonly values: unknown[] = []
  readonly out: OutgoingRequest = {
    origin: '',
    method: '',
    path: '',
    headers: [],
    body: undefined,
    timeout: 0,
    queued: 0,
    text: undefined,
    reads: undefined,
    user: undefined,
    reader: undefined,
  }

  /** @param client who sends it. */
  constructor(client: { readonly trace: string }) {
    this.#client = client
    this.out.user = client
  }

  /** @param isPlain whether nothing is added to what the step says: then it may be laid out. */
  make(plan: RequestPlan, scope: Scope, reads: ResponseReads | undefined, isPlain: boolean): void {
    const { out, values } = this
    this.plan = plan
    this.scope = scope
    out.text = undefined
    out.reads = reads
    out.reader = undefined
    if (plan.isTraced) values[plan.parameters.length] = newTraceparent(this.#client.trace)
    if (!isPlain || !plan.layOut(scope, out, values)) plan.build(scope, out, values)
  }

  get url(): string {
    spellOut(this.out)
    return this.out.origin + this.out.path
  }

  header(name: string): string | undefined {
    spellOut(this.out)
    return findHeader(this.out.headers, name)
  }

  /** Value of a parameter, or a field of a querystring. */
  query(name: string): unknown {
    if (this.plan?.parameters.some(({ in: place }) => place === 'querystring'))
      return new URL(this.url).searchParams.get(name) ?? this.#value('query', name)
    return this.#value('query', name)
  }

  path(name: string): unknown {
    return this.#value('path', name)
  }

  get body(): unknown {
    return this.scope && this.plan?.body?.evaluate(this.scope)
  }

  #value(place: string, name: string): unknown {
    const index = this.plan?.parameters.findIndex(plan => plan.in === place && plan.name === name) ?? -1
    return index < 0 ? undefined : this.values[index]
  }
}

// Hot file. Allocated per request: its text, put together from constant and new parts; one that is the same as the
// step's last is given again, and so is the end of one with the same body.

/** Parts of a request. */
interface Layout {
  readonly method: string
  readonly origin: string
  readonly pathTemplate: string
  /** Headers that are always the same: names and values in turn. */
  readonly fixed: readonly string[]
  readonly headers: readonly Numbered[]
  readonly cookies: readonly Numbered[]
  readonly body: BodyPlan | undefined
}

/** The whole request as text; undefined where its values ask for the general way. */
type WriteText = (path: string, values: readonly unknown[], scope: Scope) => string | undefined

const isPlain = /^[\t\x20-\x7e]*$/

/**
 * Lays a request out once, so that only its holes are filled in for each: constant lines, a header line for each header
 * parameter, the length of the body. What it writes is what the general way and `encodeRequest` would. Undefined for
 * requests that need the general way: cookies, multipart, headers that are the connection's business.
 */
function layOut(layout: Layout): WriteText | undefined {
  const { method, origin, pathTemplate, fixed, headers, cookies, body } = layout
  if (cookies.length > 0 || body?.writesContentType) return undefined
  const names = headers.map(({ plan }) => plan.name)
  const template = requestTemplate(method, origin, pathTemplate, fixed, names)
  if (template === undefined) return undefined
  const { start, head, end } = template
  const none: string[] = []
  // Last written values. `lastPath` is undefined if `lastText` does not belong to it.
  let lastPath: string | undefined
  const lastWritten: (string | undefined)[] = headers.map(() => undefined)
  const lastLines = headers.map(() => '')
  let lastContent: string | undefined
  let lastTail = end
  let lastText = ''

  return (path, values, scope) => {
    for (let i = 0; i < headers.length; i++) {
      const { plan, index } = headers[i]!
      const value = values[index]
      const written = value === undefined || value === null ? undefined : plan.write(value)
      if (written === lastWritten[i]) continue
      lastPath = undefined
      lastWritten[i] = undefined
      const line = written === undefined ? '' : lineOf(plan, value, written)
      lastLines[i] = line ?? ''
      if (line === undefined) return undefined
      lastWritten[i] = written
    }
    const content = body?.write(scope, none)
    if (content !== undefined && typeof content !== 'string') return undefined
    if (content !== lastContent) {
      lastPath = undefined
      lastContent = content
      lastTail = content === undefined || content === '' ? end : tailOf(content)
    }
    if (path === lastPath) return lastText
    let text = start + path + head
    for (let i = 0; i < lastLines.length; i++) text += lastLines[i]!
    lastText = text + lastTail
    lastPath = path
    return lastText
  }
}

/** Undefined where the value cannot stand in a header. */
function lineOf(plan: ParameterPlan, value: unknown, written: string): string | undefined {
  const text = written.length <= LONGEST_HEADER && isPlain.test(written) ? written : headerText(plan, value)
  return headerLine(plan.name, text)
}

/** A parameter, and where its value stands among those of the request. */
interface Numbered {
  readonly plan: ParameterPlan
  readonly index: number
}

const forbidden = /[\r\n\0]/

/** Most characters of a header's value: servers take less by far, and longer ones keep a thread busy for seconds. */
const LONGEST_HEADER = 2 ** 18

/** A header or cookie from a response must not bring a second header or request with it, nor be without end. */
function refuseUnfit(plan: ParameterPlan, text: string): string {
  if (text.length > LONGEST_HEADER)
    throw unfit(plan, {
      found: `its value has ${formatCount(text.length)} characters, and may have ${formatCount(LONGEST_HEADER)}`,
      advice: 'Send it in a body, or take a part of it.',
    })
  if (!forbidden.test(text)) return text
  throw unfit(plan, {
    found: 'its value contains a line break or NUL',
    advice: 'Encode it, or take it from another place.',
  })
}

const unfit = (plan: ParameterPlan, wrong: Finding) =>
  new RequestError({ verb: 'write', thing: `${plan.in} parameter "${plan.name}"`, ...wrong }, plan.at)

const latin1Only = /[^\u0000-\u00ff]/

/** The text of a header's value, as Latin-1. */
function headerText(plan: ParameterPlan, value: unknown): string {
  const text = refuseUnfit(plan, plan.write(value))
  return latin1Only.test(text) ? Buffer.from(text).toString('latin1') : text
}

/** A parameter compiled: how to get its value, and how the value is written into its place. */
interface ParameterPlan extends Required<Parameter> {
  readonly evaluate: Evaluate
  /** The text for a value that is there: a path segment, `n=v` pairs, a header's value, `n=v` cookies. */
  readonly write: (value: unknown) => string
}

type Declared = Pick<OperationParameter, 'name' | 'in' | 'style' | 'explode' | 'allowReserved' | 'contentType'>

const defaultStyle = { path: 'simple', header: 'simple', query: 'form', querystring: 'form', cookie: 'form' } as const

const sameName = (a: string, b: string, place: string) =>
  place === 'header' ? a.toLowerCase() === b.toLowerCase() : a === b

function compileParameter(parameter: Parameter, operation: Operation): ParameterPlan {
  const known = operation.parameters.find(
    candidate =>
      sameName(candidate.name, parameter.name, candidate.in) &&
      (parameter.in === undefined || candidate.in === parameter.in),
  )
  const place = parameter.in ?? known?.in ?? 'query'
  const style = defaultStyle[place]
  const undeclared = { name: parameter.name, in: place, style, explode: style === 'form', allowReserved: false }
  const declared: Declared = known ?? undeclared
  return {
    name: parameter.name,
    in: place,
    evaluate: compileValue(parameter.value, declared),
    value: parameter.value,
    at: parameter.at,
    write: writer(declared),
  }
}

function writer(parameter: Declared): (value: unknown) => string {
  const { in: place, contentType } = parameter
  if (place === 'querystring') return value => queryString(value, contentType ?? '')
  return contentType === undefined ? styleWriter(parameter, place) : contentWriter(parameter)
}

/** JSON of a `content` parameter may be written as text, as a body may; what a querystring embeds adds no pairs. */
function compileValue(template: Template, declared: Declared): Evaluate {
  if (isJson(declared.contentType)) return compileJson(template).evaluate
  return declared.in === 'querystring' && template.kind === 'text'
    ? compileFormText(template)
    : compileTemplate(template)
}

/** A `content` parameter: its value is written by its media type. */
function contentWriter({ name, in: place, contentType = '', allowReserved }: Declared): (value: unknown) => string {
  const encode = allowReserved ? encodeReserved : encodeStrict
  const text = (value: unknown) => contentText(value, contentType)
  switch (place) {
    case 'header':
      return text
    case 'path':
      return value => encode(text(value))
    default:
      return value => `${encodeStrict(name)}=${encode(text(value))}`
  }
}

function contentText(value: unknown, contentType: string): string {
  if (isJson(contentType)) return writeJson(value)!
  return isForm(contentType) && isObject(value) ? writeForm(value, noMedia) : stringify(value)
}

/**
 * The whole query. Text is used unchanged, except characters that a query cannot contain. An object is serialized by
 * its media type, by default as a form. Source: OpenAPI 3.2.0, "Parameter Object", `in: querystring`.
 */
function queryString(value: unknown, contentType: string): string {
  if (isJson(contentType)) return encodeStrict(writeJson(value)!)
  if (isObject(value)) return writeForm(value, noMedia)
  return encodeReserved(stringify(value).replace(/^\?/, ''))
}

const isJson = (contentType: string | undefined) => isJsonType(contentType ?? '')
const isForm = (contentType: string) => /^application\/x-www-form-urlencoded\b/i.test(contentType)
const noMedia = new BodyMedia(undefined, undefined)
