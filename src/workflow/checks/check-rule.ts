import type { Location } from '../../ground/errors.ts'
import type { Mismatch } from '../outcome.ts'
export const CHECK_MODES = ['off', 'warn', 'error', 'all'] as const

/** `error` fails the step, `warn` only tells; `all` is as `error`, and each body is validated under load too. */
export type CheckMode = (typeof CHECK_MODES)[number]

/** Mismatch of a response with its OpenAPI description. */
export interface ResponseFault {
  /** Requirement: `body matches the schema of 200 application/json`. */
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
  /** Schema mismatches, one by one; computed on demand. */
  readonly mismatches?: () => Mismatch[]
}

export const noFaults: readonly ResponseFault[] = Object.freeze([])

export const isError = (fault: ResponseFault): boolean => fault.severity === 'error'
