import { type Location, shortPath } from '../../src/ground/errors.ts'
import { ended, isFault, type Reason, sentenceOf } from '../../src/ground/fault.ts'
import { plain } from '../../src/ground/plain.ts'
import { shownAsJson, shownShort } from '../../src/ground/show.ts'
import { capitalized } from '../../src/ground/words.ts'
import { isRedirect } from '../../src/http/redirect.ts'
import type { Check, Mismatch, StepRun } from '../../src/workflow/outcome.ts'
import { describeShown, RESENT, shownDelivery, shownExchange } from '../../src/workflow/text.ts'
import { type Frame, positionedError } from './positioned-error.ts'

/** Context of a failed step, in addition to its record. */
interface Surroundings {
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
const path = (runs: readonly StepRun[]): string => runs.map(run => `"${run.stepId}"`).join(' > ')

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

/** Received part of an incomplete response. It stands next to the request if nothing was received, else here. */
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

/** Details without room in the headline: each of several mismatches, and why expressions had no value. */
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

/** Schema rule that a response breaks. The places of several rules are listed with them. */
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

/**
 * Advice from a response that failed its step; undefined without advice.
 *
 * @param hasLog whether the application's own log is shown with it.
 */
function adviceFor(run: StepRun, unmet: readonly Check[], hasLog: boolean): string | undefined {
  const { response } = run.exchange ?? {}
  if (response === undefined) return undefined
  const { status, headers, body } = response
  const { location } = headers
  // One that is followed is not the response that the step gets.
  if (isRedirect(status) && location !== undefined)
    return (
      `It redirects to ${cut(location, 200)}, and redirects are not followed: set followRedirects: true to follow ` +
      'them.'
    )
  const misread = [...unmet.map(({ error }) => error), 'error' in run ? run.error : undefined]
  if (isHtml(headers['content-type'], body) && misread.some(error => error?.includes('expected XML')))
    return `${pageOf(body)}, and it is not well-formed XML, which XPath needs. Match its text by a regex.`
  // Without a check that is not met, a value of the body was to be an output.
  if (isHtml(headers['content-type'], body) && (unmet.length === 0 || unmet.some(isOfBody)))
    return `${pageOf(body)}, not JSON. Check the URL, and whether the request has to be logged in.`
  if (run.refusal !== undefined)
    return "Its token was refused, and so is the one that was fetched anew: check the token's scopes and audience."
  if (status === 401 || status === 403)
    return 'The server refused the credentials: check the inputs and the security of the operation.'
  if (status < 500) return unmet.some(isOfStatus) ? describeIt(status) : undefined
  return hasLog
    ? 'The server reports a fault of its own: its log is below.'
    : "The server reports a fault of its own: see the application's log."
}

/** Whether a check is that the description knows the status. */
const isOfStatus = ({ kind, condition }: Check) => kind === 'openapi' && condition === 'OpenAPI: status is documented'

const describeIt = (status: number) =>
  `Add ${status} to the responses of the operation in its description, or let the application respond as described.`

/** Whether a check is about what JSON holds. */
function isOfBody({ kind, condition }: Check): boolean {
  return kind === 'openapi' ? /^OpenAPI: (?:body|content type) /.test(condition) : condition.includes('$response.body')
}

/** Checks the declared type, or else the content. */
function isHtml(contentType: string | undefined, body: unknown): body is string {
  if (typeof body !== 'string') return false
  return /^\s*(?:text\/html|application\/xhtml)/i.test(contentType ?? '') || /^\s*<(?:!doctype html|html)\b/i.test(body)
}

/** Characters of a page among which its title is looked for. */
const BEGINNING = 4_000

function pageOf(body: string): string {
  const title = /<title[^<>]*>([^<]*)</i.exec(body.slice(0, BEGINNING))?.[1]?.replaceAll(/\s+/g, ' ').trim() ?? ''
  return `The response is an HTML page${title === '' ? '' : ` ("${cut(title, 60)}")`}`
}

const cut = (text: string, length: number) => (text.length > length ? `${text.slice(0, length - 3)}...` : text)

/**
 * A check that was not met, in one line: what was expected and what was received. `expected 200, received 503`,
 * `$response.body#/total > 5: received 3`.
 */
function checkWords(check: Check): string {
  const { kind, condition, error } = check
  if (kind === 'openapi') return `${denied(condition)}${reasonOf(check)}`
  if (error !== undefined) return `${condition} could not be evaluated: ${error}`
  return isOfStatusAlone(check)
    ? comparedWords(check)!
    : `${condition}${prefixed(comparedWords(check) ?? receivedWords(check))}`
}

/** `OpenAPI: status is documented` as what it is when it is not met. */
const denied = (demand: string) =>
  demand
    .replace(' matches ', ' does not match ')
    .replace(/ is documented$/, ' is not documented')
    .replace(/ is there$/, ' is missing')

const prefixed = (words: string | undefined) => (words === undefined ? ' is not met' : `: ${words}`)

function reasonOf({ actual, expected, error, mismatches = [] }: Check): string {
  if (mismatches.length > 1) return `: ${mismatches.length} mismatches`
  if (mismatches.length === 1) return `: ${mismatchWords(mismatches[0]!)}`
  const [wanted, received] = [Object.values(expected ?? {}), Object.values(actual ?? {})]
  if (wanted.length === 1 && received.length === 1)
    return `: expected ${wanted[0]}, received ${shownShort(received[0])}`
  return error === undefined || error === 'the header is missing' ? '' : `: ${error}`
}

/** `#/items/0/price must be number, found "12"`. */
const mismatchWords = ({ pointer, message }: { pointer: string; message: string }) =>
  pointer === '' ? message : `#${pointer} ${message}`

/** Whether a condition asks for nothing but a status: it says no more than the value that it asks for. */
const isOfStatusAlone = ({ condition, expected, actual }: Check) =>
  expected?.$statusCode !== undefined &&
  Object.keys(actual ?? {}).length === 1 &&
  /^\s*\$statusCode\s*==\s*\d{3}\s*$/.test(condition)

/** Both values, where one comparison is at fault and the condition alone does not say them. */
function comparedWords(check: Check): string | undefined {
  const { actual = {}, expected = {} } = check
  const [name, ...others] = Object.keys(expected)
  if (name === undefined || others.length > 0 || !(name in actual)) return undefined
  const received = `received ${shownShort(actual[name])}`
  if (isOfStatusAlone(check)) return `expected ${shownExpected(expected[name])}, ${received}`
  return Object.keys(actual).length === 1
    ? received
    : `expected ${shownExpected(expected[name])}, ${received} for ${name}`
}

function receivedWords({ actual = {} }: Check): string | undefined {
  const values = Object.entries(actual)
  if (values.length === 0) return undefined
  if (values.length === 1) return `received ${shownShort(values[0]![1])}`
  return `received ${values.map(([text, value]) => `${shownShort(value)} for ${text}`).join(' and ')}`
}

/** Texts that stand for several values, or none (`> 5`, `200 or 201`, `not 3`), are as they are. */
function shownExpected(value: unknown): string {
  if (typeof value === 'string' && /^(?:[<>]=?|not|a (?:match|node|result)) | or /.test(value)) return value
  return shownAsJson(value)
}
