import { given } from '../ground/given.ts'
import { own } from '../ground/object.ts'
import { EXACT, formatShare } from '../ground/units.ts'
import type { Judged, LoadReport, ResourceUsage, StepStatistics, Verdict } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { errorsBehind } from './cause.ts'
import { known } from './decide.ts'
import { type Evidence, evidenceOfProcesses, evidenceOfRun, evidenceOfStep } from './evidence.ts'
import { metricOf } from './metric.ts'
import { whyAttemptsFailed, whyFailuresOnly } from './nothing.ts'

/**
 * Judges every budget by what a run measured. A run that never got going (`not run`) has no verdicts: nothing was
 * measured.
 */
export function judge(report: LoadReport, budgets: readonly Budget[]): Verdict[] {
  return report.state === 'not run' ? [] : budgets.map(budget => verdictOf(findingOfRun(report, budget)))
}

/** A verdict in its parts, for those who lay it out themselves. */
export interface Judgement extends Pick<Verdict, 'verdict' | 'aside' | 'note' | 'judged'> {
  budget: Budget
  /** With its unit; undefined when there are no data, which is always a failure. */
  value?: string
  why: string[]
}

export function findingOfRun(report: LoadReport, budget: Budget): Judgement {
  const found = withoutPasses(report, budget, finding(budget, evidenceOfRun(report, budget)))
  const lost = isOfLoad(budget) ? report.doubts.flatMap(({ kind, text }) => (kind === 'lost host' ? [text] : [])) : []
  // Those that a lost host would have had are missing.
  if (found.value === undefined && lost.length > 0)
    return { budget, verdict: 'inconclusive', why: [...found.why, ...lost] }
  const gap = own(report.unread ?? {}, budget.key)
  return gap === undefined || found.verdict === 'fail' ? found : nothing(budget, `in one of the runs, ${gap}`)
}

const isOfLoad = ({ of }: Budget): boolean => of !== 'target' && of !== 'generator'

/** What fails has missed what it is too slow for, and keeps to nothing. */
function withoutPasses(report: LoadReport, budget: Budget, found: Judgement): Judgement {
  const failures = found.verdict === 'fail' ? undefined : whyFailuresOnly(report, budget)
  return failures === undefined ? found : nothing(budget, failures, ...errorsBehind(report, budget))
}

/** One step on its own: without the run around it, no doubt but how sure a percentile is. */
export function findingOfStep(step: StepStatistics, budget: Budget): Judgement {
  const found = finding(budget, evidenceOfStep(step, budget))
  const failures = found.verdict === 'fail' ? undefined : whyAttemptsFailed(step, budget)
  return failures === undefined ? found : nothing(budget, failures)
}

/** A set of processes on its own. */
export function findingOfProcesses(usage: ResourceUsage, budget: Budget): Judgement {
  return finding(budget, evidenceOfProcesses(usage, budget))
}

function finding(budget: Budget, { measured, noData, decision, context, beside, causes }: Evidence): Judgement {
  if (measured.value === undefined) return nothing(budget, noData)
  const { standing, reasons, note, range, doubts } = decision
  const value = writeBeside(measured.value, budget)
  const margin = measured.value / budget.bound - 1
  const judged: Judged = {
    value: measured.value,
    bound: budget.bound,
    ...(Number.isFinite(margin) && { margin }),
    ...known(range),
    doubts,
  }
  const found = { budget, value, judged, ...(note !== undefined && { note }) }
  if (standing === 'open') return { ...found, verdict: 'inconclusive', why: reasons }
  if (standing === 'kept') return given({ ...found, verdict: 'pass', aside: beside, why: [] })
  const aside = [distance(judged), context].filter(Boolean).join('; ')
  return { ...found, verdict: 'fail', ...(aside !== '' && { aside }), why: causes }
}

function nothing(budget: Budget, ...why: string[]): Judgement {
  return { budget, verdict: 'fail', why }
}

function verdictOf({ budget: { key, title }, value = 'no data', ...parts }: Judgement): Verdict {
  const verdict = { budget: key, title, value, ...parts }
  return { ...verdict, because: becauseOf(verdict) }
}

/** Every verdict in words. */
function becauseOf({ title, value, verdict, aside, why = [], judged }: Omit<Verdict, 'because'>): string {
  if (verdict === 'pass') return ''
  const head = `Expected ${title}, received ${value}`
  const told = why.join(' ')
  if (verdict === 'inconclusive') return `${head}, which decides nothing: ${told}`
  return judged === undefined ? `${head}: ${told}` : `${head}${aside ? ` (${aside})` : ''}. ${told}`.trimEnd()
}

/** All that is to be said of a verdict; empty for a pass that nothing touches. */
export const sentencesOf = ({ because, note }: Verdict): string => [because, note].filter(Boolean).join(' ')

/** The value with as many digits as it takes to tell it from the bound: never "expected 1.23 s, received 1.23 s". */
function writeBeside(value: number, budget: Budget): string {
  const { write } = metricOf(budget)
  const bound = write(budget.bound, EXACT, budget.bound)
  for (let digits = 3; digits < EXACT; digits++) {
    const text = write(value, digits, budget.bound)
    if (text !== bound || value === budget.bound) return text
  }
  return write(value, EXACT, budget.bound)
}

/** `65 % over`, `18 % under`, `4.2 times the bound`. */
export function distance({ margin = 0 }: Judged): string {
  if (margin === 0 || margin < -1) return ''
  if (margin >= 2) return `${Number((margin + 1).toPrecision(2))} times the bound`
  return `${formatShare(Math.abs(margin), 2)} ${margin > 0 ? 'over' : 'under'}`
}
