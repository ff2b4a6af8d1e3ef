import { clause } from '../../src/ground/fault.ts'
import type { Check, StepRun } from '../../src/workflow/outcome.ts'
import { describeShown, shownDelivery, shownExchange } from '../../src/workflow/text.ts'
import { type Frame, positionedError } from './positioned-error.ts'

/** What is known about a failed step beside its own record. */
export interface Surroundings {
  /** Attempts of the same step that failed before this one. */
  earlier?: readonly StepRun[]
  /** For a step that ran a workflow: the attempt within it that made it fail, the innermost first. */
  within?: readonly StepRun[]
  /** Why the run as a whole failed, for a step that is not at fault itself (a runaway run). */
  because?: string
}

/**
 * A failed attempt as an error: which criteria were not met and by which values, the request and the response, and
 * a stack that leads to the criterion, the step and the operation's description. `CriterionError` when a response was
 * not as it should be, `RequestError` when the request could not be built, `TimeoutError`, `ConnectionError`,
 * `ProtocolError`, `ChannelError` or `AbortError` when there was no response, `RunawayError` when the run did not come
 * to an end.
 */
export function stepError(run: StepRun, around: Surroundings = {}): Error {
  const [origin, ...callers] = [...(around.within ?? []), run]
  const { name, headline, details, diff } = explain(origin!, around.because)
  const message = [
    headline.startsWith('Failed to ') ? headline : `Failed to pass step ${path([...callers, origin!])}: ${headline}`,
    ...details,
    ...history(around.earlier ?? []),
    ...(origin!.exchange ? ['', indent(describeShown(shownExchange(origin!.exchange))), ''] : []),
    ...(origin!.delivery ? ['', indent(describeShown(shownDelivery(origin!.delivery))), ''] : []),
  ]
  const frames = [...framesOf(origin!), ...callers.map(placeOf)]
  return positionedError(name, message.join('\n').trimEnd(), frames, diff)
}

/** `"sign-in" > "login"`, outermost first. */
function path(runs: readonly StepRun[]): string {
  return runs.map(run => `"${run.stepId}"`).join(' > ')
}

interface Explanation {
  name: string
  /** Completes `Failed to pass step "login": …`, or is such a sentence itself. */
  headline: string
  details: string[]
  diff?: { actual: Record<string, unknown>; expected: Record<string, unknown> }
}

const unansweredNames = {
  timeout: 'TimeoutError',
  refused: 'ConnectionError',
  reset: 'ConnectionError',
  aborted: 'AbortError',
  protocol: 'ProtocolError',
  channel: 'ChannelError',
} as const

function explain(run: StepRun, because: string | undefined): Explanation {
  switch (run.state) {
    case 'unanswered':
      return { name: unansweredNames[run.cause], headline: sentence(run.error), details: [] }
    case 'failed': {
      const unmet = run.checks.filter(check => !check.passed)
      if (unmet.length > 0) return explainChecks(unmet, run.checks.length, run)
      return { name: 'RequestError', headline: sentence(run.error ?? because ?? 'no reason is known'), details: [] }
    }
    case 'skipped':
      return { name: 'RunawayError', headline: sentence(run.because), details: [] }
    case 'passed':
      return { name: 'WorkflowError', headline: sentence(because ?? 'the run failed after it'), details: [] }
  }
}

function explainChecks(unmet: readonly Check[], count: number, run: StepRun): Explanation {
  const only = unmet.length === 1 ? unmet[0]! : undefined
  const compared = unmet.filter(check => check.expected)
  const advice = adviceOf(run)
  return {
    name: 'CriterionError',
    headline: only
      ? `${only.condition} ${verdictOf(only)}.${advice}`
      : `${unmet.length} of ${count} criteria are not met.${advice}`,
    details: only
      ? valuesOf(only, '  ')
      : unmet.flatMap(check => [`  ${check.condition} ${verdictOf(check)}`, ...valuesOf(check, '    ')]),
    ...(compared.length > 0 && {
      diff: {
        actual: Object.assign({}, ...compared.map(check => check.actual)),
        expected: Object.assign({}, ...compared.map(check => check.expected)),
      },
    }),
  }
}

function verdictOf({ error, kind }: Check): string {
  if (error === undefined) return 'is not met'
  return `${kind === 'openapi' ? 'is not met' : 'could not be evaluated'}: ${clause(error)}`
}

/** The values that the diff does not show. */
function valuesOf(check: Check, margin: string): string[] {
  if (check.expected) return []
  return Object.entries(check.actual ?? {}).map(([text, value]) => `${margin}${text} is ${show(value)}`)
}

function show(value: unknown): string {
  if (value === undefined) return 'not there'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 200)}... (${text.length} characters)` : text
}

/** What a status says about where to look. */
function adviceOf({ exchange }: StepRun): string {
  const status = exchange?.response?.status ?? 0
  if (status === 401 || status === 403)
    return ' The server refused the credentials: check the inputs and the security of the operation.'
  return status >= 500 ? " The server reports a fault of its own: see the application's log." : ''
}

function history(earlier: readonly StepRun[]): string[] {
  if (earlier.length === 0) return []
  return [`  ${earlier.length === 1 ? 'An attempt' : `${earlier.length} attempts`} before this one failed as well.`]
}

function framesOf(run: StepRun): Frame[] {
  const frames: Frame[] = []
  if (run.state === 'failed') {
    run.checks.forEach((check, index) => {
      if (check.passed || samePlace(check, run)) return
      const what = check.kind === 'openapi' ? check.condition : `${run.stepId} > successCriteria[${index}]`
      frames.push({ what, at: check.at })
    })
  }
  frames.push(placeOf(run))
  if (run.operation && run.operationAt) frames.push({ what: run.operation, at: run.operationAt })
  return frames
}

const placeOf = ({ workflowId, stepId, at }: StepRun): Frame => ({ what: `${workflowId} > ${stepId}`, at })

/** A step without criteria is held to one of its own, which stands where the step does. */
const samePlace = (check: Check, run: StepRun) => check.at.line === run.at.line && check.at.column === run.at.column

/** A complete sentence, whatever it was. */
const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

const indent = (text: string) => text.replaceAll(/^/gm, '  ')
