import { given } from '../ground/given.ts'
import { own } from '../ground/object.ts'
import { formatMs, formatShare } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { errorRateOf } from '../measure/error-rate.ts'
import type { Doubt, ErrorGroup, Judged, LoadReport, ResourceUsage, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isLatency, isMissedForGood } from './budget-kinds.ts'
import { doubtsAboutCapacity } from './capacity.ts'
import { endedFor } from './ended-by.ts'
import { sizeOfFailedAttempts, sizeOfFailures } from './failures.ts'
import { type Measured, usageOf } from './measured.ts'
import { openBetween } from './open-between.ts'
import { isOwn, knowsItsDelays, OWN_DELAY } from './own-delay.ts'
import type { Size } from './size.ts'
import { wordsFor } from './size-words.ts'
import { sizeOf } from './sizes.ts'
import { type Range, rangeOf, standing, standingOf } from './standing.ts'

/** What the doubts make of a figure. */
export interface Decision {
  standing: 'kept' | 'missed' | 'open'
  /** Why it is open, in sentences. Empty when it is not. */
  reasons: string[]
  /** Doubts that touch it and do not change the verdict, in a sentence. */
  note?: string
  /** Range in which the true value lies. */
  range: Range
  doubts: Judged['doubts']
}

/** A doubt, or several that are one, with how far it can have moved the value. */
interface Sized extends Size {
  kind: Judged['doubts'][number]['kind']
  /** What was seen, and what to do, a sentence or two each. */
  texts: readonly string[]
  /** The range of the samples has it already. */
  isCounted?: boolean
  isTold: boolean
}

/**
 * Weighs every doubt of a run against a budget. A doubt has a size (`sizes.ts`): what the value would be without it is
 * an interval. If both ends of the interval lie on one side of the bound the verdict is certain, and the doubt is a
 * footnote.
 */
export function decide(report: LoadReport, budget: Budget, measured: Measured): Decision {
  if (budget.metric === 'capacity') return decideCapacity(report, budget, measured)
  const sized = sizesOf(report, budget, measured)
  const own = longestOwn(sized)
  const moved = [...sized.filter(one => !isOwnSize(one) || one.isCounted), ...(own ? [own] : [])]
  const range = widened(rangeOf(measured), measured.value ?? Number.NaN, moved)
  if (!isSigned(budget)) range.lower = Math.max(0, range.lower)
  const bySamples = standing(measured, budget)
  const isOpen = bySamples === 'open' || standingOf(range, budget) !== bySamples
  const value = measured.value ?? Number.NaN
  const doubts = sized.map(one => ({ kind: one.kind, ...known(rangeWithout(value, one)) }))
  if (isOpen) {
    const reasons = reasonsOf(report, budget, measured, sized)
    return { standing: 'open', reasons, range, doubts }
  }
  const footnotes = sized.filter(one =>
    isNotable(one, value, one.isTold ? WORTH_A_NOTE : bySamples === 'missed' ? NOTABLE : Number.POSITIVE_INFINITY),
  )
  const note = wordsFor(footnotes.map(kindOf), rangeWithout(value, joined(footnotes)), budget)
  return given({ standing: bySamples, reasons: [], range, doubts, note: note && `${note} The verdict is the same.` })
}

const kindOf = ({ kind }: Sized) => kind

/**
 * Weighs figures alone, without the run around them: no doubt but how sure a percentile is, and what the generator
 * added.
 */
export function decideAlone(budget: Budget, measured: Measured, step?: StepStatistics): Decision {
  const value = measured.value ?? Number.NaN
  const failed = step && measured.value !== undefined ? failures(sizeOfFailedAttempts(step, budget, value)) : []
  const sized = [...ownDelay([], measured), ...failed]
  const range = widened(rangeOf(measured), value, failed)
  const bySamples = standing(measured, budget)
  const stands = bySamples !== 'open' && standingOf(range, budget) === bySamples ? bySamples : 'open'
  return {
    standing: stands,
    reasons: stands === 'open' ? reasonsOf(undefined, budget, measured, sized) : [],
    range,
    doubts: sized.map(one => ({ kind: one.kind, ...known(rangeWithout(value, one)) })),
  }
}

function decideCapacity(report: LoadReport, budget: Budget, measured: Measured): Decision {
  const reasons = doubtsAboutCapacity(report, budget, measured)
  const { held = 0, missed = Number.POSITIVE_INFINITY } = measured.between ?? {}
  const range = { lower: held, upper: missed }
  return { standing: reasons.length > 0 ? 'open' : standing(measured, budget), reasons, range, doubts: [] }
}

function reasonsOf(report: LoadReport | undefined, budget: Budget, measured: Measured, sized: readonly Sized[]) {
  const value = measured.value ?? Number.NaN
  const samples = openBetween(budget, measured, report)
  const crossing = sized.filter(one => standingOf(rangeWithout(value, one), budget) === 'open')
  // None does it alone: all of them together, or with how few samples there are.
  const named = crossing.length > 0 ? crossing : samples.length > 0 ? [] : sized
  const words = wordsFor(named.map(kindOf), rangeWithout(value, joined(named)), budget)
  const isKnown = named.some(({ less, more }) => Number.isFinite(less) || (more > 0 && Number.isFinite(more)))
  const texts = new Set(named.flatMap(one => one.texts))
  return [...texts, ...(words !== undefined && isKnown ? [words] : []), ...samples]
}

/* ---- sizes ---- */

function sizesOf(report: LoadReport, budget: Budget, measured: Measured): Sized[] {
  const { value } = measured
  const ended = endedFor(report, budget) !== undefined
  const isExact = isLatency(budget) && knowsItsDelays(report)
  const sized: Sized[] = []
  for (const doubt of report.doubts) {
    // It was missed while all hosts were there, or for good.
    if (ended && (doubt.kind === 'cut short' || doubt.kind === 'lost host')) continue
    const size = sizeOf(doubt, report, budget, measured)
    if (size === undefined) continue
    // Of several that were lost the first has the size of all.
    const first = doubt.kind === 'lost host' ? sized.find(({ kind }) => kind === doubt.kind) : undefined
    if (first) {
      first.texts = [...first.texts, doubt.text]
      continue
    }
    // Each sample has it already; but not what an application on the same machine had to wait.
    const isInSamples = isExact && isOwn(doubt) && !('isShared' in doubt)
    const left = isInSamples ? { ...size, less: 0 } : size
    if (left.less > 0 || left.more > 0) sized.push({ kind: doubt.kind, texts: [doubt.text], isTold: true, ...left })
  }
  const own = isExact ? report.doubts.filter(isOwn).map(({ text }) => text) : []
  return [
    ...sized,
    ...ownDelay(own, measured),
    ...failures(value === undefined ? undefined : sizeOfFailures(report, budget, value)),
    ...unsaid(report, budget, measured),
    ...endedByStop(report, budget, measured),
  ]
}

/**
 * Iterations and requests that a short graceful stop ended, though they had not waited longer than others: each may
 * have failed. The requests count as errors.
 */
function endedByStop(report: LoadReport, budget: Budget, { value = 0, windows }: Measured): Sized[] {
  const { passed, failed, aborted } = report.measuredArrivals
  if (budget.metric !== 'errorRate' || aborted === 0) return []
  const doubt = (count: number, what: string, size: Size): Sized[] => {
    const text =
      `${counted(count, what)} had no response yet when the graceful stop was over, and had waited no longer than ` +
      'others had: whether they would have failed is not known. Raise gracefulStop.'
    return size.less > 0 || size.more > 0 ? [{ kind: 'cut short', texts: [text], ...size, isTold: true }] : []
  }
  if (budget.of === 'iterations') {
    // Aborted iterations of a run cut short, and of users that think, have no latency.
    const count = Math.max(0, Math.min(aborted, report.responseTime.count - passed - failed))
    return doubt(count, 'iteration', { less: 0, more: (errorRateOf({ passed, failed: failed + count }) ?? 0) - value })
  }
  const { requests = 0 } = (budget.of === 'step' ? own(report.steps, budget.step ?? '') : requestsOf(report)) ?? {}
  const isMeant = ({ kind, step }: ErrorGroup) => kind === 'aborted' && (budget.of !== 'step' || step === budget.step)
  const count = report.errors.filter(isMeant).reduce((sum, group) => sum + group.count, 0)
  return doubt(count, 'request', { less: windows && count > 0 ? Number.POSITIVE_INFINITY : count / requests, more: 0 })
}

/** What the generator added to the samples, as they themselves tell. */
function ownDelay(texts: readonly string[], { value, undelayed }: Measured): Sized[] {
  if (value === undefined || undelayed === undefined || undelayed.value >= value) return []
  const isTold = texts.length > 0
  const less = value - undelayed.value
  return [{ kind: 'own delay', texts: isTold ? texts : [OWN_DELAY], less, more: 0, isCounted: true, isTold }]
}

/** What those that failed may hide of those that passed. */
function failures(size: ReturnType<typeof sizeOfFailures>): Sized[] {
  if (size === undefined || !(size.less > 0 || size.more > 0)) return []
  return [{ ...size, kind: 'failures', texts: [size.text], isTold: false }]
}

/** What no doubt of the run says: that it was cut short, or a target not seen to the end. */
function unsaid(report: LoadReport, budget: Budget, measured: Measured): Sized[] {
  if (isMissedForGood(budget, measured)) return []
  const unknown = { less: Number.POSITIVE_INFINITY, more: Number.POSITIVE_INFINITY, isTold: true }
  const isCut = endedFor(report, budget) !== undefined || report.doubts.some(({ kind }) => kind === 'cut short')
  const cut: Sized[] =
    report.state === 'cut short' && !isCut
      ? [{ kind: 'cut short', texts: [`The run was cut short after ${formatMs(report.measured)}.`], ...unknown }]
      : []
  const usage = budget.of === 'target' ? usageOf(report, budget) : undefined
  const unseen = [
    ...unseenCpu(usage, budget, measured),
    ...unreadNode(usage, budget, measured),
    ...measuredElsewhere(usage, budget),
  ]
  const isToldOf = (doubt: Doubt) => doubt.kind === 'target changed' && doubt.target === budget.target
  if (usage?.lost === undefined || report.doubts.some(isToldOf)) return [...cut, ...unseen]
  const texts = [`Its readings ended before the measured window did: ${usage.lost}`]
  return [...cut, ...unseen, { kind: 'target changed', texts, ...unknown }]
}

/** CPU of processes between the last look at them and their end, if the parent has not counted it. */
function unseenCpu(usage: ResourceUsage | undefined, { metric }: Budget, { value = 0 }: Measured): Sized[] {
  const { cpu = 0, cpuUnseen = 0 } = usage ?? {}
  if (cpuUnseen === 0 || (metric !== 'cpu' && metric !== 'cpuPerRequest')) return []
  const more = metric === 'cpu' ? cpuUnseen : cpu > 0 ? (value * cpuUnseen) / cpu : Number.POSITIVE_INFINITY
  const texts = [`Processes ended, and up to ${formatShare(cpuUnseen)} of a core that they used was not seen.`]
  return [{ kind: 'target changed', texts, less: 0, more, isTold: true }]
}

/** The measured processes may be only a part of the application, or none: it uses as much as they do, or more. */
function measuredElsewhere(usage: ResourceUsage | undefined, { metric }: Budget): Sized[] {
  const texts: string[] = []
  if (usage?.elsewhere !== undefined && metric !== 'series')
    texts.push(`Requests go to ${usage.elsewhere}, which was not measured: only ${usage.of} was.`)
  if (usage?.cpuPerRequest === 0 && (metric === 'cpu' || metric === 'cpuPerRequest'))
    texts.push(`No CPU time of ${usage.of} was seen while requests got a response: it may be another that responds.`)
  const unknown = { less: 0, more: Number.POSITIVE_INFINITY, isTold: true }
  return texts.length === 0 ? [] : [{ kind: 'target changed', texts, ...unknown }]
}

/** Delays and pauses of Node processes at their end lie within the time without a response, the heap within memory. */
function unreadNode(usage: ResourceUsage | undefined, { metric }: Budget, { value = 0 }: Measured): Sized[] {
  const unread = usage?.node?.unread ?? 0
  if (usage === undefined || unread === 0) return []
  const isTime = metric === 'eventLoopDelay' || metric === 'gcPause'
  if (!isTime && metric !== 'heap') return []
  const more = (isTime ? unread : usage.memoryPeak) - value
  const texts = [`A Node process did not respond to the probe in its last ${formatMs(unread)}.`]
  return more > 0 ? [{ kind: 'target changed', texts, less: 0, more, isTold: true }] : []
}

/**
 * What the generator added, at most, comes on top of how little the samples tell; a drift, which may go either way as
 * chance may, adds to it as independent errors do. A floor has in it how little the samples tell: of several the lowest
 * counts, and of the others what they add. So has a ceiling, of which the highest counts.
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

function isOwnSize({ kind }: Sized): boolean {
  return kind !== 'own delay' && isOwn({ kind })
}

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

function rangeWithout(value: number, { less, more }: Size): Range {
  return { lower: value - less, upper: value + more }
}

/**
 * Less than this share of a value is not worth a footnote: of a doubt that the run tells, and of one that it does not.
 */
const WORTH_A_NOTE = 0.01
const NOTABLE = 0.1

function isNotable({ less, more }: Size, value: number, from: number): boolean {
  return less + more > from * value
}

/** A slope may be below zero. */
function isSigned({ metric }: Budget): boolean {
  return metric === 'memoryGrowth' || metric === 'series'
}

export function known({ lower, upper }: Range): { lower?: number; upper?: number } {
  return { ...(Number.isFinite(lower) && { lower }), ...(Number.isFinite(upper) && { upper }) }
}
