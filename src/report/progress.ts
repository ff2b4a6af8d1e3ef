import type { Budget } from '../budget/budget.ts'
import { unitOf } from '../budget/metrics/index.ts'
import { holds } from '../budget/standing.ts'
import { plain } from '../ground/plain.ts'
import {
  EXACT,
  formatBytes,
  formatCount,
  formatMs,
  formatRate,
  formatShare,
  type Milliseconds,
} from '../ground/units.ts'
import type { Progress } from '../load/plan/options.ts'
import { errorRateOf } from '../measure/error-rate.ts'
import { type Colors, colorsOf } from './color.ts'
import { cut, cutMiddle, widthOf } from './text.ts'

const BAR = 20
const SHORTEST_BAR = 5
const SHORTEST_NAME = 8
/** Columns from which on there are two rows. */
const WIDE = 48
const LEAD = ' ⚡ '

/** A figure of a row; where there is little room, those of the highest rank are left out first, those of 0 never. */
interface Figure {
  text: string
  rank: number
  paint?: (text: string) => string
}

/**
 * Rows that are drawn again and again: time and requests in the first one, iterations in the second.
 *
 * ```
 *  ⚡ checkout  [█████████████████░░░] 1 s left  98/100 req/s  CPU 61 %  181 MB (<= 200 MB)
 *     iterations: failed 0  p50 2.1 ms  p99 4.5 ms (<= 100 ms)  VUs 2  p95 ▂▂▃▂▇▂
 * ```
 *
 * A terminal with less than 48 columns has one of them, of time and iterations. None is wider than `width`: first the
 * bar gets shorter, then the name, then the figures go that people look at least; how many iterations failed stays. A
 * figure that misses its budget has its colour.
 */
export function renderProgressRows(progress: Progress, name: string, width: number, colors: Colors): string[] {
  const { failed, ...iterations } = ofIterations(progress, colors)
  const time = { text: timeOf(progress), rank: 0 }
  const { recent = [] } = progress
  const spark = recent.length > 1 ? [{ text: `p95 ${sparkOf(recent)}`, rank: 6 }] : []
  const others = [iterations.percentiles, iterations.users, spark].flat()
  const gone = [...lostIn(progress), ...silenceOf(progress)].map(text => ({ text, rank: 0, paint: colors.red }))
  if (width < WIDE) return [firstRow([time, ...gone, failed, ...others], progress.done, plain(name), width)]
  return [
    firstRow([time, ...gone, ...ofRequests(progress, colors)], progress.done, plain(name), width),
    joined(fitting([failed, ...others], width - widthOf(ITERATIONS)), ITERATIONS, width),
  ]
}

const ITERATIONS = '    iterations: '

function firstRow(figures: readonly Figure[], done: number, name: string, width: number): string {
  const around = widthOf(LEAD) + 2
  const kept = fitting(figures, width - around - Math.min(SHORTEST_NAME, widthOf(name)))
  const left = width - around - widthIn(kept)
  // A bar stands in brackets, with a blank behind it.
  const cells = Math.min(BAR, left - widthOf(name) - 3)
  const bar = cells >= SHORTEST_BAR ? cells : left - SHORTEST_NAME - 3 >= SHORTEST_BAR ? SHORTEST_BAR : 0
  const room = bar > 0 ? left - bar - 3 : left
  const lead = `${LEAD}${cutMiddle(name, Math.max(0, room))}  `
  return joined(kept, bar > 0 ? `${lead}[${barOf(done, bar)}] ` : lead, width)
}

function fitting(figures: readonly Figure[], width: number): Figure[] {
  const kept = [...figures]
  while (widthIn(kept) > width) {
    const highest = Math.max(...kept.map(({ rank }) => rank))
    if (highest === 0) break
    const place = kept.findIndex(({ rank }) => rank === highest)
    kept.splice(place, 1)
  }
  return kept
}

const textOf = (figures: readonly Figure[]) => figures.map(({ text }) => text).join('  ')
const widthIn = (figures: readonly Figure[]) => widthOf(textOf(figures))

function joined(figures: readonly Figure[], lead: string, width: number): string {
  if (widthOf(lead) + widthIn(figures) > width) return cut(lead + textOf(figures), width)
  return lead + figures.map(({ text, paint }) => paint?.(text) ?? text).join('  ')
}

/* ---- figures ---- */

/** `eu-2 lost`, `3 hosts lost`. */
function lostIn({ lost = [] }: Progress): string[] {
  if (lost.length === 0) return []
  return [lost.length === 1 ? `${plain(lost[0]!)} lost` : `${lost.length} hosts lost`]
}

/** `no response for 3 s`. */
const silenceOf = ({ silent }: Progress) => (silent === undefined ? [] : [`no response for ${formatMs(silent)}`])

function ofRequests(progress: Progress, colors: Colors): Figure[] {
  const { last, wanted } = progress
  const rate = requestRate(progress)
  const asked = wanted === undefined ? '' : `/${formatCount(wanted)}`
  const bounded = (text: string, key: string, value: number, rank: number) =>
    withBudget(
      { text, rank },
      budgetOf(progress, key, key === 'rps' ? 'iterations' : 'target'),
      value,
      progress,
      colors,
    )
  return [
    bounded(`${formatCount(rate)}${asked} req/s`, 'rps', rate, 1),
    ...(last.target
      ? [
          bounded(`CPU ${formatShare(last.target.cpu)}`, 'cpu', last.target.cpu, 2),
          bounded(formatBytes(last.target.memory), 'memory', last.target.memory, 3),
        ]
      : []),
  ]
}

const PERCENTILES = ['mean', 'p50', 'p95', 'p99'] as const

function ofIterations(
  progress: Progress,
  colors: Colors,
  always: readonly (typeof PERCENTILES)[number][] = ['p50', 'p99'],
): { failed: Figure; percentiles: Figure[]; users: Figure } {
  const { last, passed, failed } = progress
  const hasEnded = last.passed + last.failed > 0
  const shown = PERCENTILES.filter(key => always.includes(key) || budgetOf(progress, key) !== undefined)
  const percentiles = shown.map(key => {
    const budget = budgetOf(progress, key)
    const rank = budget !== undefined ? 1 : key === 'p50' ? 5 : 2
    const figure = { text: `${key} ${hasEnded ? formatMs(last[key]) : '-'}`, rank }
    return withBudget(figure, budget, hasEnded ? last[key] : undefined, progress, colors)
  })
  const share = errorRateOf({ passed, failed }) ?? 0
  const errors = { text: `failed ${formatCount(failed)}`, rank: 0, ...(failed > 0 && { paint: colors.yellow }) }
  const budget = budgetOf(progress, 'errorRate')
  const failures = failed > 0 && budget ? { ...errors, text: `${errors.text}, ${formatShare(share, 2)}` } : errors
  return {
    failed: withBudget(failures, budget, share, progress, colors),
    percentiles,
    users: { text: `VUs ${formatCount(last.inFlight)}`, rank: 4 },
  }
}

function budgetOf({ budgets = [] }: Progress, key: string, of: Budget['of'] = 'iterations'): Budget | undefined {
  return budgets.find(budget => budget.key === key && budget.of === of)
}

/** With its bound behind it, and in its colour where it misses that; what is not measured yet misses nothing. */
function withBudget(
  figure: Figure,
  budget: Budget | undefined,
  value: number | undefined,
  { phase }: Progress,
  colors: Colors,
): Figure {
  if (budget === undefined) return figure
  const text = `${figure.text} (${budget.operator} ${unitOf(budget).write(budget.bound, EXACT, budget.bound)})`
  const isMissed = phase === 'measured' && value !== undefined && !holds(value, budget)
  return { ...figure, text, ...(isMissed && { paint: colors.red }) }
}

/* ---- logs ---- */

/** Interval of log lines; the first one comes after this time. */
const EVERY: Milliseconds = 10_000
/** The rest of a second says nothing of a rate. */
const LEAST: Milliseconds = 500

/** Decides when a log line is due: each second at most once, and one in ten. */
export class LogPace {
  #next: Milliseconds = EVERY

  isDue({ elapsed, last }: Pick<Progress, 'elapsed'> & Partial<Pick<Progress, 'last'>>): boolean {
    const second = Math.round(elapsed / 1000) * 1000
    if (second < this.#next || (last !== undefined && last.length < LEAST)) return false
    this.#next = (Math.floor(second / EVERY) + 1) * EVERY
    return true
  }
}

/**
 * Lines for logs, in the words of the rows:
 *
 * ```
 * 10/30 s  98/100 req/s  CPU 61 %  181 MB
 *   iterations: failed 0  mean 120 ms  p50 101 ms  p95 250 ms  p99 350 ms  VUs 12
 * ```
 *
 * Rate and latencies are those of the last second, and failures are counted from the start of the run.
 */
export function renderProgressLog(progress: Progress): string[] {
  const colors = colorsOf(false)
  const { failed, percentiles, users } = ofIterations(progress, colors, PERCENTILES)
  const gone = [...lostIn(progress), ...silenceOf(progress)]
  const requests = ofRequests(progress, colors).map(({ text }) => text)
  return [
    [pastOf(progress), ...gone, ...requests].join('  '),
    `  iterations: ${textOf([failed, ...percentiles, users])}`,
  ]
}

const seconds = (time: Milliseconds) => Math.round(time / 1000)

/** `10/30 s`, or `12 s, 45 %` of a number of iterations or a search; with the phase, while nothing is measured. */
function pastOf({ elapsed, total, done, phase, probe }: Progress): string {
  const time =
    total === undefined
      ? `${seconds(elapsed)} s, ${Math.floor(done * 100)} %`
      : `${Math.min(seconds(elapsed), seconds(total))}/${seconds(total)} s`
  if (phase === 'measured') return time
  return probe === undefined ? `${time} ${phase}` : `${time} probe ${probe.number}, ${formatRate(probe.rate)}`
}

/** `12 s left`; without a known end, as in logs. */
function timeOf(progress: Progress): string {
  const { elapsed, total, phase } = progress
  if (total === undefined) return pastOf(progress)
  const left = `${Math.max(0, seconds(total) - seconds(elapsed))} s left`
  return phase === 'measured' ? left : `${phase}, ${left}`
}

const HEIGHTS = '▁▂▃▄▅▆▇█'

/** Spark line of values, from 0 to the largest. */
function sparkOf(values: readonly number[]): string {
  const most = Math.max(...values)
  return values.map(value => HEIGHTS[Math.round((value / most) * (HEIGHTS.length - 1))] ?? HEIGHTS[0]).join('')
}

const requestRate = ({ last }: Progress): number => (last.length > 0 ? (last.requests / last.length) * 1000 : 0)

function barOf(done: number, cells: number): string {
  const full = Math.round(Math.min(Math.max(done, 0), 1) * cells)
  return '█'.repeat(full) + '░'.repeat(cells - full)
}
