import { own } from '../ground/object.ts'
import { EXACT, formatMs, formatShare } from '../ground/units.ts'
import type { Judged, LoadReport, Reason, ResourceUsage, StepStatistics, Verdict } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { doubted, errorsBehind, reasonsOf, textOf } from './cause.ts'
import { type Decision, decide, decideAlone, known } from './decide.ts'
import { type Figures, figuresOfProcesses, figuresOfStep, type Measured } from './figures.ts'
import { endedFor, measured } from './measured.ts'
import { metricOf, unitOf } from './metrics/index.ts'
import { whyFailuresOnly } from './nothing.ts'
import { namesOf } from './size-words.ts'

/**
 * Judges every budget by what a run measured. A run that never got going (`not run`) has no verdicts: nothing was
 * measured.
 */
export function judge(report: LoadReport, budgets: readonly Budget[]): Verdict[] {
  return report.state === 'not run' ? [] : budgets.map(budget => verdictOf(findingOfRun(report, budget)))
}

/** A verdict in its parts, for those who lay it out themselves. */
export interface Judgement extends Pick<Verdict, 'verdict' | 'aside' | 'note' | 'judged' | 'reasons'> {
  budget: Budget
  /** With its unit; undefined when there are no data, which is always a failure. */
  value?: string
}

export function findingOfRun(report: LoadReport, budget: Budget): Judgement {
  const found = withoutPasses(report, budget, findingIn(report, budget))
  const lost = isOfLoad(budget) ? report.doubts.filter(({ kind }) => kind === 'lost host').map(doubted) : []
  // Values of a lost host are missing.
  if (found.value === undefined && lost.length > 0)
    return { budget, verdict: 'inconclusive', reasons: [...found.reasons, ...lost] }
  const gap = own(report.unread ?? {}, budget.key)
  return gap === undefined || found.verdict === 'fail' ? found : nothing(budget, `in one of the runs, ${gap}`)
}

function findingIn(report: LoadReport, budget: Budget): Judgement {
  const value = measured(report, budget)
  if (value.value === undefined) return nothing(budget, ...noDataIn(report, budget))
  const { causes = errorsBehind } = metricOf(budget)
  return finding(report, budget, value, decide(report, budget, value), () => causes(report, budget))
}

/** Failures may miss a latency budget, but never keep it. */
function withoutPasses(report: LoadReport, budget: Budget, found: Judgement): Judgement {
  const failures = found.verdict === 'fail' ? undefined : whyFailuresOnly(report, budget)
  return failures === undefined ? found : nothing(budget, failures, ...errorsBehind(report, budget))
}

/** One step on its own: without the run around it, no doubt but how sure a percentile is. */
export function findingOfStep(step: StepStatistics, budget: Budget): Judgement {
  const figures = figuresOfStep(step)
  const found = findingAlone(figures, budget, step)
  if (found.value === undefined) return nothing(budget, 'the step sent no request in the measured window.')
  const failures = found.verdict === 'fail' ? undefined : whyFailuresOnly(figures, budget)
  return failures === undefined ? found : nothing(budget, failures)
}

/** A set of processes on its own. */
export function findingOfProcesses(usage: ResourceUsage, budget: Budget): Judgement {
  return findingAlone(figuresOfProcesses(usage), budget)
}

function findingAlone(figures: Figures, budget: Budget, step?: StepStatistics): Judgement {
  const { measure, noData } = metricOf(budget)
  const value = measure(figures, budget)
  if (value.value === undefined) return nothing(budget, noData(figures, budget))
  return finding(figures, budget, value, decideAlone(budget, value, step))
}

/** Why there is nothing to judge. */
function noDataIn(report: LoadReport, budget: Budget): (string | Reason)[] {
  if (report.state === 'not run') return [`the load did not run: ${report.cause ?? 'the cause is not known'}`]
  const empty = own(report.windows ?? {}, budget.key)?.find(({ value }) => value === undefined)
  if (empty !== undefined && report.requests > 0) return [`nothing came in from ${stretchOf(empty)}.`]
  const { noData, family } = metricOf(budget)
  const isOfRun = isOfLoad(budget) && family !== 'capacity'
  if (isOfRun && report.capacity?.held === 0 && report.requests === 0)
    return [`no rate held, so that nothing was measured at one. ${report.capacity.because ?? ''}`.trim()]
  const cut = report.state === 'cut short' ? ['The run was cut short.'] : []
  return [noData(report, budget), ...cut, ...(isOfRun ? errorsBehind(report, budget) : [])]
}

/** A run, with the budgets of processes that it has no figure for, and why, by key. */
export function withUnread(report: LoadReport): LoadReport {
  const unread = report.budgets
    .filter(budget => !isOfLoad(budget) && measured(report, budget).value === undefined)
    .map(budget => [budget.key, textOf(reasonsOf(noDataIn(report, budget)))] as const)
  return unread.length === 0 ? report : { ...report, unread: { ...report.unread, ...Object.fromEntries(unread) } }
}

const stretchOf = ({ start, length }: { start: number; length: number }) =>
  `${formatMs(start)} to ${formatMs(start + length)} of the measured window`

/** Text in brackets after a value that misses its bound: the figures behind it. */
function contextOf(figures: Figures, budget: Budget, measured: Measured): string | undefined {
  if (measured.windows !== undefined) {
    const { worst, all } = measured.windows
    const missed = all.filter(({ standing }) => standing === 'missed').length
    const which = `from ${stretchOf(worst)}`
    return all.length === 1 ? which : `${which}; ${missed} of ${all.length} windows missed it`
  }
  const ended = endedFor(figures, budget)
  if (ended !== undefined) return `the run was ended for it ${formatMs(ended.at)} into the measured window`
  return metricOf(budget).context?.(figures, budget, measured)
}

function finding(
  figures: Figures,
  budget: Budget,
  measured: Measured,
  { standing, reasons, note, range, doubts }: Decision,
  causes: () => (string | Reason)[] = () => [],
): Judgement {
  const { value = Number.NaN } = measured
  const margin = value / budget.bound - 1
  const judged: Judged = {
    value,
    bound: budget.bound,
    ...(Number.isFinite(margin) && { margin }),
    ...known(range),
    doubts,
  }
  const found = { budget, value: otherValueText(value, budget), judged, ...(note !== undefined && { note }) }
  if (standing === 'open') return { ...found, verdict: 'inconclusive', reasons }
  if (standing === 'kept') {
    const aside = metricOf(budget).beside?.(figures, budget, measured)
    return { ...found, verdict: 'pass', aside, reasons: [] }
  }
  const aside = contextOf(figures, budget, measured)
  return { ...found, verdict: 'fail', aside, reasons: reasonsOf(causes()) }
}

function nothing(budget: Budget, ...why: (string | Reason)[]): Judgement {
  return { budget, verdict: 'fail', reasons: reasonsOf(why) }
}

function verdictOf({ budget: { key, title }, value = 'no data', ...parts }: Judgement): Verdict {
  const verdict = { budget: key, title, value, ...parts }
  return { ...verdict, because: becauseOf(verdict) }
}

/** Every verdict in words. */
function becauseOf(judged: Omit<Verdict, 'because'>): string {
  const { title, value, verdict, reasons } = judged
  if (verdict === 'pass') return ''
  const head = `Expected ${title}, received ${value}`
  const why = textOf(reasons)
  if (verdict === 'inconclusive') return `${head}, which decides nothing: ${why}`
  if (judged.judged === undefined) return `${head}: ${why}`
  const beside = besideOf(judged)
  return `${head}${beside && ` (${beside})`}. ${why}`.trimEnd()
}

/**
 * Reasons of an open verdict. Doubts that another verdict of the run explains are only named.
 *
 * @param shown texts of such doubts; those of this verdict are added.
 */
export function becauseOnce(verdict: Verdict, shown: Set<string>): string {
  const { because, reasons } = verdict
  const known = reasons.filter(({ kind, text }) => kind === 'doubt' && shown.has(text))
  for (const { kind, text } of reasons) if (kind === 'doubt') shown.add(text)
  if (known.length === 0) return because
  const names = namesOf(known.map(({ of }) => of as Judged['doubts'][number]['kind']))
  const others = reasons.filter(reason => !known.includes(reason))
  return becauseOf({ ...verdict, reasons: [...others, { kind: 'other', text: `As above: ${names}.` }] })
}

/** Figures in brackets behind the value: `65 % over; service time 198 ms: …`. */
export const besideOf = ({ verdict, judged, aside }: Pick<Verdict, 'verdict' | 'judged' | 'aside'>): string =>
  [verdict === 'fail' && judged && distance(judged), aside].filter(Boolean).join('; ')

/** All that is to be said of a verdict; empty for a pass that nothing touches. */
export const sentencesOf = ({ because, note }: Verdict): string => [because, note].filter(Boolean).join(' ')

/** The value with as many digits as it takes to tell it from the bound: never "expected 1.23 s, received 1.23 s". */
function otherValueText(value: number, budget: Budget): string {
  const { write } = unitOf(budget)
  const bound = write(budget.bound, EXACT, budget.bound)
  for (let digits = 3; digits < EXACT; digits++) {
    const text = write(value, digits, budget.bound)
    if (text !== bound || value === budget.bound) return text
  }
  return write(value, EXACT, budget.bound)
}

/** `65 % over`, `18 % under`, `4.2 times the bound`. */
function distance({ margin = 0 }: Judged): string {
  if (margin === 0 || margin < -1) return ''
  if (margin >= 2) return `${Number((margin + 1).toPrecision(2))} times the bound`
  return `${formatShare(Math.abs(margin), 2)} ${margin > 0 ? 'over' : 'under'}`
}

/*
 * Runs as one may be judged by two bounds of one key, as when a bound was tightened between them: each has a verdict
 * of its own, which has its title.
 */

/** The verdict on a budget; undefined where it was not judged. */
export function verdictFor({ key, title }: Budget, verdicts: readonly Verdict[]): Verdict | undefined {
  const ofKey = verdicts.filter(({ budget }) => budget === key)
  return among(ofKey, title)
}

/** The budget of a verdict; undefined where it is not known. */
export function budgetFor({ budget, title }: Verdict, budgets: readonly Budget[]): Budget | undefined {
  const ofKey = budgets.filter(({ key }) => key === budget)
  return among(ofKey, title)
}

function among<T extends { title: string }>(ofKey: readonly T[], title: string): T | undefined {
  return ofKey.find(one => one.title === title) ?? (ofKey.length === 1 ? ofKey[0] : undefined)
}

/** Whether it is about what a run of load does, and not about processes. */
const isOfLoad = ({ of }: Pick<Budget, 'of'>): boolean => of !== 'target' && of !== 'generator'
