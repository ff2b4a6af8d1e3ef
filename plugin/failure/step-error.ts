import { type Location, shortPath } from '../../src/ground/errors.ts'
import { ended, isFault, type Reason, sentenceOf } from '../../src/ground/fault.ts'
import { plain } from '../../src/ground/plain.ts'
import { capitalized } from '../../src/ground/words.ts'
import type { Check, Mismatch, StepRun } from '../../src/workflow/outcome.ts'
import { describeShown, RESENT, shownDelivery, shownExchange } from '../../src/workflow/text.ts'
import { adviceFor } from './advice.ts'
import { checkWords, mismatchWords } from './check-words.ts'
import { type Frame, positionedError } from './positioned-error.ts'

/** What is known about a failed step beside its own record. */
export interface Surroundings {
  /** Attempts of the same step that failed before this one. */
  earlier?: readonly StepRun[]
  /** For a step that ran a workflow: the attempt within it that made it fail, the innermost first. */
  within?: readonly StepRun[]
  /** Why the run as a whole failed, for a step that is not at fault itself (a runaway run). */
  because?: string
  /** The last lines that the application wrote meanwhile; absent where it is not known what it writes. */
  log?: readonly string[]
  /** Finds a place in a file of an OpenAPI description. */
  locate?: Locate
}

export type Locate = (file: string, pointer: string) => Location | undefined

/**
 * A failed attempt as an error: which criteria were not met and by which values, the request and the response, and
 * a stack that leads to the criterion, the step and the operation's description. `CriterionError` when a response was
 * not as it should be, `RequestError` when the request could not be built, `TimeoutError`, `ConnectionError`,
 * `ProtocolError`, `ChannelError` or `AbortError` when there was no response, `RunawayError` when the run did not come
 * to an end.
 */
export function stepError(run: StepRun, around: Surroundings = {}): Error {
  const [origin, ...callers] = [...(around.within ?? []), run]
  const { name, reason, details = [], diff } = explain(origin!, around)
  const thing = `step ${path([...callers, origin!])}`
  const message = [
    sentenceOf(isFault(reason) ? reason : { verb: 'pass', thing, ...reason }),
    ...details,
    ...notRetried(origin!),
    ...history(around.earlier ?? []),
    ...exchangeLines(origin!),
    ...logLines(around.log),
  ]
  const frames = [...framesOf(origin!, around), ...callers.map(placeOf)]
  return positionedError(name, message.join('\n').trimEnd(), frames, { diff })
}

/** The request and the response, or the message. Of a request without a response, how much of one had come. */
export function exchangeLines({ exchange, delivery, ...run }: StepRun): string[] {
  const note = 'fault' in run ? run.fault?.note : undefined
  return [
    ...(exchange ? ['', indent(describeShown(shownExchange(exchange, note))), ''] : []),
    ...(delivery ? ['', indent(describeShown(shownDelivery(delivery))), ''] : []),
  ]
}

function logLines(log: readonly string[] = []): string[] {
  return log.length === 0 ? [] : ["  The application's log since the request:", ...log.map(line => `  | ${line}`)]
}

/** `"sign-in" > "login"`, outermost first. */
function path(runs: readonly StepRun[]): string {
  return runs.map(run => `"${run.stepId}"`).join(' > ')
}

interface Explanation {
  name: string
  reason: Reason
  details?: string[]
  diff?: { actual: Record<string, unknown>; expected: Record<string, unknown> }
}

const nameByCause = {
  timeout: 'TimeoutError',
  refused: 'ConnectionError',
  reset: 'ConnectionError',
  aborted: 'AbortError',
  protocol: 'ProtocolError',
  channel: 'ChannelError',
} as const

function explain(run: StepRun, { because, log, locate }: Surroundings): Explanation {
  const absent = Object.entries(run.absent ?? {}).map(([text, why]) => `  ${text} gave nothing: ${why}`)
  switch (run.state) {
    case 'unanswered':
      return { name: nameByCause[run.cause], reason: run.fault ?? { found: run.error }, details: noteLines(run) }
    case 'failed': {
      const unmet = run.checks.filter(check => !check.passed)
      const advice = adviceFor(run, unmet, (log?.length ?? 0) > 0)
      if (unmet.length > 0) return explainChecks(unmet, run.checks, advice, locate)
      const reason = run.fault ?? { found: run.error ?? because ?? 'no reason is known' }
      const name = run.events ? 'CriterionError' : 'RequestError'
      const details = [...noteLines(run), ...absent]
      return { name, reason: advice === undefined ? reason : { ...reason, advice }, details }
    }
    case 'skipped':
      return { name: 'RunawayError', reason: { found: run.because } }
    case 'passed':
      return { name: 'WorkflowError', reason: { found: because ?? 'the run failed after it' } }
  }
}

/** What had come of a response that was given up: beside the request where nothing had, else here. */
function noteLines({ fault, exchange }: StepRun): string[] {
  const notes = [exchange?.response && fault?.note, exchange?.isResent && RESENT]
  return notes.flatMap(note => (note ? [`  ${capitalized(ended(plain(note)))}`] : []))
}

function explainChecks(
  unmet: readonly Check[],
  all: readonly Check[],
  advice: string | undefined,
  locate: Locate | undefined,
): Explanation {
  const only = unmet.length === 1 ? unmet[0]! : undefined
  const compared = unmet.filter(check => check.expected)
  const what = all.some(({ kind }) => kind === 'openapi') ? 'criteria and OpenAPI checks' : 'criteria'
  return {
    name: 'CriterionError',
    reason: { found: only ? checkWords(only) : `${unmet.length} of ${all.length} ${what} are not met`, advice },
    details: only
      ? detailsOf(only, '  ', locate)
      : unmet.flatMap(check => [`  ${checkWords(check)}`, ...detailsOf(check, '    ', locate)]),
    ...(compared.length > 0 && {
      diff: {
        actual: Object.assign({}, ...compared.map(check => check.actual)),
        expected: Object.assign({}, ...compared.map(check => check.expected)),
      },
    }),
  }
}

/** What the headline of a check has no room for: each mismatch of several, and why expressions gave nothing. */
function detailsOf({ mismatches = [], absent = {} }: Check, margin: string, locate: Locate | undefined): string[] {
  return [
    ...(mismatches.length < 2 ? [] : mismatches.map(one => `${margin}${mismatchWords(one)}${placeIn(one, locate)}`)),
    ...Object.entries(absent).map(([text, why]) => `${margin}${text} gave nothing: ${why}`),
  ]
}

/** ` (openapi.yaml:31:17)`. */
function placeIn({ rule }: Mismatch, locate: Locate | undefined): string {
  const place = rule && locate?.(rule.file, rule.pointer)
  return place === undefined ? '' : ` (${shortPath(place.file)}:${place.line}:${place.column})`
}

const notRetried = ({ next }: StepRun): string[] =>
  next.go === 'end' && next.notRetried !== undefined ? [`  It is not tried again, ${next.notRetried}.`] : []

function history(earlier: readonly StepRun[]): string[] {
  if (earlier.length === 0) return []
  return [`  ${earlier.length === 1 ? 'An attempt' : `${earlier.length} attempts`} before this one failed as well.`]
}

function framesOf(run: StepRun, { locate }: Surroundings): Frame[] {
  const frames: Frame[] = []
  if (run.state === 'failed') {
    if (run.events) frames.push({ what: `${run.stepId} > x-events`, at: run.events.at })
    run.checks.forEach((check, index) => {
      if (check.passed || samePlace(check, run)) return
      const what = check.kind === 'openapi' ? check.condition : `${run.stepId} > successCriteria[${index}]`
      frames.push(...rulesOf(check, locate), { what, at: check.at })
    })
  }
  frames.push(placeOf(run))
  if (run.operation && run.operationAt) frames.push({ what: run.operation, at: run.operationAt })
  return frames
}

/** The rule of a schema that a response breaks; the places of several are told with them. */
function rulesOf({ mismatches = [] }: Check, locate: Locate | undefined): Frame[] {
  if (mismatches.length !== 1) return []
  return mismatches.flatMap(({ pointer, rule }) => {
    const at = rule && locate?.(rule.file, rule.pointer)
    return at === undefined ? [] : [{ what: pointer === '' ? 'the whole value' : `#${pointer}`, at }]
  })
}

const placeOf = ({ workflowId, stepId, at }: StepRun): Frame => ({ what: `${workflowId} > ${stepId}`, at })

/** A step without criteria is held to one of its own, which stands where the step does. */
const samePlace = (check: Check, run: StepRun) => check.at.line === run.at.line && check.at.column === run.at.column

const indent = (text: string) => text.replaceAll(/^/gm, '  ')
