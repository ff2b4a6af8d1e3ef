import type { Location } from '../../ground/errors.ts'
import type { Check, Mismatch } from '../outcome.ts'

/** What is wrong with a response by its OpenAPI description. */
export interface ResponseFault {
  /** What was demanded: `body matches the schema of 200 application/json`. */
  readonly demand: string
  readonly at: Location
  /** A warning does not fail the step. */
  readonly severity: 'error' | 'warning'
  /** The status itself is not documented. */
  readonly isOfStatus?: true
  /** One line that is the same for the same cause. */
  readonly summary: string
  readonly actual?: Readonly<Record<string, unknown>>
  readonly expected?: Readonly<Record<string, unknown>>
  readonly details?: string
  /** What does not match a schema, one by one; worked out when it is asked for. */
  readonly mismatches?: () => Mismatch[]
}

export const noFaults: readonly ResponseFault[] = Object.freeze([])

export const isError = (fault: ResponseFault): boolean => fault.severity === 'error'

export function checkOf({ demand, at, actual, expected, details, mismatches }: ResponseFault): Check {
  return {
    passed: false,
    kind: 'openapi',
    condition: `OpenAPI: ${demand}`,
    at,
    ...(actual && { actual: { ...actual } }),
    ...(expected && { expected: { ...expected } }),
    ...(details !== undefined && { error: details }),
    ...(mismatches && { mismatches: mismatches() }),
  }
}
