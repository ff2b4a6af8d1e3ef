import { given } from '../ground/given.ts'
import { EXACT, formatShare } from '../ground/units.ts'
import type { Judged, LoadReport, ResourceUsage, StepStatistics, Verdict } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { known } from './doubts.ts'
import { type Evidence, evidenceOfProcesses, evidenceOfRun, evidenceOfStep } from './evidence.ts'
import { metricOf } from './metric.ts'

/**
 * Judges every budget by what a run measured. A run that never got going (`not run`) has no verdicts: nothing was
 * measured.
 */
export function judge(report: LoadReport, budgets: readonly Budget[]): Verdict[] {
  return report.state === 'not run' ? [] : budgets.map(budget => verdictOf(findingOfRun(report, budget)))
}

/** A verdict in its parts, for those who lay it out themselves. */
export interface Judgement {
  budget: Budget
  verdict: Verdict['verdict']
  /** With its unit; undefined when there are no data, which is always a failure. */
  value?: string
  /** Figures that belong beside the value: `65 % over; service time 198 ms: …`. */
  aside: string
  /** Sentences: why there are no data, why it decides nothing, or where to look. */
  why: string
  /** A footnote: doubts that touch the value and change nothing. */
  note?: string
  /** The figures behind all of it. */
  judged?: Judged
}

export function findingOfRun(report: LoadReport, budget: Budget): Judgement {
  const found = finding(budget, evidenceOfRun(report, budget))
  const gap = report.unread?.[budget.key]
  return gap === undefined || found.verdict === 'fail' ? found : nothing(budget, `in one of the runs, ${gap}`)
}

/** One step on its own: without the run around it, no doubt but how sure a percentile is. */
export function findingOfStep(step: StepStatistics, budget: Budget): Judgement {
  return finding(budget, evidenceOfStep(step, budget))
}

/** A set of processes on its own. */
export function findingOfProcesses(usage: ResourceUsage, budget: Budget): Judgement {
  return finding(budget, evidenceOfProcesses(usage, budget))
}

function finding(budget: Budget, { measured, noData, decision, context, causes }: Evidence): Judgement {
  if (measured.value === undefined) return nothing(budget, noData)
  const { standing, reasons, note, range, doubts } = decision
  const value = writeBeside(measured.value, budget)
  const judged = { value: measured.value, bound: budget.bound, ...known(range), doubts }
  const found = { budget, value, judged, note }
  if (standing === 'open') return { ...found, verdict: 'inconclusive', aside: '', why: reasons.join(' ') }
  if (standing === 'kept') return { ...found, verdict: 'pass', aside: '', why: '' }
  const aside = [distance(measured.value, budget), context].filter(Boolean).join('; ')
  return { ...found, verdict: 'fail', aside, why: causes.join(' ') }
}

function nothing(budget: Budget, why: string): Judgement {
  return { budget, verdict: 'fail', aside: '', why }
}

function verdictOf({ budget, verdict, value, aside, why, note, judged }: Judgement): Verdict {
  const head = `Expected ${budget.title}, received ${value ?? 'no data'}`
  const because = {
    pass: () => '',
    fail: () => (value === undefined ? `${head}: ${why}` : `${head}${aside && ` (${aside})`}. ${why}`.trimEnd()),
    inconclusive: () => `${head}, which decides nothing: ${why}`,
  }
  return given({
    budget: budget.key,
    title: budget.title,
    value: value ?? 'no data',
    verdict,
    because: because[verdict](),
    note,
    judged,
  })
}

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
function distance(value: number, { bound }: Budget): string {
  const ratio = value / bound
  if (!Number.isFinite(ratio) || ratio === 1 || ratio < 0) return ''
  if (ratio >= 3) return `${Number(ratio.toPrecision(2))} times the bound`
  return `${formatShare(Math.abs(ratio - 1), 2)} ${ratio > 1 ? 'over' : 'under'}`
}
