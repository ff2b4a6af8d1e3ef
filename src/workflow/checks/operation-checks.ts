import type { OpenApiDescription, Operation, OperationResponse, SchemaPlace } from '../../document/model.ts'
import { sentenceOf } from '../../ground/fault.ts'
import { asNumbers } from '../../ground/json.ts'
import { tried } from '../../ground/tried.ts'
import { HeaderBlock } from '../../http/headers.ts'
import { isRedirect } from '../../http/redirect.ts'
import { kindOfBody, matchMediaType, nameOfResponse, WITHOUT_BODY } from '../media-type.ts'
import type { ReceivedResponse } from '../response.ts'
import type { SchemaError } from '../schema/ajv.ts'
import { describeErrors, describeKind, mismatchesOf } from '../schema/describe-errors.ts'
import { compileForResponse, EffortError, type Validator } from '../schema/validator.ts'
import { noFaults, type ResponseFault } from './check-rule.ts'

/** Holds responses against what an operation documents. One serves all steps that call the operation. */
export class OperationChecks {
  readonly #operation: Operation
  readonly #description: OpenApiDescription
  readonly #documented: readonly string[]
  /** Whether a body is validated against a schema. */
  readonly haveSchemas: boolean
  /** Whether nothing is documented of any response: no body and no header, and no status, or any (`default`). */
  readonly isEmpty: boolean
  readonly #byName = new Map<string, ResponseChecks>()
  readonly #byStatus = new Map<number, ResponseChecks | undefined>()

  constructor(operation: Operation, description: OpenApiDescription) {
    this.#operation = operation
    this.#description = description
    this.#documented = Object.keys(operation.responses)
    const all = Object.values(operation.responses)
    this.haveSchemas = all.some(({ content }) => content.some(({ schema }) => schema !== undefined))
    this.isEmpty =
      (all.length === 0 || nameOfResponse(operation, 0) !== undefined) &&
      all.every(({ content, headers }) => content.length === 0 && Object.keys(headers).length === 0)
  }

  /** Whether the description has the status, by itself, its range or `default`. */
  documents(status: number): boolean {
    return this.isEmpty || this.#of(status) !== undefined
  }

  /** `200 and 4XX`: what the description has. */
  get documented(): string {
    return this.#documented.join(' and ')
  }

  /** Everything that is wrong with a response; its status first, since without a status nothing else is documented. */
  faults(received: ReceivedResponse): readonly ResponseFault[] {
    const status = received.status
    if (status === undefined || this.isEmpty) return noFaults
    const checks = this.#of(status)
    return checks ? checks.faults(received, this.#operation.method === 'HEAD') : [this.#undocumented(status)]
  }

  /** A fault of a body that is not what its own headers say. */
  unreadable(received: ReceivedResponse): readonly ResponseFault[] {
    const fault = received.bodyFault
    if (fault === undefined) return noFaults
    const details = sentenceOf(fault)
    const { at } = this.#operation
    return [{ demand: 'body is what its headers say', at, severity: 'error', summary: details, details }]
  }

  #of(status: number): ResponseChecks | undefined {
    const found = this.#byStatus.get(status)
    if (found !== undefined || this.#byStatus.has(status)) return found
    const name = nameOfResponse(this.#operation, status)
    const checks = name === undefined ? undefined : this.#named(name)
    this.#byStatus.set(status, checks)
    return checks
  }

  #named(name: string): ResponseChecks {
    const known = this.#byName.get(name)
    if (known) return known
    const checks = new ResponseChecks(name, this.#operation.responses[name]!, this.#description)
    this.#byName.set(name, checks)
    return checks
  }

  #undocumented(status: number): ResponseFault {
    return {
      demand: 'status is documented',
      at: this.#operation.at,
      severity: 'error',
      summary: `status ${status} is not documented (only ${this.documented})`,
      actual: { $statusCode: status },
      expected: { $statusCode: wantedOf(this.#documented) },
      isOfStatus: true,
    }
  }
}

/** A single status as the number that a response has; several, ranges and "default" in words. */
function wantedOf(documented: readonly string[]): number | string {
  const words = documented.join(' or ')
  return /^\d+$/.test(words) ? Number(words) : words
}

type Found = Omit<ResponseFault, 'at' | 'severity'> & { readonly severity?: ResponseFault['severity'] }

/**
 * Holds responses against one documented response. A schema is compiled when the first response needs it.
 * `name` is how it is documented: `200`, `4XX`, `default`.
 */
class ResponseChecks {
  readonly #name: string
  readonly #response: OperationResponse
  readonly #description: OpenApiDescription
  readonly #validators = new Map<SchemaPlace, Validator | Error>()
  readonly #headers: readonly (readonly [name: string, header: OperationResponse['headers'][string]])[]
  /** Content type of the last body that is documented without a schema: most are like it. */
  #plainType: string | undefined
  /** Number of the header that had it last. */
  #plainHeader = 0

  constructor(name: string, response: OperationResponse, description: OpenApiDescription) {
    this.#name = name
    this.#response = response
    this.#description = description
    // A Content-Type here says nothing. Source: OpenAPI 3.1.1, "Response Object", `headers`.
    this.#headers = Object.entries(response.headers).filter(([key]) => key.toLowerCase() !== 'content-type')
  }

  faults(received: ReceivedResponse, isHead: boolean): readonly ResponseFault[] {
    if (this.#isPlain(received)) return noFaults
    const found = [...this.#headersOf(received), ...(isHead ? [] : this.#bodyOf(received))]
    return found.map(fault => ({ severity: 'error', at: this.#response.at, ...fault }))
  }

  /** Whether only the content type is documented, and it is known to be right. */
  #isPlain(received: ReceivedResponse): boolean {
    if (this.#plainType === undefined || this.#headers.length > 0 || received.isEmpty) return false
    const known = received.headers instanceof HeaderBlock ? received.headers.known : 0
    if (known !== 0 && known === this.#plainHeader) return true
    if (received.header('content-type') !== this.#plainType) return false
    this.#plainHeader = known
    return true
  }

  /* ---- headers ---- */

  *#headersOf(received: ReceivedResponse): Generator<Found> {
    for (const [name, { required, schema }] of this.#headers) {
      const text = received.headerLine(name)
      if (text === undefined) {
        if (!required) continue
        const demand = `header ${name} of ${this.#name} is there`
        yield { demand, summary: `the required header ${name} is missing`, details: 'the header is missing' }
      } else if (schema) {
        yield* this.#headerOf(name, text, schema)
      }
    }
  }

  *#headerOf(name: string, text: string, schema: SchemaPlace): Generator<Found> {
    const demand = `header ${name} of ${this.#name} matches its schema`
    yield* this.#hold(demand, `header ${name}`, schema, validate => validateText(validate, text, true))
  }

  /* ---- body ---- */

  *#bodyOf(received: ReceivedResponse): Generator<Found> {
    const { content } = this.#response
    // `default` is hardly meant for the note that frameworks put into a redirect.
    if (this.#name === 'default' && isRedirect(received.status ?? 0)) return
    // `responses: { 200: { description: OK } }` is the least that may be written, and says nothing about bodies.
    if (content.length === 0 || WITHOUT_BODY.has(received.status ?? 0)) return
    if (received.isEmpty) return yield* this.#emptyBody()
    const contentType = received.header('content-type')
    const media = contentType === undefined ? undefined : matchMediaType(contentType, content)
    if (contentType === undefined || !media) return yield this.#undocumentedType(contentType)
    const kind = kindOfBody(contentType)
    if (!media.schema || !kind) this.#plainType = contentType
    // Under load, a body too long to be held passes by unseen.
    if (!media.schema || !kind || received.passed) return
    yield* this.#valueOf(received, kind, media.type, media.schema)
  }

  #undocumentedType(contentType: string | undefined): Found {
    const types = this.#response.content.map(({ type }) => type)
    const what = contentType === undefined ? 'a body without a Content-Type' : `the content type ${contentType}`
    return {
      demand: `content type of ${this.#name} is documented`,
      summary: `${what} is not documented (only ${types.join(' and ')})`,
      actual: { '$response.header.Content-Type': contentType },
      expected: { '$response.header.Content-Type': types.join(' or ') },
    }
  }

  /** An empty body is not JSON. */
  *#emptyBody(): Generator<Found> {
    const { content } = this.#response
    if (!content.every(({ type, schema }) => schema && kindOfBody(type) === 'json')) return
    const demand = `body matches the schema of ${this.#name} ${content[0]!.type}`
    yield { demand, summary: 'the body is empty', details: 'the body is empty' }
  }

  *#valueOf(received: ReceivedResponse, kind: 'json' | 'text', type: string, schema: SchemaPlace): Generator<Found> {
    const demand = `body matches the schema of ${this.#name} ${type}`
    const { body, bodyError } = received
    if (bodyError !== undefined) {
      const details = sentenceOf(bodyError)
      return yield { demand, summary: details, details }
    }
    if (kind === 'text' && typeof body !== 'string') return
    yield* this.#hold(demand, `the body of ${this.#name} ${type}`, schema, validate => {
      if (kind === 'text') return validateText(validate, body as string, false)
      const value = asNumbers(body)
      return validate(value) ? undefined : { errors: validate.errors!, value }
    })
  }

  *#hold(
    demand: string,
    what: string,
    schema: SchemaPlace,
    validated: (validate: Validator) => InvalidText | undefined,
  ): Generator<Found> {
    try {
      const unfit = validated(this.#validator(schema))
      if (unfit) yield breach(demand, what, unfit)
    } catch (error) {
      const { message } = error as Error
      // An unchecked body has not passed: otherwise a response only had to be large.
      const unchecked = `${what} could not be validated against its schema: ${message}`
      const isTooMuch = error instanceof EffortError
      const details = isTooMuch ? unchecked : `the schema cannot be used: ${message.split('\n', 1)[0]}`
      // A schema that cannot be used is the description's fault, not the response's.
      yield { demand, severity: isTooMuch ? 'error' : 'warning', summary: details, details }
    }
  }

  /** Throws, each time, for a schema that cannot be compiled. */
  #validator(schema: SchemaPlace): Validator {
    const known = this.#validators.get(schema) ?? attempt(() => compileForResponse(schema, this.#description))
    this.#validators.set(schema, known)
    if (known instanceof Error) throw known
    return known
  }
}

function attempt(compile: () => Validator): Validator | Error {
  try {
    return compile()
  } catch (error) {
    return error as Error
  }
}

function breach(demand: string, what: string, { errors, value }: InvalidText): Found {
  return {
    demand,
    summary: `${what} does not match its schema: ${describeKind(errors)}`,
    details: describeErrors(errors, value),
    mismatches: () => mismatchesOf(errors, value),
  }
}

/** A value and what its schema has against it. */
interface InvalidText {
  readonly errors: readonly SchemaError[]
  readonly value: unknown
}

/**
 * Validates text: a header, a text body. The text may stand for any type of its schema (`12` is a string and a number),
 * so it is valid if one of its readings is. Returns the errors of the closest reading.
 */
function validateText(validate: Validator, text: string, isHeader: boolean): InvalidText | undefined {
  let best: InvalidText | undefined
  for (const value of readings(text, isHeader)) {
    if (validate(value)) return undefined
    const errors = [...validate.errors!]
    if (!best || distance(errors) < distance(best.errors)) best = { errors, value }
  }
  return best
}

/** Distance of a reading from its schema: a wrong type counts more than any number of other faults. */
function distance(errors: readonly SchemaError[]): number {
  const isOfWrongType = errors.some(({ keyword, instancePath }) => keyword === 'type' && instancePath === '')
  return isOfWrongType ? Number.POSITIVE_INFINITY : errors.length
}

function* readings(text: string, isHeader: boolean): Generator<unknown> {
  yield text
  const value = scalar(text)
  if (value !== text) yield value
  if (!isHeader) return
  const parts = text.split(',').map(part => part.trim())
  yield parts
  yield parts.map(scalar)
  yield pairs(parts)
  // A header with `content`. What is no JSON is one of the other readings.
  const json = /^\s*[[{]/.test(text) ? tried(() => JSON.parse(text) as unknown) : undefined
  if (json !== undefined) yield json
}

function scalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  if (text === 'null') return null
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : text
}

/** An object in style `simple`: `R=100,G=200` exploded, else `R,100,G,200`. */
function pairs(parts: readonly string[]): Record<string, unknown> {
  const flat = parts.every(part => part.includes('='))
    ? parts.flatMap(part => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)])
    : parts
  const entries: [string, unknown][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push([flat[i]!, scalar(flat[i + 1]!)])
  return Object.fromEntries(entries)
}
