import { own } from '../ground/object.ts'
import { formatCount, formatMs, type Milliseconds } from '../ground/units.ts'
import { quoted } from '../ground/words.ts'
import type { LoadReport, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import type { Figures } from './figures.ts'
import { metricOf } from './metrics/index.ts'

/**
 * Reason why a run has failed regardless of its budgets: nothing passed, or the application stopped responding.
 * Undefined if a part of it may have passed on a lost host.
 */
export function whyRunFailed(report: LoadReport): { what: string; why: string } | undefined {
  if (report.doubts.some(({ kind }) => kind === 'lost host')) return undefined
  const nothing = whyNoneIsKnown(report)
  if (nothing !== undefined) return { what: 'nothing passed', why: nothing }
  const silent = silenceAtEnd(report)
  const why = `no response came in the last ${formatMs(silent)} of the measured window, or after it`
  return silent < SILENCE ? undefined : { what: 'stopped responding', why }
}

/** A shorter silence may be that of a few slow requests. */
const SILENCE: Milliseconds = 1_000

/**
 * Time at the end of the measured window in which nothing got a response, though something was asked for throughout. In
 * a closed model it fails one iteration of each user only, and is in no percentile.
 */
function silenceAtEnd({ series }: LoadReport): Milliseconds {
  const last = series.findLastIndex(({ requests, passed }) => requests + passed > 0)
  const after = series.slice(last + 1)
  const silent = after.filter(({ phase }) => phase === 'measured')
  const isAsked = last >= 0 && silent.every(({ inFlight, errors }) => inFlight + errors > 0)
  if (!isAsked || !after.some(({ errors }) => errors > 0)) return 0
  return silent.reduce((sum, { length }) => sum + length, 0)
}

/** Remark about failures without a budget; undefined if there were no such failures, or nothing passed. */
export function whyUnasked({ state, measuredArrivals, verdicts, capacity, steps }: LoadReport): string | undefined {
  const { passed, failed } = measuredArrivals
  if (state === 'not run' || failed === 0 || passed === 0 || capacity !== undefined) return undefined
  const asked = new Set(verdicts.map(({ budget }) => budget))
  if (asked.has('errorRate') || asked.has('requests.errorRate')) return undefined
  // A budget of a step is about its own failures only.
  const failing = Object.keys(steps).filter(key => steps[key]!.errors > 0)
  const others = failing.filter(key => !asked.has(`steps.${key}.errorRate`))
  if (failing.length > 0 && others.length === 0) return undefined
  const named = `the failures of ${others.length === 1 ? 'step' : 'steps'} ${quoted(others)}`
  const which = others.length < failing.length ? named : 'failures'
  const of = `${formatCount(failed)} of ${formatCount(passed + failed)} iterations failed`
  return `${of}, and no budget is about ${which}. Write one: errorRate.`
}

/** Why no iteration is known to have passed; undefined when one is. */
function whyNoneIsKnown({ state, measuredArrivals }: Figures): string | undefined {
  if (state === 'not run' || measuredArrivals.passed > 0) return undefined
  const { failed } = measuredArrivals
  if (failed === 0) return 'no iteration came to its end within the measured window'
  return failed === 1 ? 'the only iteration failed' : `all ${formatCount(failed)} iterations failed`
}

/**
 * Why the figure of a budget is that of failures alone, with which no budget is kept: an error page is fast. Undefined
 * when it is not, and for what failures do not flatter.
 */
export function whyFailuresOnly(figures: Figures, budget: Budget): string | undefined {
  const { flattered } = metricOf(budget)
  if (flattered === undefined) return undefined
  const { of, step: id = '' } = budget
  const what = `the ${flattered} of failures decides nothing.`
  const isFailed = ({ requests, errors }: StepStatistics) => errors >= requests
  if (of === 'step') {
    const step = figures.state === 'not run' ? undefined : own(figures.steps, id)
    // A passed step has figures, even if later steps failed. A step that always failed has no figures.
    if (step === undefined || step.requests === 0 || !isFailed(step)) return undefined
    return `each request${id && ` of step ${id}`} failed, and ${what}`
  }
  const nothing = whyNoneIsKnown(figures)
  if (nothing === undefined) return undefined
  if (of !== 'requests' || budget.latency !== undefined)
    return figures.measuredArrivals.failed === 0 ? `${nothing}.` : `${nothing}, and ${what}`
  return Object.values(figures.steps).every(isFailed) ? `each request failed, and ${what}` : undefined
}
