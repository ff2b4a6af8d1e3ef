import type { Budget } from '../../src/budget/budget.ts'
import { isLatency } from '../../src/budget/budget-kinds.ts'
import { describeError } from '../../src/budget/cause.ts'
import { sentencesOf } from '../../src/budget/judge.ts'
import { failed } from '../../src/ground/fault.ts'
import { formatMs } from '../../src/ground/units.ts'
import type { ErrorGroup, LoadReport, Verdict } from '../../src/measure/report.ts'
import { whyNothingPassed } from '../../src/report/nothing.ts'
import { describeSlow } from '../../src/report/slowest.ts'
import { describeShown, summarizeShown } from '../../src/workflow/text.ts'
import { type Frame, positionedError } from './positioned-error.ts'

/**
 * Why a load says nothing about the application: it did not run, or nothing that it did passed. Undefined when it does.
 */
export function loadError(name: string, report: LoadReport, site: readonly Frame[]): Error | undefined {
  const { state, cause, errors } = report
  if (state === 'not run') return failure(name, cause ?? 'no iteration was started', errors, site)
  const found = whyNothingPassed(report)
  return found === undefined ? undefined : failure(name, found, errors, site)
}

const shown = 5

function failure(name: string, found: string, errors: readonly ErrorGroup[], site: readonly Frame[]): Error {
  const exemplar = errors[0]?.exemplars[0]
  const message = [
    failed('load', `"${name}"`, found),
    ...linesOf(errors),
    ...(exemplar ? ['', describeShown(exemplar).replaceAll(/^/gm, '  ')] : []),
  ]
  return positionedError('LoadError', message.join('\n'), [...site, ...framesOf(errors.slice(0, shown))])
}

/** A line for each cause. */
function linesOf(errors: readonly ErrorGroup[]): string[] {
  const groups = errors.slice(0, shown).map(group => `  ${describeError(group)}`)
  return [...groups, ...(errors.length > shown ? [`  and ${errors.length - shown} other kinds of error`] : [])]
}

/** A line for each failure that was kept of a cause. */
function exemplarLines(errors: readonly ErrorGroup[]): string[] {
  return errors
    .slice(0, shown)
    .flatMap(group => [
      ...linesOf([group]),
      ...group.exemplars.map(
        exemplar => `    at ${formatMs(exemplar.at)}, thread ${exemplar.thread}: ${summarizeShown(exemplar)}`,
      ),
    ])
}

function framesOf(errors: readonly ErrorGroup[]): Frame[] {
  return errors.flatMap(({ step, at }) => (at ? [{ what: step, at }] : []))
}

/** A budget that the run exceeded, and by which requests. `site` is where the budget stands. */
export function budgetError(budget: Budget, report: LoadReport, verdict: Verdict, site: readonly Frame[]): Error {
  return positionedError('BudgetError', [sentencesOf(verdict), ...witnesses(budget, report)].join('\n'), site)
}

/** One line each: failures by cause for an error rate, the slowest requests for a latency. */
function witnesses({ metric, step }: Budget, { errors, slowest = [] }: LoadReport): string[] {
  const isOfStep = (one: { step: string }) => step === undefined || one.step === step
  if (metric === 'errorRate') return exemplarLines(errors.filter(isOfStep))
  if (!isLatency({ metric })) return []
  return slowest
    .filter(isOfStep)
    .slice(0, slowestShown)
    .map(slow => `  ${describeSlow(slow)}`)
}

const slowestShown = 3

/** A run that decided nothing, and why. */
export function inconclusiveError(because: string, site: readonly Frame[]): Error {
  return positionedError('InconclusiveError', because, site)
}
