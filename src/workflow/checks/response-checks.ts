import type { OpenApiDescription, OperationResponse, SchemaPlace } from '../../document/model.ts'
import { sentenceOf } from '../../ground/fault.ts'
import { asNumbers } from '../../ground/json.ts'
import { HeaderBlock } from '../../http/header-block.ts'
import { isRedirect } from '../../http/redirect.ts'
import { WITHOUT_BODY } from '../listed-body.ts'
import { kindOfBody, matchMediaType } from '../media-type.ts'
import type { ReceivedResponse } from '../response.ts'
import { describeErrors, describeKind, mismatchesOf } from '../schema/describe-errors.ts'
import { EffortError } from '../schema/effort.ts'
import { compileForResponse, type Validator } from '../schema/validator.ts'
import { noFaults, type ResponseFault } from './fault.ts'
import { type Unfit, validateText } from './text-value.ts'

type Found = Omit<ResponseFault, 'at' | 'severity'> & { readonly severity?: ResponseFault['severity'] }

/**
 * Holds responses against one documented response. A schema is compiled when the first response needs it.
 * `name` is how it is documented: `200`, `4XX`, `default`.
 */
export class ResponseChecks {
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
    validated: (validate: Validator) => Unfit | undefined,
  ): Generator<Found> {
    try {
      const unfit = validated(this.#validator(schema))
      if (unfit) yield breach(demand, what, unfit)
    } catch (error) {
      yield error instanceof EffortError
        ? unchecked(demand, what, error.message)
        : unusable(demand, (error as Error).message)
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

/** The fault is the description's, not the response's. */
function unusable(demand: string, why: string): Found {
  const details = `the schema cannot be used: ${why.split('\n', 1)[0]}`
  return { demand, severity: 'warning', summary: details, details }
}

/** What has not been held against its schema has not passed: otherwise a response only had to be large. */
function unchecked(demand: string, what: string, why: string): Found {
  const details = `${what} could not be held against its schema: ${why}`
  return { demand, summary: details, details }
}

function breach(demand: string, what: string, { errors, value }: Unfit): Found {
  return {
    demand,
    summary: `${what} does not match its schema: ${describeKind(errors)}`,
    details: describeErrors(errors, value),
    mismatches: () => mismatchesOf(errors, value),
  }
}
