import type { ErrorGroup, LoadReport, Verdict } from '../../src/measure/report.ts'
import { formatCount } from '../../src/units.ts'
import { type Frame, positionedError } from './positioned-error.ts'

/** Why a load says nothing about the application: it did not run, or nothing that it did passed. Undefined when it does. */
export function loadError(name: string, report: LoadReport, site: readonly Frame[]): Error | undefined {
  const { state, cause, measuredArrivals, errors } = report
  if (state === 'not run') return failure(name, cause ?? 'no iteration was started', errors, site)
  if (measuredArrivals.passed > 0) return undefined
  const finished = measuredArrivals.failed
  const found =
    finished > 0
      ? `all ${formatCount(finished)} iterations failed`
      : 'no iteration came to its end within the measured window'
  return failure(name, found, errors, site)
}

const shown = 5

function failure(name: string, found: string, errors: readonly ErrorGroup[], site: readonly Frame[]): Error {
  const groups = errors
    .slice(0, shown)
    .map(group => `  ${formatCount(group.count)} x ${group.step}: ${group.message}`)
  const more = errors.length > shown ? [`  and ${errors.length - shown} other kinds of error`] : []
  const exemplar = errors[0]?.exemplars[0]
  const message = [
    found.startsWith('Failed to ') ? found : `Failed to load "${name}": ${found.replace(/\.$/, '')}.`,
    ...groups,
    ...more,
    ...(exemplar ? ['', exemplar.replaceAll(/^/gm, '  ')] : []),
  ]
  return positionedError('LoadError', message.join('\n'), [...site, ...framesOf(errors.slice(0, shown))])
}

function framesOf(errors: readonly ErrorGroup[]): Frame[] {
  return errors.flatMap(({ step, at }) => (at ? [{ what: step, at }] : []))
}

/** A budget that the run exceeded. `site` is where the budget stands. */
export function budgetError(verdict: Verdict, site: readonly Frame[]): Error {
  return positionedError('BudgetError', verdict.because, site)
}

/** A run that decided nothing, and why. */
export function inconclusiveError(because: string, site: readonly Frame[]): Error {
  return positionedError('InconclusiveError', because, site)
}
