import type { Location } from '../ground/errors.ts'
import type { Fault } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { FailureCause } from '../http/transport.ts'

export interface HttpRequest {
  method: string
  url: string
  headers: Record<string, string>
  /** Body as text; absent when there was none. */
  body?: string
}

export interface HttpResponse {
  status: number
  /** Lower-case names; repeated headers joined by `, ` (`set-cookie` by a line break). */
  headers: Record<string, string>
  /** Parsed JSON, or text; absent when there was none. */
  body?: unknown
}

/** One request and its response. Secrets are masked. Times count from the start of the run. */
export interface Exchange {
  request: HttpRequest
  /** Response; absent when the request got none. */
  response?: HttpResponse
  /** The request was sent again, since the kept connection that it went out on had ended while it was idle. */
  isResent?: true
  sent: Milliseconds
  ended: Milliseconds
}

/** A message sent, or waited for. Secrets are masked. Times count from the start of the run. */
export interface Delivery {
  action: 'send' | 'receive'
  /** Name of the source description. */
  source: string
  address: string
  /** The id that was waited for, or that of the message sent. */
  correlationId?: unknown
  /** Message; absent when none came. */
  message?: { headers: Record<string, unknown>; payload: unknown }
  sent: Milliseconds
  ended: Milliseconds
}

/** One criterion, or one demand of the OpenAPI description, as it turned out. */
export interface Check {
  passed: boolean
  /** The demand is the description's: `OpenAPI: status is documented`, `at` its place there. */
  kind?: 'openapi'
  /** The condition as written. */
  condition: string
  at: Location
  /** Values of the expressions in the condition; only when it was not met. */
  actual?: Record<string, unknown>
  expected?: Record<string, unknown>
  /** Why the condition could not be evaluated; for a demand of OpenAPI, what is wrong. */
  error?: string
  /** Why expressions of the condition gave nothing, by their text; absent when that is not known of any. */
  absent?: Record<string, string>
  /** Schema mismatches of a response, one by one, five at most. */
  mismatches?: Mismatch[]
}

/** A value that does not match its schema. */
export interface Mismatch {
  /** JSON Pointer of the value: `/items/0/price`; `''` for all of it. */
  pointer: string
  /** `must be number, found "12"`. */
  message: string
  /** The rule that it breaks, in a file of the OpenAPI description; absent where that is not known. */
  rule?: { file: string; pointer: string }
}

export type StepOutcome =
  | { state: 'passed'; stepId: string; checks: Check[]; outputs: Record<string, unknown> }
  /** `events`: the response is not the event stream that the step wants, and where it says which. */
  | { state: 'failed'; stepId: string; checks: Check[]; error?: string; events?: { at: Location } }
  /** `channel`: the transport of a channel reported an error. */
  | { state: 'unanswered'; stepId: string; cause: FailureCause | 'channel'; error: string }
  | { state: 'skipped'; stepId: string; because: string }

/** Next step, and the reason. */
export type Next = { action?: string } & (
  | { go: 'on' }
  /** `notRetried`: why a retry of the document is not made. */
  | { go: 'end'; notRetried?: string }
  | { go: 'step'; stepId: string }
  | { go: 'workflow'; workflowId: string }
  | { go: 'retry'; after: Milliseconds; left: number }
)

/** One attempt at one step. */
export type StepRun = StepOutcome & {
  workflowId: string
  /** Number from 1; counts visits and retries of this step in this run of its workflow. */
  attempt: number
  /** How deep in nested workflows; 0 is the workflow that was asked for. */
  depth: number
  at: Location
  /** Place of the OpenAPI or AsyncAPI operation. */
  operationAt?: Location
  operation?: string
  /** `error` in its parts, where something else than the step itself is named as what failed. */
  fault?: Fault
  /** Why expressions that the request is made of gave nothing, by their text; absent when that is not known of any. */
  absent?: Record<string, string>
  exchange?: Exchange
  /** Why a 401 is not the fault of an old token; absent otherwise. */
  refusal?: string
  /** Delivery of a step that sends or receives a message. */
  delivery?: Delivery
  /** Mismatches with the OpenAPI description that do not fail the step; absent without any. */
  warnings?: Check[]
  next: Next
  duration: Milliseconds
}

export interface WorkflowReport {
  state: 'passed' | 'failed'
  /** Why it failed, in a sentence; absent when it passed. */
  because?: string
  outputs: Record<string, unknown>
  /** Every attempt in order of execution, nested workflows' steps included. */
  steps: StepRun[]
  /** Versions of HTTP that were spoken: `h1`, `h2` or `h1 and h2`; absent unless `protocol` asks for `h2` or `auto`. */
  protocol?: string
}

/** Whether an attempt failed and nothing handles it. */
export const hasFailed = ({ state, next }: StepRun): boolean => state !== 'passed' && next.go === 'end'

/**
 * Failed attempts that made a calling step fail, innermost first: unhandled earlier and inner ones. Simultaneous steps
 * may stand between them.
 */
export function withinOf(records: readonly StepRun[], run: StepRun): StepRun[] {
  const within: StepRun[] = []
  let { depth } = run
  let lowest = Number.POSITIVE_INFINITY
  for (const before of records.slice(0, records.indexOf(run)).reverse()) {
    if (before.depth <= depth) break
    lowest = Math.min(lowest, before.depth)
    if (!hasFailed(before) || before.depth > lowest) continue
    within.unshift(before)
    depth = before.depth
    lowest = Number.POSITIVE_INFINITY
  }
  return within
}
