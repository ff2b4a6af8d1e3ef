import { limitOf, subjectOf } from '../budget/bound.ts'
import { describeError } from '../budget/cause.ts'
import { budgetFor } from '../budget/judge.ts'
import { whyNothingPassed, whyUnasked } from '../budget/nothing.ts'
import { namesOf } from '../budget/size-words.ts'
import { ended } from '../ground/fault.ts'
import { formatCount, formatMs, formatNumber, formatRate, formatShare } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { whyHooksFailed } from '../measure/report/hook-counts.ts'
import type { Judged, LoadReport, Reason, Verdict } from '../measure/report.ts'
import { type Footnote, footnotesOf, intervalOf, touchingIn } from './footnotes.ts'
import { type CommonError, commonErrorOf, mostCommonOf, type SlowestStep, slowestStepOf } from './highlights.ts'
import { describeHooks, headOfHooks } from './hooks.ts'
import { type OverallVerdict, verdictOf } from './overall.ts'
import { describeShape } from './shape.ts'

/** Budget with its texts and figures. Texts are not escaped. */
export interface BudgetLine {
  key: string
  verdict: Verdict['verdict']
  /** `p99`, `pay p99`. */
  name: string
  /** `<= 100 ms`; empty where the title does not tell. */
  bound: string
  /** `87.2 ms`, `no data`. */
  value: string
  /** `13 % under`, `650 % over`; absent where there are no data, or the value or the bound is 0. */
  margin?: string
  /** Range of the value, with 95 % confidence and without doubts: `85 ms to 90.1 ms`. */
  interval?: string
  /** `another run of 20 may have up to 14 %`: next to a share that is kept by few. */
  chance?: string
  /** One or more sentences on why it is missed or undecided; empty for one that is kept. */
  cause: string
  /** Numbers of its footnotes. */
  footnotes: number[]
  judged?: Judged
}

/** Summary of a run, which terminal, command line, Markdown and HTML show first. Plain data. */
export interface VerdictBlock {
  /** `unsure` also of a run that was cut short and missed nothing. */
  tone: OverallVerdict['tone']
  /** `2 budgets missed, 1 undecided, 3 kept; 20 iterations failed, 279 dropped`. */
  headline: string
  counts: { missed: number; undecided: number; kept: number }
  /** `600 requests/s for 30 s, 598/s made`, `open model`, `measured 30 s after 8 s of warm-up`. */
  facts: string[]
  /** Other results that decide, with reasons: `{ what: 'did not run', why: 'connection refused …' }`. */
  remarks: { what: string; why: string }[]
  missed: BudgetLine[]
  undecided: BudgetLine[]
  kept: BudgetLine[]
  slowestStep?: SlowestStep
  commonError?: CommonError
  /** Each doubt once. */
  footnotes: Footnote[]
}

/** Creates the summary of a run. */
export function verdictBlockOf(report: LoadReport): VerdictBlock {
  const ran = report.state !== 'not run'
  const { footnotes, of } = footnotesOf(report, verdict => partsOf(verdict, report).name)
  const told = new Set<string>()
  const worstFirst = (['fail', 'inconclusive', 'pass'] as const).map(wanted =>
    report.verdicts.flatMap((verdict, i) =>
      verdict.verdict === wanted ? [lineOf(verdict, report, of[i]!, told)] : [],
    ),
  )
  const [missed = [], undecided = [], kept = []] = worstFirst
  const counts = { missed: missed.length, undecided: undecided.length, kept: kept.length }
  return {
    tone: verdictOf(report).tone,
    headline: headlineOf(report, counts),
    counts,
    facts: factsOf(report),
    remarks: remarksOf(report),
    missed,
    undecided,
    kept,
    slowestStep: ran ? slowestStepOf(report) : undefined,
    commonError: commonErrorOf(report),
    footnotes,
  }
}

/** `p99 49 ms <= 100 ms (51 % under; 47.4 ms to 50.6 ms) [1]`. */
export function describeKept({ name, value, bound, margin, interval, chance, footnotes }: BudgetLine): string {
  const far = [margin, interval, chance].filter(text => text !== undefined).join('; ')
  return [name, value, bound, far && `(${far})`, marksOf(footnotes)].filter(Boolean).join(' ')
}

/** `[1][3]`. */
export function marksOf(footnotes: readonly number[]): string {
  return footnotes.map(number => `[${number}]`).join('')
}

function headlineOf(report: LoadReport, { missed, undecided, kept }: VerdictBlock['counts']): string {
  if (report.state === 'not run') return 'did not run'
  const before = [
    ...(report.state === 'cut short' ? ['cut short'] : []),
    ...(whyNothingPassed(report) === undefined ? [] : ['nothing passed']),
    ...[headOfHooks(report) ?? []].flat(),
  ]
  const all = missed + undecided + kept
  const counts = (
    [
      ['missed', missed],
      ['undecided', undecided],
      ['kept', kept],
    ] as const
  ).filter(([, n]) => n > 0)
  const [[word, count] = ['', 0] as const, ...others] = counts
  const whole = all === 2 ? 'both budgets' : `all ${all} budgets`
  const of = others.length > 0 || all === 1 ? counted(count, 'budget') : whole
  const told = all === 0 ? ['no budgets'] : [[`${of} ${word}`, ...others.map(([word, n]) => `${n} ${word}`)].join(', ')]
  return [...before, ...told, ...lossesOf(report.measuredArrivals)].join('; ')
}

/** `20 iterations failed, 3 aborted, 279 dropped`; empty without losses. */
function lossesOf({ failed, aborted, dropped }: LoadReport['measuredArrivals']): string[] {
  const losses = Object.entries({ failed, aborted, dropped }).filter(([, count]) => count > 0)
  if (losses.length === 0) return []
  return [losses.map(([what, n], i) => `${i === 0 ? counted(n, 'iteration') : formatCount(n)} ${what}`).join(', ')]
}

function factsOf(report: LoadReport): string[] {
  const what = report.capacity === undefined ? 'warm-up' : 'warm-up and search'
  const before = report.warmUp > 0 ? ` after ${formatMs(report.warmUp)} of ${what}` : ''
  const ran = report.state !== 'not run'
  const { requestsResent: resent = 0 } = report.transport
  return [
    describeShape(report.shape) + (ran ? `, ${madeOf(report)} made` : ''),
    `${report.model} model`,
    ...(ran ? [`measured ${formatMs(report.measured)}${before}`] : []),
    ...(resent > 0 ? [`${counted(resent, 'request')} sent again`] : []),
    ...(report.hosts === undefined ? [] : [`by agents on ${counted(report.hosts.length, 'host')}`]),
    ...(report.hooks === undefined ? [] : [describeHooks(report.hooks)]),
  ]
}

/** In what the load asks for: what counts requests and what counts iterations do not stand in one line. */
function madeOf({ shape, rps, iterationRate }: LoadReport): string {
  const [one] = 'stages' in shape ? shape.stages : [shape]
  const isOfIterations = one !== undefined && ('rate' in one || 'iterations' in one)
  const rate = isOfIterations ? iterationRate : rps
  if ('rps' in shape || 'rate' in shape) return formatRate(rate)
  return `${formatNumber(rate)} ${isOfIterations ? 'iterations' : 'requests'}/s`
}

function remarksOf(report: LoadReport): VerdictBlock['remarks'] {
  const { state, cause, doubts } = report
  const nothing = whyNothingPassed(report)
  const unasked = whyUnasked(report)
  const hooks = state === 'not run' ? undefined : whyHooksFailed(report)
  // Its footnote says why.
  const isTold = state === 'cut short' && doubts.some(({ kind }) => kind === 'cut short')
  const what = state === 'not run' ? 'did not run' : 'cut short'
  return [
    ...(cause === undefined || state === 'completed' || isTold ? [] : [{ what, why: cause }]),
    ...(nothing === undefined ? [] : [{ what: 'nothing passed', why: nothing }]),
    ...(unasked === undefined ? [] : [{ what: 'failures', why: unasked }]),
    ...(hooks === undefined ? [] : [{ what: headOfHooks(report)!, why: hooks }]),
  ]
}

/* ---- budgets ---- */

function lineOf(verdict: Verdict, report: LoadReport, footnotes: number[], told: Set<string>): BudgetLine {
  const { judged } = verdict
  return {
    key: verdict.budget,
    verdict: verdict.verdict,
    ...partsOf(verdict, report),
    value: verdict.value,
    margin: judged && marginOf(judged),
    interval: intervalOf(verdict, report, footnotes.length > 0),
    chance: verdict.verdict === 'pass' ? verdict.aside : undefined,
    cause: causeOf(verdict, report, footnotes, told),
    footnotes,
    judged,
  }
}

/** Name and bound of a budget; if the report does not contain the budget, its title. */
function partsOf(verdict: Verdict, { budgets }: LoadReport): Pick<BudgetLine, 'name' | 'bound'> {
  const budget = budgetFor(verdict, budgets)
  return budget ? { name: subjectOf(budget), bound: limitOf(budget) } : { name: verdict.title, bound: '' }
}

function marginOf({ margin, value }: Judged): string | undefined {
  if (margin === undefined || value === 0) return undefined
  if (margin === 0) return 'at the bound'
  return `${formatShare(Math.abs(margin), 2)} ${margin > 0 ? 'over' : 'under'}`
}

/** Each sentence once in a run. */
function causeOf(verdict: Verdict, report: LoadReport, footnotes: readonly number[], told: Set<string>): string {
  const { reasons, aside } = verdict
  if (verdict.verdict === 'pass') return ''
  const common = mostCommonOf(report.errors)
  // Footnotes tell the doubts, and the most common error of the run has a line of its own.
  const isElsewhere = ({ kind, of }: Reason) =>
    kind === 'doubt' || kind === 'range' || (kind === 'error' && common !== undefined && of === describeError(common))
  const sentences = reasons.filter(one => !isElsewhere(one) && !told.has(one.text)).map(({ text }) => text)
  for (const sentence of sentences) told.add(sentence)
  const said = [...(aside === undefined ? [] : [ended(aside)]), ...sentences].join(' ')
  return said === '' && verdict.verdict === 'inconclusive' ? opened(verdict, footnotes) : said
}

/** Why a budget is undecided of which only footnotes tell. */
function opened(verdict: Verdict, footnotes: readonly number[]): string {
  const names = namesOf(touchingIn(verdict).map(({ kind }) => kind))
  if (names !== '') return `Without ${names} it may lie on either side of the bound.`
  return footnotes.length === 0 ? '' : `Undecided for ${marksOf(footnotes)}.`
}
