import { doubtText } from '../budget/cause.ts'
import { budgetFor } from '../budget/judge.ts'
import { metricOf, unitOf } from '../budget/metrics/index.ts'
import { isOwn, OWN_DELAY } from '../budget/own-delay.ts'
import { describeRange } from '../budget/size-words.ts'
import { capitalized } from '../ground/words.ts'
import type { DoubtWords } from '../measure/report/verdict.ts'
import type { Judged, LoadReport, Verdict } from '../measure/report.ts'

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
export function footnotesOf(report: LoadReport, nameOf: (verdict: Verdict) => string): Numbered {
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
export function touchingIn({ verdict, judged, note }: Verdict): Judged['doubts'] {
  if (judged === undefined) return []
  const { value, bound, doubts } = judged
  if (verdict === 'inconclusive') {
    const crossing = doubts.filter(
      ({ lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY }) => lower <= bound && bound <= upper,
    )
    return crossing.length > 0 ? crossing : doubts
  }
  if (note === undefined) return []
  return doubts.filter(
    ({ lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY }) =>
      upper - lower > NOTABLE * Math.abs(value),
  )
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
export function intervalOf(verdict: Verdict, report: LoadReport, isDoubted: boolean): string | undefined {
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
