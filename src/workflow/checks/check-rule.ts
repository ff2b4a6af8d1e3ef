import type { Location } from '../../ground/errors.ts'
import type { Fields } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import type { Mismatch } from '../outcome.ts'
import type { CheckMode } from './operation-checks.ts'

/** How responses are checked against their description, in full. */
export interface Checks {
  /**
   * Whether what is wrong fails the step.
   *
   * @default 'error'
   * @example 'warn'
   */
  mode?: CheckMode
  /**
   * Under load: each body is validated, however much CPU time of the generator that takes.
   *
   * @default false
   */
  all?: boolean
}

export type CheckRule = Required<Checks>

const MODES = ['off', 'warn', 'error'] as const

export function checkRuleOf(checks: CheckMode | Checks | undefined): CheckRule {
  const { mode = 'error', all = false } = typeof checks === 'string' ? { mode: checks } : (checks ?? {})
  return { mode, all }
}

/** Adds mistakes in the option to the faults of the fields. */
export function checkChecks(fields: Fields): void {
  if (!fields.has('checks')) return
  if (!isObject(fields.get('checks'))) return void fields.word('checks', MODES, 'error')
  const own = fields.within('checks', "Write 'error', or { mode: 'error', all: true }.")
  own?.checkKeys(['mode', 'all'])
  if (own?.has('mode')) own.word('mode', MODES, 'error')
  own?.flag('all')
}

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
