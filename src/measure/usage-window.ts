import { availableParallelism } from 'node:os'
import { failed } from '../ground/fault.ts'
import { type Bytes, formatCount, isAmount, type Milliseconds, type Share } from '../ground/units.ts'
import type { Reading } from './probe.ts'
import type { Replaced } from './report/usage.ts'
import type { Growth, NodeUsage, ResourceUsage, SeriesUsage } from './report.ts'

/** A reading, when it was taken, and how many requests had got a response by then. */
export interface Look extends Reading {
  at: Milliseconds
  requests: number
}

/** Measured subject and its title for a number of processes. */
interface Named {
  subject: string
  pid?: number | undefined
  title?: ((processes: number) => string | undefined) | undefined
  replaced?: Replaced | undefined
}

/**
 * A counter of CPU that stands still while so many requests get a response is not that of a process at work: each costs
 * 10 us at the least, and the coarsest counters have steps of 10 ms.
 */
const STUCK_FROM = 2_000

/** The looks of the measured window, summed up. */
export class UsageWindow {
  looks = 0
  #processes = 0
  readonly #resident = new MemoryTrail()
  /** Memory in which shared pages count once. */
  readonly #once = new MemoryTrail()
  #isOfProcesses = false
  #cpu: { first: Look; last: Look } | undefined
  readonly #series = new Map<string, SeriesUsage & { looks: number }>()
  #node: NodeUsage | undefined
  #openFiles: ResourceUsage['openFiles']
  #elsewhere: string | undefined
  readonly #missing = new Map<string, string>()
  readonly #wrong = new Map<string, string>()
  readonly #requestsBefore: number
  #requests = 0

  /** @param requests how many had got a response when it began. */
  constructor(requests = 0) {
    this.#requestsBefore = requests
  }

  add(look: Look): void {
    this.looks++
    this.#processes = Math.max(this.#processes, look.processes)
    for (const [name, why] of Object.entries(look.missing ?? {})) this.#missing.set(name, why)
    for (const [name, found] of impossibleIn(look)) this.#wrong.set(name, found)
    for (const [name, why] of Object.entries(look.wrong ?? {})) this.#wrong.set(name, why)
    const isRead = (name: string) => look.missing?.[name] === undefined && !this.#wrong.has(name)
    if (isRead('memory')) {
      this.#resident.add(look, look.memory)
      if (look.shared !== undefined) this.#once.add(look, look.memory - look.shared)
      this.#isOfProcesses ||= look.isOfProcesses === true
    }
    if (isRead('cpu')) this.#cpu = { first: this.#cpu?.first ?? look, last: look }
    if (look.openFiles !== undefined) {
      const { count, limit } = look.openFiles
      const { start = count, most = count } = this.#openFiles ?? {}
      this.#openFiles = { start, most: Math.max(most, count), limit }
    }
    this.#elsewhere = look.elsewhere
    for (const [name, value] of Object.entries(look.series ?? {})) this.#addSeries(name, value)
    this.tell(look.node, look.requests)
  }

  /** Adds the figures that the processes reported for the window, when so many requests had got a response. */
  tell(node: NodeUsage | undefined, requests: number): void {
    this.#node = node ?? this.#node
    this.#requests = requests - this.#requestsBefore
  }

  usage({ subject, pid, title, replaced }: Named, lost?: string): ResourceUsage {
    const whyNoCpu = this.#whyNoCpu(subject)
    const unread = [...this.#missing].filter(([name]) => !this.#has(name))
    const missing = [...unread, ...(whyNoCpu === undefined ? [] : [['cpu', whyNoCpu] as const]), ...this.#wrong]
    const has = (name: string) => this.#has(name) && missing.every(([one]) => one !== name)
    const cpu = has('cpu') ? this.#cpu : undefined
    // One measure for the whole window.
    const isOnce = this.#once.looks === this.#resident.looks
    const read = [...this.#series].filter(([name]) => has(`series.${name}`))
    const series = read.map(([name, { looks: _, ...usage }]) => [name, usage] as const)
    return {
      ...(!has('memory') ? new MemoryTrail() : isOnce ? this.#once : this.#resident).figures,
      memoryMeasure: this.#isOfProcesses ? (this.#processes < 2 ? 'RSS' : isOnce ? 'PSS' : 'sum of RSS') : undefined,
      cpu: cpu ? shareBetween(cpu.first, cpu.last) : 0,
      cpuUnseen: cpu && unseenBetween(cpu.first, cpu.last),
      cpuPerRequest: cpu && perRequestBetween(cpu.first, cpu.last),
      cores: availableParallelism(),
      node: has('node') ? this.#node && withRequests(this.#node, this.#requests) : undefined,
      series: series.length > 0 ? Object.fromEntries(series) : undefined,
      samples: this.looks,
      of: title?.(this.#processes) ?? nameOf(subject, this.#processes),
      pid,
      replaced,
      openFiles: this.#openFiles,
      missing: missing.length > 0 ? Object.fromEntries(missing) : undefined,
      elsewhere: this.#elsewhere,
      lost,
    }
  }

  #addSeries(name: string, value: number): void {
    const before = this.#series.get(name)
    const looks = (before?.looks ?? 0) + 1
    this.#series.set(name, {
      min: Math.min(before?.min ?? value, value),
      mean: (before?.mean ?? 0) + (value - (before?.mean ?? 0)) / looks,
      max: Math.max(before?.max ?? value, value),
      last: value,
      looks,
    })
  }

  /** Whether something that was missing in one look was there in another. */
  #has(name: string): boolean {
    if (name === 'memory') return this.#resident.looks > 0
    if (name === 'cpu') return this.#cpu !== undefined
    return name === 'node' ? this.#node !== undefined : this.#series.has(name.replace(/^series\./, ''))
  }

  /** Why there is no CPU although it was read. */
  #whyNoCpu(subject: string): string | undefined {
    if (this.#cpu === undefined) return undefined
    const { first, last } = this.#cpu
    if (last.at <= first.at) return 'it was read once, and CPU is the difference of two readings.'
    const requests = last.requests - first.requests
    if (last.cpuTime > first.cpuTime || requests < STUCK_FROM) return undefined
    const { counter = 'its CPU time' } = last
    const found = `${counter} did not rise while ${formatCount(requests)} requests got a response`
    const advice = last.counter === undefined ? 'Measure' : 'Name the counter of'
    return failed('measure', subject, found, `${advice} the process that responds.`)
  }
}

/** Figures of a look that no process has, in words. */
function impossibleIn(look: Look): [name: string, found: string][] {
  const { memory, shared = 0, cpuTime, missing = {}, series = {}, processes, isOfProcesses } = look
  const isMemory = memory >= shared && (memory > 0 || isOfProcesses || processes === 0)
  const odd = [
    ...(isMemory && isAmount(memory) ? [] : [['memory', 'its memory', memory - shared] as const]),
    ...(isAmount(cpuTime) ? [] : [['cpu', 'its CPU time', cpuTime] as const]),
    ...Object.entries(series).flatMap(([name, value]) =>
      Number.isFinite(value) ? [] : [[`series.${name}`, name, value] as const],
    ),
  ]
  return odd.flatMap(([name, what, value]) => {
    if (missing[name] !== undefined) return []
    return [[name, failed('measure', 'the application', `${what} is ${value}`, 'Correct what tells it.')]]
  })
}

/** `pid 4711 and 2 children`. */
function nameOf(subject: string, processes: number): string {
  if (processes < 2) return subject
  return subject.startsWith('pid ')
    ? `${subject} and ${processes - 1} ${processes === 2 ? 'child' : 'children'}`
    : `${subject}, ${processes} processes`
}

/** The usage of a window that held no look. */
export function noUsage({ subject, pid }: Named, lost?: string): ResourceUsage {
  return new UsageWindow().usage({ subject, pid }, lost)
}

export function shareBetween(from: Look, to: Look): Share {
  return to.at > from.at ? (to.cpuTime - from.cpuTime) / (to.at - from.at) : 0
}

/** CPU that was not seen, as `shareBetween`; undefined if all was seen. */
function unseenBetween(from: Look, to: Look): Share | undefined {
  const unseen = (to.cpuUnseen ?? 0) - (from.cpuUnseen ?? 0)
  return unseen > 0 && to.at > from.at ? unseen / (to.at - from.at) : undefined
}

function perRequestBetween(from: Look, to: Look): Milliseconds | undefined {
  const requests = to.requests - from.requests
  return requests > 0 ? (to.cpuTime - from.cpuTime) / requests : undefined
}

/** Usage as it is for so many requests, if any was counted for it. */
export function countedAnew(usage: ResourceUsage, measured: Milliseconds, requests: number): ResourceUsage {
  const { cpuPerRequest, cpu, node } = usage
  return {
    ...usage,
    ...(cpuPerRequest !== undefined && { cpuPerRequest: (cpu * measured) / requests }),
    ...(node && { node: withRequests(node, requests) }),
  }
}

/** Figures of Node processes, whose round trips were for so many requests. */
function withRequests({ roundTrips, ...node }: NodeUsage, requests: number): NodeUsage {
  return roundTrips === undefined ? node : { ...node, roundTrips: { ...roundTrips, requests } }
}

type MemoryFigures = Pick<ResourceUsage, 'memoryPeak' | 'memoryMean' | 'memoryStart' | 'memoryEnd' | 'memoryGrowth'>

const MINUTE: Milliseconds = 60_000

/** Memory over a window, of all looks in one measure. */
class MemoryTrail {
  looks = 0
  #sum: Bytes = 0
  #peak: Bytes = 0
  #start: Bytes = 0
  #end: Bytes = 0
  readonly #trail = new ThinnedPoints<{ at: Milliseconds; requests: number; memory: Bytes }>()

  add({ at, requests, spike = 0 }: { at: Milliseconds; requests: number; spike?: Bytes }, memory: Bytes): void {
    const isFirst = this.looks === 0
    if (isFirst) this.#start = memory
    this.looks++
    this.#sum += memory
    // The spike of the first look was before the window.
    this.#peak = Math.max(this.#peak, isFirst ? memory : memory + spike)
    this.#end = memory
    this.#trail.add({ at, requests, memory })
  }

  get figures(): MemoryFigures {
    return {
      memoryPeak: this.#peak,
      memoryMean: this.looks > 0 ? this.#sum / this.looks : 0,
      memoryStart: this.#start,
      memoryEnd: this.#end,
      memoryGrowth: this.#growth(),
    }
  }

  #growth(): ResourceUsage['memoryGrowth'] {
    const { points } = this.#trail
    const perMinute = growthOf(points.map(({ at, memory }) => ({ x: at / MINUTE, y: memory })))
    const per1000Requests = growthOf(points.map(({ requests, memory }) => ({ x: requests / 1000, y: memory })))
    return perMinute && { perMinute, per1000Requests }
  }
}

interface Point {
  x: number
  y: number
}

/** Readings near to one another say much the same: so many means of neighbours are compared. */
const BLOCKS = 30
/** The standard normal deviate of 95 %. */
const DEVIATE = 1.6449
/** Residuals that differ by a smaller share of the figure are equal: floating point is no finer. */
const GRAIN = 1e-9
/** Means of neighbours that are more alike than this are taken for a walk, whose steps alone are independent. */
const WALK = 0.9

/**
 * The slope of a line through points that are in the order of `x`, and how sure it is; undefined for fewer than three,
 * or where `x` stands still.
 *
 * The slope is the median of the slopes between all pairs (Theil, A Rank-invariant Method of Linear Regression
 * Analysis, 1950), which a few peaks do not move. Its limits are the pairs' slopes at the ranks that Kendall's S gives
 * (Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, 1968). Memory is like what it was a moment ago,
 * so that readings are worth less than their number: the variance of S is taken n / n* times, as Hamed and Rao do (A
 * Modified Mann-Kendall Trend Test for Autocorrelated Data, 1998), with n* = n (1 - r) / (1 + r) (Bayley and
 * Hammersley, The "Effective" Number of Independent Observations, 1946), where r is the correlation of the residuals'
 * ranks with their neighbours', corrected for its bias (Marriott and Pope, Bias in the Estimation of Autocorrelations,
 * 1954).
 *
 * Memory that stays where it is until it jumps leaves no residuals to reckon with: r is near 1. Then it is taken for a
 * random walk with drift, whose slope is the mean of its steps, give or take their standard error (Box and Jenkins,
 * Time Series Analysis, 1970, 4.1).
 */
export function growthOf(points: readonly Point[]): Growth | undefined {
  const blocks = blocksOf(points)
  const slopes: number[] = []
  for (const [i, { x, y }] of blocks.entries()) {
    for (const later of blocks.slice(i + 1)) if (later.x > x) slopes.push((later.y - y) / (later.x - x))
  }
  if (blocks.length < 3 || slopes.length === 0) return undefined
  slopes.sort((a, b) => a - b)
  const value = (slopes[(slopes.length - 1) >> 1]! + slopes[slopes.length >> 1]!) / 2
  const grain = GRAIN * Math.max(...blocks.map(({ y }) => Math.abs(y)))
  const residuals = ranksOf(blocks.map(({ x, y }) => (grain > 0 ? Math.round((y - value * x) / grain) : 0)))
  const n = blocks.length
  const r = likeness(residuals)
  if (r > WALK) return { value, ...limitsOfWalk(blocks, value) }
  const deviation = DEVIATE * Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * Math.max(1, (1 + r) / (1 - r)))
  const lower = slopes[Math.floor((slopes.length - deviation) / 2) - 1]
  const upper = slopes[Math.ceil((slopes.length + deviation) / 2)]
  return { value, ...(lower !== undefined && upper !== undefined && { lower, upper }) }
}

function blocksOf(points: readonly Point[]): readonly Point[] {
  if (points.length <= BLOCKS) return points
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const from = (block: number) => Math.floor((block * points.length) / BLOCKS)
  return Array.from({ length: BLOCKS }, (_, block) => {
    const own = points.slice(from(block), from(block + 1))
    return { x: mean(own.map(({ x }) => x)), y: mean(own.map(({ y }) => y)) }
  })
}

/** How much each one is like the one before: their correlation, corrected for its bias. */
function likeness(ranks: readonly number[]): number {
  const n = ranks.length
  const middle = (n + 1) / 2
  let [variance, alike] = [0, 0]
  for (const [i, rank] of ranks.entries()) {
    variance += (rank - middle) ** 2
    alike += (rank - middle) * ((ranks[i + 1] ?? middle) - middle)
  }
  if (variance === 0) return 0
  const found = alike / variance
  return found + (1 + 3 * found) / n
}

/** Limits of the slope between the first point and the last; the value found is always within. */
function limitsOfWalk(points: readonly Point[], value: number): Pick<Growth, 'lower' | 'upper'> {
  const first = points[0]!
  const last = points.at(-1)!
  const count = points.length - 1
  const mean = (last.y - first.y) / count
  const steps = points.slice(1).map(({ y }, i) => y - points[i]!.y)
  const deviation = Math.sqrt(steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / (count - 1))
  const slope = (last.y - first.y) / (last.x - first.x)
  const reach = (DEVIATE * deviation * Math.sqrt(count)) / (last.x - first.x)
  return { lower: Math.min(value, slope - reach), upper: Math.max(value, slope + reach) }
}

/** Ranks from 1; those that are equal share their ranks' mean. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Array<number>(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (const i of order.slice(from, to)) ranks[i] = (from + to + 1) / 2
    from = to
  }
  return ranks
}

/** Points for a later estimate of growth. In a long run every second point is dropped, repeatedly. */
export class ThinnedPoints<T> {
  readonly #most: number
  #kept: T[] = []
  #step = 1
  #seen = 0

  constructor(most = 2_048) {
    this.#most = most
  }

  add(point: T): void {
    if (this.#seen++ % this.#step !== 0) return
    this.#kept.push(point)
    if (this.#kept.length < this.#most) return
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0)
    this.#step *= 2
  }

  get points(): readonly T[] {
    return this.#kept
  }
}
