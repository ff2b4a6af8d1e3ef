import { relative } from 'node:path'
import process from 'node:process'
import type { Budget } from '../../src/budget/budget.ts'
import { describeError } from '../../src/budget/cause.ts'
import { besideOf, sentencesOf } from '../../src/budget/judge.ts'
import { isLatency } from '../../src/budget/metrics/index.ts'
import { whyRunFailed } from '../../src/budget/nothing.ts'
import type { ComparedBudget, Comparison } from '../../src/compare/comparison.ts'
import { beyondLines, describeComparison, otherChangeLines, repairOf, sentenceOf } from '../../src/compare/words.ts'
import { ArazzoError, codeFrame } from '../../src/ground/errors.ts'
import { continued, failed, faultOf } from '../../src/ground/fault.ts'
import { formatMs } from '../../src/ground/units.ts'
import { whyHooksFailed } from '../../src/measure/report/hook-counts.ts'
import type { Cause, ErrorGroup, LoadReport, Verdict } from '../../src/measure/report.ts'
import { causeFunction, causeWords } from '../../src/report/cause.ts'
import { describeSlow, threadName } from '../../src/report/figures.ts'
import { describeShown, summarizeShown } from '../../src/workflow/text.ts'
import { type Frame, positionedError } from './positioned-error.ts'

/*
 * The message has one headline with the figure, and a line for each cause. Requests are shown as evidence next to it.
 */

/**
 * Reason why a load has failed regardless of its budgets: it did not run, its setup or teardown failed, nothing
 * passed, or the application stopped responding. Otherwise undefined.
 *
 * @param log last output of the application, if the application failed.
 */
export function loadError(
  name: string,
  report: LoadReport,
  site: readonly Frame[],
  log: readonly string[] = [],
): Error | undefined {
  const { state, cause, errors } = report
  if (state === 'not run') return failure(name, cause ?? 'no iteration was started', errors, site, log)
  const found = whyRunFailed(report)
  return hooksError(name, report, site) ?? (found && failure(name, found.why, errors, site, log))
}

/** A load whose setup or teardown failed. */
export function hooksError(name: string, report: LoadReport, site: readonly Frame[]): Error | undefined {
  const found = whyHooksFailed(report)
  return found === undefined ? undefined : failure(name, found, [], site, [])
}

/** Error for a load that was refused before it began, for an expected reason: a host, or a target that is not there. */
export function refusedError(name: string, error: Error, site: readonly Frame[]): Error {
  if (error instanceof ArazzoError) return positionedError(error.name, error.message, site)
  const fault = faultOf(error)
  // A fault of the load itself need not repeat its name.
  const isOfLoad = fault?.verb === 'load' || fault?.verb === 'run load'
  const { found, advice } = isOfLoad ? fault : { found: error.message, advice: undefined }
  return positionedError('LoadError', failed('load', `"${name}"`, found, advice), site)
}

const shown = 5

function failure(
  name: string,
  found: string,
  errors: readonly ErrorGroup[],
  site: readonly Frame[],
  log: readonly string[],
): Error {
  const exemplar = errors[0]?.exemplars[0]
  const message = [failed('load', `"${name}"`, found), ...causeLines(errors)]
  const evidence = [...(exemplar ? [describeShown(exemplar).replaceAll(/^/gm, '  ')] : []), ...logLines(log)]
  return positionedError('LoadError', message.join('\n'), [...site, ...framesOf(errors.slice(0, shown))], { evidence })
}

function logLines(log: readonly string[]): string[] {
  if (log.length === 0) return []
  return [
    '',
    "  The application's log since the first of its failures, the last of it:",
    ...log.map(line => `  | ${line}`),
  ]
}

/** A line for each cause: how often, at which step, where it stands, what was found, and with which status. */
function causeLines(errors: readonly ErrorGroup[]): string[] {
  const groups = errors.slice(0, shown).map(group => `  ${continued(describeError(group), statusOf(group))}`)
  return [...groups, ...(errors.length > shown ? [`  and ${errors.length - shown} other kinds of error`] : [])]
}

/** `, HTTP 200`: of the responses that were kept, where the message does not say it. */
function statusOf({ message, exemplars }: ErrorGroup): string {
  const all = new Set(exemplars.map(({ response }) => response?.status).filter(status => status !== undefined))
  const untold = [...all].filter(status => !new RegExp(`\\b${status}\\b`).test(message))
  return untold.length === 0 ? '' : `, HTTP ${untold.join(' and ')}`
}

/** A line for each failure that was kept of a cause, below its step where there are several causes. */
function exemplarLines(errors: readonly ErrorGroup[]): string[] {
  return errors
    .slice(0, shown)
    .flatMap(group => [
      ...(errors.length > 1 ? [`  ${group.step}: ${group.message}`] : []),
      ...group.exemplars.map(
        exemplar => `    at ${formatMs(exemplar.at)}, thread ${threadName(exemplar)}: ${summarizeShown(exemplar)}`,
      ),
    ])
}

function framesOf(errors: readonly ErrorGroup[]): Frame[] {
  return errors.flatMap(({ step, at }) => (at ? [{ what: step, at }] : []))
}

/**
 * A budget that the run exceeded, and by which requests. `site` is where the budget stands, `log` what the application
 * wrote where it has failed itself, for an error rate; `profiles` are paths.
 */
export function budgetError(
  budget: Budget,
  report: LoadReport,
  verdict: Verdict,
  site: readonly Frame[],
  log: readonly string[] = [],
  profiles: readonly string[] = [],
): Error {
  const frames = causeFrames(verdict.cause)
  const evidence = [
    // Vitest shows lines only of files that it has loaded.
    ...frames.flatMap(({ at }) => codeFrame(at) ?? []),
    ...witnesses(budget, report),
    ...(budget.metric === 'errorRate' ? logLines(log) : []),
  ]
  const words = [
    ...wordsOfMissed(budget, report, verdict),
    ...profileLines(verdict.cause, profiles).map(line => `  ${line}`),
  ]
  return positionedError('BudgetError', words.join('\n'), [...frames, ...site], { evidence })
}

function profileLines(cause: Cause | undefined, profiles: readonly string[]): string[] {
  if (cause === undefined || profiles.length === 0) return []
  return [`Profiles: ${profiles.map(path => relative(process.cwd(), path)).join(', ')}`]
}

/** The headline, then the causes. An error rate has its own, all of them. */
function wordsOfMissed(budget: Budget, report: LoadReport, verdict: Verdict): string[] {
  const { title, value, judged, note, reasons } = verdict
  const beside = besideOf(verdict)
  if (judged === undefined) return [sentencesOf(verdict)]
  const headline = `Expected ${title}, received ${value}${beside && ` (${beside})`}.`
  const causes =
    budget.metric === 'errorRate' ? causeLines(errorsOf(budget, report)) : reasons.map(({ text }) => `  ${text}`)
  return [headline, ...causes, ...(note === undefined ? [] : [`  ${note}`])]
}

const isOfStep =
  ({ step }: Budget) =>
  (one: { step: string }) =>
    step === undefined || one.step === step

/** The errors that a budget is about. */
const errorsOf = (budget: Budget, { errors }: LoadReport): ErrorGroup[] => errors.filter(isOfStep(budget))

/** One line each: failures for an error rate, the slowest requests for a latency. */
function witnesses(budget: Budget, report: LoadReport): string[] {
  if (budget.metric === 'errorRate') return exemplarLines(errorsOf(budget, report))
  if (!isLatency(budget) || budget.latency !== undefined) return []
  const { slowest } = report
  return slowest
    .filter(isOfStep(budget))
    .slice(0, slowestShown)
    .map(slow => `  ${describeSlow(slow, report)}`)
}

const slowestShown = 3

/** A run that decided nothing, and why. */
export function inconclusiveError(because: string, site: readonly Frame[]): Error {
  return positionedError('InconclusiveError', because, site)
}

/** A comparison that is required, and cannot be made. */
export function notComparedError(name: string, found: string, advice: string, site: readonly Frame[]): Error {
  return positionedError('CompareError', failed('compare', `"${name}" with its base`, found, advice), site)
}

/** A budget that head exceeds: with both figures, and what else changed. */
export function comparedError(
  found: ComparedBudget,
  comparison: Comparison,
  site: readonly Frame[],
  profiles: readonly string[] = [],
): Error {
  const lines = [
    sentenceOf(found, comparison.pairTook),
    ...(found.cause === undefined ? [] : [`Cause: ${causeWords(found.cause)}`]),
    ...profileLines(found.cause, profiles),
    ...beyondLines(comparison),
    ...otherChangeLines(comparison),
    describeComparison(comparison),
  ]
  const frames = causeFrames(found.cause)
  // Vitest shows lines only of files that it has loaded.
  const evidence = frames.flatMap(({ at }) => codeFrame(at) ?? [])
  return positionedError('BudgetError', lines.join('\n  '), [...frames, ...site], { evidence })
}

/** The line of the cause, if it is one of the application's. */
function causeFrames(cause: Cause | undefined): Exclude<Frame, string>[] {
  const { name = '', path, line, column } = causeFunction(cause) ?? {}
  return path === undefined ? [] : [{ what: name, at: { file: path, line: line ?? 1, column: column ?? 1 } }]
}

/** A comparison that came to no end: the same for each of its budgets, so that Vitest shows it once. */
export function lostError(name: string, cause: string, site: readonly Frame[]): Error {
  const words = `Failed to compare "${name}" with its base: ${cause}`
  return positionedError('CompareError', [words, ...repairOf(cause)].join('\n\n'), site)
}

/** A budget of a comparison that has no figures, or not all of them. */
export const unmeasuredError = (words: string, site: readonly Frame[]): Error =>
  positionedError('CompareError', words, site)
