import { own } from '../ground/object.ts'
import { formatCount } from '../ground/units.ts'
import { quoted } from '../ground/words.ts'
import type { LoadReport, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isLatency, isOfEvents } from './budget-kinds.ts'

/**
 * Why a run that took place says nothing good of the application, whatever its budgets say; undefined when some of it
 * passed, or might have on a host that was lost.
 */
export function whyNothingPassed(report: LoadReport): string | undefined {
  return report.doubts.some(({ kind }) => kind === 'lost host') ? undefined : whyNoneIsKnown(report)
}

/** What is said of failures that no budget is about; undefined where there are none, or nothing passed. */
export function whyUnasked({ state, measuredArrivals, verdicts, capacity, steps }: LoadReport): string | undefined {
  const { passed, failed } = measuredArrivals
  if (state === 'not run' || failed === 0 || passed === 0 || capacity !== undefined) return undefined
  const asked = new Set(verdicts.map(({ budget }) => budget))
  if (asked.has('errorRate') || asked.has('requests.errorRate')) return undefined
  // A budget of a step is about its own failures only.
  const failing = Object.keys(steps).filter(key => steps[key]!.errors > 0)
  const others = failing.filter(key => !asked.has(`steps.${key}.errorRate`))
  if (failing.length > 0 && others.length === 0) return undefined
  const which =
    others.length < failing.length
      ? `the failures of ${others.length === 1 ? 'step' : 'steps'} ${quoted(others)}`
      : 'failures'
  const of = `${formatCount(failed)} of ${formatCount(passed + failed)} iterations failed`
  return `${of}, and no budget is about ${which}. Write one: errorRate.`
}

/** Why no iteration is known to have passed; undefined when one is. */
function whyNoneIsKnown({ state, measuredArrivals }: LoadReport): string | undefined {
  if (state === 'not run' || measuredArrivals.passed > 0) return undefined
  const { failed } = measuredArrivals
  if (failed === 0) return 'no iteration came to its end within the measured window'
  return failed === 1 ? 'the only iteration failed' : `all ${formatCount(failed)} iterations failed`
}

/**
 * Why the figure of a budget is that of failures alone, with which no budget is kept: an error page is fast. Undefined
 * when it is not, and for what failures do not change: counts of them, and usage of processes.
 */
export function whyFailuresOnly(report: LoadReport, budget: Budget): string | undefined {
  const { of, metric, step: id = '' } = budget
  const what = `the ${isLatency(budget) ? 'latency' : 'rate'} of failures decides nothing.`
  if (of === 'step') {
    const step = report.state === 'not run' ? undefined : own(report.steps, id)
    // A step of which all passed has figures, whatever failed behind it; one of which all failed has none.
    const isOfResponses = isLatency(budget) || isOfEvents(budget)
    const isFailed = isOfResponses && step !== undefined && step.requests > 0 && step.errors >= step.requests
    return isFailed ? `each request of step ${id} failed, and ${what}` : undefined
  }
  const nothing = whyNoneIsKnown(report)
  if (nothing === undefined) return undefined
  if (isOfEvents(budget)) return `${nothing}, and ${what}`
  if (of === 'requests') {
    const isFailed = isLatency(budget) && Object.values(report.steps).every(step => step.errors >= step.requests)
    return isFailed ? `each request failed, and ${what}` : undefined
  }
  // A search looks at failures itself, and begins its measured window with what held.
  if (metric === 'capacity') return undefined
  if (of === 'iterations' && !COUNTS.has(metric))
    return report.measuredArrivals.failed === 0 ? `${nothing}.` : `${nothing}, and ${what}`
  return metric === 'cpuPerRequest' ? `${nothing}, and the CPU time of failures decides nothing.` : undefined
}

/** Figures that failures do not flatter. */
const COUNTS = new Set<Budget['metric']>(['errorRate', 'contract', 'dropped', 'resent'])

/** The same of a step's figures alone. */
export function whyAttemptsFailed({ requests, errors }: StepStatistics, budget: Budget): string | undefined {
  const isFailed = (isLatency(budget) || isOfEvents(budget)) && requests > 0 && errors >= requests
  return isFailed ? 'each request failed, and the latency of failures decides nothing.' : undefined
}
