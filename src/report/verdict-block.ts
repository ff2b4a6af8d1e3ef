import { limitOf, subjectOf } from '../budget/bound.ts'
import { describeError, doubtText, formatAttempts, messageOf, placeOf } from '../budget/cause.ts'
import { budgetFor } from '../budget/judge.ts'
import { metricOf, unitOf } from '../budget/metrics/index.ts'
import { whyRunFailed, whyUnasked } from '../budget/nothing.ts'
import { isOwn, OWN_DELAY } from '../budget/own-delay.ts'
import { describeRange, namesOf } from '../budget/size-words.ts'
import { continued, ended } from '../ground/fault.ts'
import {
  formatCount,
  formatMs,
  formatNumber,
  formatRate,
  formatShare,
  type Milliseconds,
  type Share,
} from '../ground/units.ts'
import { capitalized, counted } from '../ground/words.ts'
import { worstFirst } from '../measure/report/bounds.ts'
import { whyHooksFailed } from '../measure/report/hook-counts.ts'
import type { DoubtWords } from '../measure/report/verdict.ts'
import type { ErrorGroup, Judged, LoadReport, Reason, Verdict } from '../measure/report.ts'
import { describeHooks, describeShape, headOfHooks } from './figures.ts'
import { type OverallVerdict, verdictOf } from './overall.ts'
import { stepsByShare } from './step-shares.ts'

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

function headlineOf(report: LoadReport, counts: VerdictBlock['counts']): string {
  if (report.state === 'not run') return 'did not run'
  const cut = report.state === 'cut short' ? report.state : []
  const before = [cut, whyRunFailed(report)?.what ?? [], headOfHooks(report) ?? []].flat()
  return [...before, budgetCounts(counts), ...lossesOf(report.measuredArrivals)].join('; ')
}

/** `2 budgets missed, 1 undecided, 3 kept`, `all 3 budgets kept`, `no budgets`. */
export function budgetCounts({ missed, undecided, kept }: VerdictBlock['counts']): string {
  const all = missed + undecided + kept
  const [first, ...others] = Object.entries({ missed, undecided, kept }).filter(([, count]) => count > 0)
  if (first === undefined) return 'no budgets'
  const [word, count] = first
  const whole = all === 2 ? 'both budgets' : `all ${all} budgets`
  const of = others.length > 0 || all === 1 ? counted(count, 'budget') : whole
  return [`${of} ${word}`, ...others.map(([word, count]) => `${count} ${word}`)].join(', ')
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
  const [one] = shape.stages ?? [shape]
  const isOfIterations = one !== undefined && ('rate' in one || 'iterations' in one)
  const rate = isOfIterations ? iterationRate : rps
  if ('rps' in shape || 'rate' in shape) return formatRate(rate)
  return `${formatNumber(rate)} ${isOfIterations ? 'iterations' : 'requests'}/s`
}

function remarksOf(report: LoadReport): VerdictBlock['remarks'] {
  const { state, cause, doubts } = report
  const failed = whyRunFailed(report)
  const unasked = whyUnasked(report)
  const hooks = state === 'not run' ? undefined : whyHooksFailed(report)
  // Its footnote says why.
  const isTold = state === 'cut short' && doubts.some(({ kind }) => kind === 'cut short')
  const what = state === 'not run' ? 'did not run' : 'cut short'
  return [
    ...(cause === undefined || state === 'completed' || isTold ? [] : [{ what, why: cause }]),
    ...(failed === undefined ? [] : [failed]),
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

type Kind = Judged['doubts'][number]['kind']

/** Doubt that is printed once for all affected budgets. Texts are not escaped. */
export interface Footnote {
  /** From 1. */
  number: number
  /** `late starts`; several where they are one thing seen in several ways. */
  kinds: Kind[]
  /** Observation with its size, without a full stop. */
  found: string
  /** One thing to do, as a sentence. */
  remedy: string
  /** All that there is to say of it: what was seen, the likely cause, what to do. */
  texts: string[]
  /** Possible value of each affected budget without the doubt: `between 33 ms and 45 ms`. */
  without: { budget: string; value: string }[]
  /** Whether it is why a budget is undecided. */
  isDecisive: boolean
}

interface Numbered {
  footnotes: Footnote[]
  /** Numbers of the footnotes that belong to each budget, in the order of the report's verdicts. */
  of: number[][]
}

/** A smaller share of a value is not mentioned next to a verdict that does not change. */
const NOTABLE = 0.01

/** The doubts of a run, each once, with the budgets that they touch. */
function footnotesOf(report: LoadReport, nameOf: (verdict: Verdict) => string): Numbered {
  const groups = groupsOf(report)
  const of: number[][] = report.verdicts.map(() => [])
  const footnotes = groups.map(({ kinds, words }, place): Footnote => {
    const texts = words.map(doubtText)
    const without: Footnote['without'] = []
    let isDecisive = false
    for (const [i, verdict] of report.verdicts.entries()) {
      const own = touchingIn(verdict).filter(({ kind }) => groupOf(groups, kind) === place)
      if (own.length === 0 && !isNamedIn(verdict, texts)) continue
      of[i]!.push(place + 1)
      isDecisive ||= verdict.verdict === 'inconclusive'
      const value = valueWithout(own, verdict, report)
      if (value !== undefined) without.push({ budget: nameOf(verdict), value })
    }
    const { found, advice: [first] = [] } = words[0]!
    const remedy = first === undefined ? '' : `${capitalized(first)}.`
    return { number: place + 1, kinds, found, remedy, texts, without, isDecisive }
  })
  return inOrder({ footnotes, of })
}

/** Numbered as they are shown: first those for which a budget is undecided. */
function inOrder({ footnotes, of }: Numbered): Numbered {
  const places = [...footnotes].sort((a, b) => Number(b.isDecisive) - Number(a.isDecisive))
  const numberOf = new Map(places.map((note, place) => [note.number, place + 1]))
  return {
    footnotes: places.map((note, place) => ({ ...note, number: place + 1 })),
    of: of.map(numbers => numbers.map(number => numberOf.get(number)!).sort((a, b) => a - b)),
  }
}

interface Group {
  kinds: Kind[]
  words: DoubtWords[]
}

/** Groups the generator's own delays, and doubts of a kind from several hosts. */
function groupsOf({ doubts, verdicts }: LoadReport): Group[] {
  const groups: Group[] = []
  for (const doubt of doubts) {
    if (doubt.kind === 'too few samples' && verdicts.some(saysTooFew)) continue
    const mates = isOwn(doubt)
      ? groups.find(({ kinds }) => kinds.some(kind => isOwn({ kind } as typeof doubt)))
      : 'host' in doubt && doubt.host !== undefined
        ? groups.find(({ kinds }) => kinds.includes(doubt.kind))
        : undefined
    if (mates === undefined) groups.push({ kinds: [doubt.kind], words: [doubt] })
    else {
      mates.words.push(doubt)
      if (!mates.kinds.includes(doubt.kind)) mates.kinds.push(doubt.kind)
    }
  }
  const isDelayed = verdicts.some(verdict => touchingIn(verdict).some(({ kind }) => kind === 'own delay'))
  const hasOwn = groups.some(({ kinds }) => kinds.some(isOwnKind))
  return isDelayed && !hasOwn ? [...groups, { kinds: ['own delay'], words: [OWN_DELAY] }] : groups
}

const isOwnKind = (kind: Kind) => kind === 'own delay' || isOwn({ kind })

/** Index of the group of a doubt about a value; -1 if only the verdict names it. */
function groupOf(groups: readonly Group[], kind: Kind): number {
  return groups.findIndex(({ kinds }) => kinds.includes(kind) || (isOwnKind(kind) && kinds.some(isOwnKind)))
}

/** Whether a verdict is undecided for a reason without a size, such as a search for the capacity. */
function isNamedIn({ verdict, reasons }: Verdict, texts: readonly string[]): boolean {
  return verdict === 'inconclusive' && reasons.some(({ kind, text }) => kind === 'doubt' && texts.includes(text))
}

const saysTooFew = ({ verdict, reasons }: Verdict) =>
  verdict === 'inconclusive' && reasons.some(({ kind }) => kind === 'few samples')

/** Doubts that belong to a verdict: those that leave it open, and those of its note. */
function touchingIn({ verdict, judged, note }: Verdict): Judged['doubts'] {
  if (judged === undefined) return []
  const { value, bound, doubts } = judged
  const whose = (isIt: (lower: number, upper: number) => boolean) =>
    doubts.filter(({ lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY }) => isIt(lower, upper))
  if (verdict !== 'inconclusive')
    return note === undefined ? [] : whose((lower, upper) => upper - lower > NOTABLE * Math.abs(value))
  const crossing = whose((lower, upper) => lower <= bound && bound <= upper)
  return crossing.length > 0 ? crossing : doubts
}

function valueWithout(doubts: Judged['doubts'], verdict: Verdict, { budgets }: LoadReport): string | undefined {
  const budget = budgetFor(verdict, budgets)
  if (budget === undefined || doubts.length === 0) return undefined
  const lower = Math.min(...doubts.map(({ lower = Number.NEGATIVE_INFINITY }) => lower))
  const upper = Math.max(...doubts.map(({ upper = Number.POSITIVE_INFINITY }) => upper))
  return describeRange({ lower, upper }, budget)
}

/**
 * `Without it p99 would be between 33 ms and 45 ms.` Empty where it touches nothing, or nothing is known of that.
 *
 * @param shownAs how names of budgets are written.
 */
export function describeWithout(
  { without }: Footnote,
  most = without.length,
  shownAs = (name: string) => name,
): string {
  if (without.length === 0) return ''
  const values = without.slice(0, most).map(({ budget, value }) => `${shownAs(budget)} would be ${value}`)
  const left = without.length - values.length
  return `Without it ${values.join(', ')}${left > 0 ? `, and ${left} more would change` : ''}.`
}

/**
 * Range of the value, as text: `33 ms to 45 ms`, `33 ms or more`. Undefined for a single or unknown value, and for a
 * count without doubts.
 */
function intervalOf(verdict: Verdict, report: LoadReport, isDoubted: boolean): string | undefined {
  const budget = budgetFor(verdict, report.budgets)
  const { judged } = verdict
  if (judged === undefined || budget === undefined || (!isDoubted && !metricOf(budget).isEstimate)) return undefined
  const { lower, upper } = judged
  // Nothing is known of a lower end of 0.
  if (lower === undefined || upper === undefined || lower === 0)
    return describeRange({ lower: lower ?? Number.NEGATIVE_INFINITY, upper: upper ?? Number.POSITIVE_INFINITY }, budget)
  const [from, to] = [lower, upper].map(end => unitOf(budget).write(end, undefined, budget.bound))
  return from === to ? undefined : `${from} to ${to}`
}

/** The step on which iterations spend most of their time. */
interface SlowestStep {
  step: string
  /** Its part of the time of all iterations. */
  share: Share
  /** Mean of a request. */
  mean: Milliseconds
  p99: Milliseconds
}

/** Undefined where there is nothing to choose from. */
function slowestStepOf(report: LoadReport): SlowestStep | undefined {
  const [slowest, second] = stepsByShare(report).filter(({ step }) => step.serviceTime.count > 0)
  if (slowest === undefined || second === undefined || slowest.share === 0) return undefined
  const { mean, p99 } = slowest.step.serviceTime
  return { step: slowest.key, share: slowest.share, mean, p99 }
}

/** `pay takes 62 % of an iteration: 12.4 ms on average, p99 22 ms`. */
export function describeSlowestStep({ step, share, mean, p99 }: SlowestStep): string {
  return `${step} takes ${formatShare(share, 2)} of an iteration: ${formatMs(mean)} on average, p99 ${formatMs(p99)}`
}

/** The error that most attempts ended with. */
interface CommonError extends Pick<ErrorGroup, 'step' | 'kind' | 'message' | 'count' | 'at'> {
  /** Status of its responses; absent without responses. */
  status?: number
  /** How many other kinds of error there are. */
  others: number
}

const mostCommonOf = (errors: readonly ErrorGroup[]): ErrorGroup | undefined => worstFirst(errors)[0]

export function commonErrorOf({ errors }: LoadReport): CommonError | undefined {
  const first = mostCommonOf(errors)
  if (first === undefined) return undefined
  const { step, kind, count, at, exemplars } = first
  const status = exemplars.find(({ response }) => response?.status !== undefined)?.response?.status
  return { step, kind, message: messageOf(first), count, at, status, others: errors.length - 1 }
}

/** `40 attempts at pay, status 503: $statusCode == 200 is not met, shop.arazzo.yaml:31:9; 2 other kinds of error`. */
export function describeCommonError({ step, kind, message, count, at, status, others }: CommonError): string {
  const where = step === '' ? '' : ` at ${step}`
  const place = at === undefined ? '' : `, ${placeOf(at)}`
  const more = others === 0 ? '' : `; ${others === 1 ? 'one other kind' : `${others} other kinds`} of error`
  const what = status === undefined ? kind : `status ${status}`
  return `${formatAttempts(count)}${where}, ${what}: ${continued(message, place + more)}`
}
