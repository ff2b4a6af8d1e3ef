import { subjectOf } from '../budget/bound.ts'
import { comparedOf, isLatency, unitOf } from '../budget/metrics/index.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import { ended } from '../ground/fault.ts'
import { plain } from '../ground/plain.ts'
import { EXACT, formatCount, formatMs, type Milliseconds } from '../ground/units.ts'
import { capitalized, counted, quoted } from '../ground/words.ts'
import { cut, cutMiddle } from '../report/text.ts'
import type { Acceptance, ComparedBudget, Comparison, NewStep, Range, Revision, Standing } from './comparison.ts'
import { FEWEST_PAIRS, MOST_PAIRS } from './decision.ts'
import { allowedDegradation } from './degradation.ts'

/**
 * One budget's finding in a sentence, of which every figure is one of its parts:
 *
 * `memory +12 MB (95 %: 11 MB to 13 MB), allowed +10 MB: head is heavier.`
 * `p99 +8 % (95 %: 5 to 11 %), allowed +5 %: head is slower.`
 * `p99: no slowdown beyond +10 %: -0.4 % (95 %: -2.1 to 1.3 %).`
 * `p99: undecided, -1 to 8 % where +5 % is allowed; about 6 more pairs (25 s) decide it: raise ...; noise 2 % a pair.`
 */
export function sentenceOf(found: ComparedBudget, pairTook: Milliseconds): string {
  return joined([decidedWords(found, pairTook), remarksOf(found)], ' ')
}

/** Its remarks, as sentences. */
export const remarksOf = ({ remarks = [] }: ComparedBudget): string =>
  remarks.map(remark => capitalized(ended(remark))).join(' ')

function decidedWords(found: ComparedBudget, pairTook: Milliseconds): string {
  const { verdict, why } = found
  const finding = findingOf(found)
  if (verdict !== 'inconclusive' || why.length > 0 || found.change === undefined) return finding
  return `${joined([finding.slice(0, -1), takes(found, pairTook), noiseOf(found, 'pair')], '; ')}.`
}

/** A budget's finding without what would decide it, and without remarks. */
export function findingOf(found: ComparedBudget): string {
  const { budget, verdict, change, open, why } = found
  const name = shortSubject(budget)
  const { worse, none } = comparedOf(budget)!.words
  if (why.length > 0 || change === undefined) return `${name}: undecided: ${why.map(ended).join(' ')}`
  const allowed = allowedOf(budget)
  const early = earlyOf(found)
  const typical = found.typical && `the typical request ${(early ? alone : withRange)(budget, found.typical)}`
  if (verdict === 'fail') {
    const figures = joined([withRange(budget, change), typical, `allowed ${allowed}`], ', ')
    return `${name} ${figures}: ${worse}.`
  }
  if (verdict === 'pass') return `${name}: ${none} beyond ${allowed}: ${withRange(budget, change)}.`
  const seen = early ? `${early},` : open && range(budget, open.low, open.high)
  const where = seen && `${seen} where ${allowed} is allowed`
  return `${name}: ${joined(['undecided', joined([where, typical], '; ')], ', ')}.`
}

/** `+8.1 % in 3 of the 5 pairs that a decision takes`; undefined if it has enough. Growth takes one long pair. */
export function earlyOf({ budget, change, each, pairs, verdict }: ComparedBudget): string | undefined {
  const isEarly = verdict === 'inconclusive' && pairs < FEWEST_PAIRS && budget.metric !== 'memoryGrowth'
  if (!isEarly || change === undefined || each === undefined) return undefined
  return `${changeAlone(budget, change.mean)} in ${pairs} of the ${FEWEST_PAIRS} pairs that a decision takes`
}

/** `+8.1 % (95 %: 5.9 to 10.3 %)`. Undecided budgets have the interval of their sentence, or none. */
export function changeWords(found: ComparedBudget): string {
  const { budget, change, open, verdict } = found
  if (change === undefined) return '–'
  if (open === undefined || verdict !== 'inconclusive') return earlyOf(found) ?? withRange(budget, change)
  return `${changeAlone(budget, change.mean)} (to decide: ${range(budget, open.low, open.high)})`
}

/** `+10 %`, `+5 ms`, `-3 %`. */
export function allowedOf(budget: RelativeBudget): string {
  const { allowed } = budget
  return 'factor' in allowed ? percent(allowed.factor - 1, true, EXACT) : amount(budget, allowed.amount, true)
}

/** `+8.1 % (95 %: 5.9 to 10.3 %)`. */
export const withRange = (budget: RelativeBudget, { mean, low, high }: Range): string =>
  `${changeAlone(budget, mean)} (95 %: ${range(budget, low, high)})`

const joined = (parts: readonly (string | undefined)[], between: string) => parts.filter(Boolean).join(between)

const alone = (budget: RelativeBudget, { mean }: Range) => changeAlone(budget, mean)

/** `+8.1 %`. */
export function changeAlone(budget: RelativeBudget, change: number): string {
  return 'factor' in budget.allowed ? percent(change, true) : amount(budget, change, true)
}

/** `-1 to 8 %`. */
export function range(budget: RelativeBudget, low: number, high: number): string {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return 'anything'
  if ('factor' in budget.allowed) return `${percent(low).replace(' %', '')} to ${percent(high)}`
  return `${amount(budget, low)} to ${amount(budget, high)}`
}

/** The option that gives a comparison more pairs, with its place. */
const MORE_TIME = 'compare.maxDuration of arazzo() in the Vitest configuration'

/** Latency of which a few percent are less than the noise of a machine, in milliseconds. */
const SHORT = 5

function takes({ budget, needed, pairs, unseen = 0, figures }: ComparedBudget, pairTook: Milliseconds): string {
  if (budget.metric === 'memoryGrowth') return `more time (${MORE_TIME}), or a wider bound, decides`
  if (needed !== undefined) {
    const more = `about ${counted(needed, 'more pair')} (${formatMs(needed * pairTook, 2)})`
    return `${more} ${needed === 1 ? 'decides' : 'decide'} it: raise ${MORE_TIME}`
  }
  const hidden = (unseen * pairs) / MOST_PAIRS
  if (hidden > allowedDegradation(budget))
    return (
      `the requests of ${MOST_PAIRS} pairs are too few to show failures of up to ${amount(budget, hidden)}: ` +
      'give a higher rate, or widen the bound'
    )
  const isShort = 'factor' in budget.allowed && isLatency(budget) && figures && figures.base < SHORT
  const wider = isShort ? "allow a time instead of a share, such as 'base + 1ms'" : 'widen the bound'
  const advice = `${wider}, let calibrate propose one, or end what else uses the machine`
  return `${MOST_PAIRS} pairs would not decide it: ${advice}`
}

/** `noise 2.9 % a pair`. */
export function noiseOf({ noise, budget }: ComparedBudget, unit: string): string {
  if (noise === undefined) return ''
  const size = 'factor' in budget.allowed ? percent(noise) : amount(budget, noise)
  return `noise ${size} a ${unit}`
}

/** Changes of ten percent and more need no tenths. */
function percent(share: number, signed = false, digits?: number): string {
  const value = share * 100
  const text = digits === undefined ? value.toFixed(Math.abs(value) < 99.95 ? 1 : 0) : String(Number(value.toFixed(9)))
  const plain = text.replace(/\.0$/, '').replace(/^-0$/, '0')
  return `${signed && !plain.startsWith('-') && plain !== '0' ? '+' : ''}${plain} %`
}

function amount(budget: RelativeBudget, value: number, signed = false): string {
  const text = unitOf(budget).write(Math.abs(value), 3, value)
  return `${value < 0 ? '-' : signed && value > 0 ? '+' : ''}${text}`
}

/** Columns of a budget's name: steps are called as long as documents like. */
const WIDEST_NAME = 100

/** Subject of a budget in words, no longer than a line. CPU time of steps is measured apart from the load. */
export function shortSubject(budget: RelativeBudget): string {
  const alone = comparedOf(budget)?.isWork && budget.step !== undefined ? ' (one user alone)' : ''
  return `${cutMiddle(plain(subjectOf(budget)), WIDEST_NAME)}${alone}`
}

/** Columns of the parts of a revision in a sentence: commits and branches are called as long as others like. */
const WIDEST_COMMIT = 40
const WIDEST_SUBJECT = 72
const WIDEST_FROM = 100

/** `1a2b3c4 "Faster search" (main)`. */
function revisionOf({ commit, subject, branch, from, isChanged }: Revision): string {
  const short = (text: string, width: number) => cut(plain(text), width)
  const where = short(branch ?? from, WIDEST_FROM)
  if (commit === undefined) return where
  const title = subject === undefined ? '' : ` "${short(subject, WIDEST_SUBJECT)}"`
  const more = isChanged ? ', with changes that are not committed' : ''
  return `${short(commit, WIDEST_COMMIT)}${title} (${where}${more})`
}

/** `head 5d6e7f8 against base 1a2b3c4: 7 pairs of launches in 31 s, 2,100 and 2,104 requests, seed 42`. */
export const describeComparison = (comparison: Comparison): string =>
  `${sidesOf(comparison)}: ${measuredIn(comparison)}`

/** `head 5d6e7f8 "Prices come with tax" (taxes) against base 1a2b3c4 "Search is faster" (main)`. */
export const sidesOf = ({ base, head }: Comparison): string =>
  `head ${revisionOf(head)} against base ${revisionOf(base)}`

/** `7 pairs of launches in 31 s, 120 and 124 requests, measured at requests 8,001 to 8,020 of a launch, seed 42`. */
export function measuredIn({ pairs, longPairs = 0, took, requests, measuredAt, seed }: Comparison): string {
  const [ofBase, ofHead] = [formatCount(requests.base), formatCount(requests.head)]
  const at = measuredAt === undefined ? '' : `measured at ${requestsOfLaunch(measuredAt)}, `
  const long = longPairs > 0 && longPairs < pairs ? ` (${longPairs} of them long, which only show memory)` : ''
  return (
    `${counted(pairs, 'pair')} of launches${long} in ${formatMs(took, 2)}, ` +
    `${ofBase} and ${ofHead} requests, ${at}seed ${seed}`
  )
}

/** `p99 +12 % instead of +5 %, by Ann in 5d6e7f8`. */
export function acceptanceOf({ budget, allowed, instead, author, commit }: Acceptance): string {
  const who = cut(plain(author), WIDEST_COMMIT)
  return `${cutMiddle(plain(budget), WIDEST_NAME)} ${allowed} instead of ${instead}, by ${who} in ${commit}`
}

/** `New on head, and not compared: "pay" (POST /payments, status 404 on base), "receipt" (needs "pay")`. */
function newStepsLine(newSteps: readonly NewStep[]): string {
  const each = newSteps.map(({ step, route, status, needs }) => {
    const why = needs === undefined ? `${route}, status ${status} on base` : `needs "${needs}"`
    return `"${step}" (${why})`
  })
  return `New on head, and not compared: ${each.join(', ')}`
}

/** `step "pay" is new: base has no POST /payments (status 404)`, `step "receipt" is new: it needs step "pay"`. */
export function newWords({ step, route, status, needs }: NewStep): string {
  const why = needs === undefined ? `base has no ${route} (status ${status})` : `it needs step "${needs}"`
  return `step "${step}" is new: ${why}`
}

/** `without step "pay", which is new on head`, `without steps "pay", "receipt", which are new on head`. */
export function withoutWords(newSteps: readonly NewStep[]): string {
  const [names, isOne] = [quoted(newSteps.map(({ step }) => step)), newSteps.length === 1]
  return `without ${isOne ? 'step' : 'steps'} ${names}, which ${isOne ? 'is' : 'are'} new on head`
}

/** Findings that say more than why it was not compared to the end, which is said once for all of them. */
export const reportedBudgets = ({ budgets, cause }: Pick<Comparison, 'budgets' | 'cause'>): ComparedBudget[] =>
  budgets.filter(({ why }) => cause === undefined || why[0] !== cause)

export const REPAIRS =
  'If head repairs base, accept it with "base: none" (the action) or VITEST_ARAZZO_BASE_COMMIT=none: then head runs ' +
  'alone, and nothing is compared.'

/** Advice if base keeps both from being compared. */
export const repairOf = (cause: string | undefined): string[] => (cause?.startsWith('base ') ? [REPAIRS] : [])

/** Remarks on budgets, each once. */
export const remarksIn = ({ budgets }: Pick<Comparison, 'budgets'>): string[] => [
  ...new Set(budgets.flatMap(({ remarks = [] }) => remarks)),
]

/** The steps that base does not have, and the differences of the sides that are not in their code: a sentence each. */
export function beyondLines({ newSteps, differences = [] }: Pick<Comparison, 'newSteps' | 'differences'>): string[] {
  const each = differences.map(({ what, base, head }) => `${what} (${base} on base, ${head} on head)`)
  return [
    ...(newSteps ? [newStepsLine(newSteps)] : []),
    ...(each.length > 0 ? [`Base and head also differ in: ${each.join('; ')}`] : []),
  ]
}

/** `requests 2,001 to 9,400 of a launch`. */
export const requestsOfLaunch = ({ from, to }: NonNullable<Comparison['measuredAt']>): string =>
  `requests ${formatCount(from)} to ${formatCount(to)} of a launch`

/** For a waiting reader: `against base  3 pairs  14/90 s  p50 +1.2 %  p99 -0.4 %`. */
export function standingOf({ pairs, elapsed, maxDuration, budgets }: Standing): string {
  const seconds = (time: Milliseconds) => Math.round(time / 1000)
  return [
    'against base',
    counted(pairs, 'pair'),
    `${seconds(elapsed)}/${seconds(maxDuration)} s`,
    ...budgets.flatMap(({ budget, change }) =>
      change === undefined ? [] : [`${shortSubject(budget)} ${changeAlone(budget, change.mean)}`],
    ),
  ].join('  ')
}

/** Other changes, one line each: `memory +0.3 % (95 %: -1 to 1.6 %)`. */
export function otherChangeLines({ beside }: Comparison): string[] {
  return beside.map(found => {
    const [name, { change, why }] = [shortSubject(found.budget), found]
    return change === undefined || why.length > 0 ? `${name}: ${why.join(' ')}` : `${name} ${changeWords(found)}`
  })
}
