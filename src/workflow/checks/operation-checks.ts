import type { OpenApiDescription, Operation } from '../../document/model.ts'
import { sentenceOf } from '../../ground/fault.ts'
import { nameOfResponse } from '../listed-body.ts'
import type { ReceivedResponse } from '../response.ts'
import { noFaults, type ResponseFault } from './fault.ts'
import { ResponseChecks } from './response-checks.ts'

/** `error` fails the step, `warn` only tells. */
export type CheckMode = 'off' | 'warn' | 'error'

/** Holds responses against what an operation documents. One serves all steps that call the operation. */
export class OperationChecks {
  readonly #operation: Operation
  readonly #description: OpenApiDescription
  readonly #documented: readonly string[]
  /** Whether a body is held against a schema. */
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
