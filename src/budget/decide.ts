import { formatMs } from '../ground/units.ts'
import type { Judged, LoadReport, Reason, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { doubted, reasonsOf } from './cause.ts'
import type { Measured } from './figures.ts'
import { endedFor, isPermanentlyMissed } from './measured.ts'
import { isLatency, metricOf } from './metrics/index.ts'
import { openWindows } from './metrics/latency.ts'
import { isOwn, knowsItsDelays, OWN_DELAY } from './own-delay.ts'
import { type Size, type Sized, UNKNOWN } from './size.ts'
import { wordsFor } from './size-words.ts'
import { sizeOf, sizeOfFailedAttempts, sizeOfFailures } from './sizes.ts'
import { type Range, rangeOf, standing, standingOf } from './standing.ts'

/** Decision about a figure, with its doubts. */
export interface Decision {
  standing: 'kept' | 'missed' | 'open'
  /** Why it is open. Empty when it is not. */
  reasons: Reason[]
  /** Doubts that touch it and do not change the verdict, in a sentence. */
  note?: string
  /** Range in which the true value lies. */
  range: Range
  doubts: Judged['doubts']
}

/**
 * Weighs every doubt of a run against a budget. A doubt has a size (`sizes.ts`): what the value would be without it is
 * an interval. If both ends of the interval lie on one side of the bound the verdict is certain, and the doubt is a
 * footnote.
 */
export function decide(report: LoadReport, budget: Budget, measured: Measured): Decision {
  if (measured.between !== undefined) return decideBetween(measured.between, report, budget, measured)
  const sized = sizesOf(report, budget, measured)
  const own = longestOwn(sized)
  const moved = [...sized.filter(one => !isOwnSize(one) || one.isCounted), ...(own ? [own] : [])]
  const range = widened(rangeOf(measured), measured.value ?? Number.NaN, moved)
  if (!metricOf(budget).isSigned) range.lower = Math.max(0, range.lower)
  const bySamples = standing(measured, budget)
  const isOpen = bySamples === 'open' || standingOf(range, budget) !== bySamples
  const value = measured.value ?? Number.NaN
  const doubts = sized.map(one => ({ kind: one.kind, ...known(rangeWithout(value, one)) }))
  if (isOpen) {
    const reasons = whyOpen(report, budget, measured, sized)
    return { standing: 'open', reasons, range, doubts }
  }
  const footnotes = sized.filter(one =>
    isNotable(one, value, one.isTold ? WORTH_A_NOTE : bySamples === 'missed' ? NOTABLE : Number.POSITIVE_INFINITY),
  )
  const note = wordsFor(footnotes.map(kindOf), rangeWithout(value, joined(footnotes)), budget)
  return { standing: bySamples, reasons: [], range, doubts, note: note && `${note} The verdict is the same.` }
}

const kindOf = ({ kind }: Sized) => kind

/**
 * Weighs figures alone, without the run around them: no doubt but how sure a percentile is, and what the generator
 * added.
 */
export function decideAlone(budget: Budget, measured: Measured, step?: StepStatistics): Decision {
  const value = measured.value ?? Number.NaN
  const failed = step && measured.value !== undefined ? sizeOfFailedAttempts(step, budget, value) : []
  const sized = [...ownDelay([], measured), ...failed]
  const range = widened(rangeOf(measured), value, failed)
  const bySamples = standing(measured, budget)
  const stands = bySamples !== 'open' && standingOf(range, budget) === bySamples ? bySamples : 'open'
  return {
    standing: stands,
    reasons: stands === 'open' ? whyOpen(undefined, budget, measured, sized) : [],
    range,
    doubts: sized.map(one => ({ kind: one.kind, ...known(rangeWithout(value, one)) })),
  }
}

/** Decision about a value inside the interval of a search. */
function decideBetween(
  { held, missed = Number.POSITIVE_INFINITY }: NonNullable<Measured['between']>,
  report: LoadReport,
  budget: Budget,
  measured: Measured,
): Decision {
  const reasons = reasonsOf(metricOf(budget).open?.(budget, measured, report) ?? [])
  const range = { lower: held, upper: missed }
  return { standing: reasons.length > 0 ? 'open' : standing(measured, budget), reasons, range, doubts: [] }
}

function whyOpen(report: LoadReport | undefined, budget: Budget, measured: Measured, sized: readonly Sized[]) {
  const value = measured.value ?? Number.NaN
  const samples = measured.windows
    ? openWindows(budget, measured)
    : (metricOf(budget).open?.(budget, measured, report) ?? [])
  const crossing = sized.filter(one => standingOf(rangeWithout(value, one), budget) === 'open')
  // No single doubt decides it: all of them together, or the small number of samples.
  const named = crossing.length > 0 ? crossing : samples.length > 0 ? [] : sized
  const words = wordsFor(named.map(kindOf), rangeWithout(value, joined(named)), budget)
  const isKnown = named.some(({ less, more }) => Number.isFinite(less) || (more > 0 && Number.isFinite(more)))
  const range: Reason[] = words !== undefined && isKnown ? [{ kind: 'range', text: words }] : []
  const reasons = reasonsOf([...named.flatMap(one => one.reasons), ...range, ...samples])
  return [...new Map(reasons.map(reason => [reason.text, reason])).values()]
}

/* ---- sizes ---- */

function sizesOf(report: LoadReport, budget: Budget, measured: Measured): Sized[] {
  const { value } = measured
  const ended = endedFor(report, budget) !== undefined
  const isExact = isLatency(budget) && knowsItsDelays(report)
  const sized: Sized[] = []
  for (const doubt of report.doubts) {
    // It was missed while all hosts were there, or permanently.
    if (ended && (doubt.kind === 'cut short' || doubt.kind === 'lost host')) continue
    const size = sizeOf(doubt, report, budget, measured)
    if (size === undefined) continue
    // If several hosts were lost, the first doubt has the size of all.
    const first = doubt.kind === 'lost host' ? sized.find(({ kind }) => kind === doubt.kind) : undefined
    if (first) {
      first.reasons = [...first.reasons, doubted(doubt)]
      continue
    }
    // Each sample has it already; but not what an application on the same machine had to wait.
    const isInSamples = isExact && isOwn(doubt) && !('isShared' in doubt && doubt.isShared)
    const left = isInSamples ? { ...size, less: 0 } : size
    if (left.less > 0 || left.more > 0)
      sized.push({ kind: doubt.kind, reasons: [doubted(doubt)], isTold: true, ...left })
  }
  const own = isExact ? report.doubts.filter(isOwn).map(doubted) : []
  return [
    ...sized,
    ...ownDelay(own, measured),
    ...(value === undefined ? [] : sizeOfFailures(report, budget, value)),
    ...unsaid(report, budget, measured),
  ]
}

/** Delay of the generator in the samples. */
function ownDelay(told: readonly Reason[], { value, undelayed }: Measured): Sized[] {
  if (value === undefined || undelayed === undefined || undelayed.value >= value) return []
  const isTold = told.length > 0
  const less = value - undelayed.value
  return [
    {
      kind: 'own delay',
      reasons: isTold ? told : [doubted({ kind: 'own delay', ...OWN_DELAY })],
      less,
      more: 0,
      isCounted: true,
      isTold,
    },
  ]
}

/** Reasons without a doubt: the run was cut short, or the metric has its own. */
function unsaid(report: LoadReport, budget: Budget, measured: Measured): Sized[] {
  const { family, unsaid } = metricOf(budget)
  const own = unsaid?.(report, budget, measured) ?? []
  if (isPermanentlyMissed(budget, measured)) return family === 'resources' ? [] : own
  const isCut = endedFor(report, budget) !== undefined || report.doubts.some(({ kind }) => kind === 'cut short')
  if (report.state !== 'cut short' || isCut) return own
  const reasons = [`The run was cut short after ${formatMs(report.measured)}.`]
  return [{ kind: 'cut short', reasons, ...UNKNOWN, isTold: true }, ...own]
}

/**
 * Widens the range of the samples by the effects of doubts. The generator's part is added in full. A drift, which may
 * go either way like chance, is added like an independent error. A floor includes the uncertainty of the samples: of
 * several floors the lowest counts, and the other effects are added. The same holds for a ceiling, of which the highest
 * counts.
 */
function widened({ lower, upper }: Range, value: number, sized: readonly Sized[]): Range {
  const counted = sized.filter(({ isCounted }) => !isCounted)
  const lowest = Math.min(...sized.map(({ floor = Number.POSITIVE_INFINITY }) => floor))
  const highest = Math.max(...sized.map(({ ceiling = Number.NEGATIVE_INFINITY }) => ceiling))
  const floored = counted.find(({ floor }) => floor === lowest)
  const ceiled = counted.find(({ ceiling }) => ceiling === highest)
  let below = Math.max(value - lower, value - lowest)
  let above = Math.max(upper - value, highest - value)
  for (const one of counted) {
    const add = one.kind === 'warm-up never steady' ? Math.hypot : (a: number, b: number) => a + b
    if (one !== floored) below = add(below, one.less)
    if (one !== ceiled) above = add(above, one.more)
  }
  return { lower: value - below, upper: value + above }
}

const isOwnSize = ({ kind }: Sized): boolean => kind !== 'own delay' && isOwn({ kind })

/** Farthest that any of the doubts reaches which are one. */
function longestOwn(sized: readonly Sized[]): Sized | undefined {
  const own = sized.filter(isOwnSize)
  const [first] = own
  return first && { ...first, ...farthest(own) }
}

function farthest(sizes: readonly Size[]): Size {
  return { less: Math.max(0, ...sizes.map(({ less }) => less)), more: Math.max(0, ...sizes.map(({ more }) => more)) }
}

function joined(sized: readonly Sized[]): Size {
  const own = farthest(sized.filter(one => isOwnSize(one) || one.isCounted))
  const others = sized.filter(one => !isOwnSize(one) && !one.isCounted)
  return {
    less: others.reduce((sum, { less }) => sum + less, own.less),
    more: others.reduce((sum, { more }) => sum + more, own.more),
  }
}

const rangeWithout = (value: number, { less, more }: Size): Range => ({ lower: value - less, upper: value + more })

/**
 * Less than this share of a value is not worth a footnote: of a doubt that the run tells, and of one that it does not.
 */
const WORTH_A_NOTE = 0.01
const NOTABLE = 0.1

const isNotable = ({ less, more }: Size, value: number, from: number): boolean => less + more > from * value

export function known({ lower, upper }: Range): { lower?: number; upper?: number } {
  return { ...(Number.isFinite(lower) && { lower }), ...(Number.isFinite(upper) && { upper }) }
}
