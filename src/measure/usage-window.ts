import { availableParallelism } from 'node:os'
import { given } from '../ground/given.ts'
import type { Bytes, Milliseconds, Share } from '../ground/units.ts'
import { growthOf, Trail } from './growth.ts'
import type { Reading } from './probe.ts'
import type { NodeUsage, ResourceUsage, SeriesUsage } from './report.ts'

/** A reading, when it was taken, and how many requests had got a response by then. */
export interface Look extends Reading {
  at: Milliseconds
  requests: number
}

/** What is measured, and what it is called when so many processes were counted. */
interface Named {
  subject: string
  title?: ((processes: number) => string | undefined) | undefined
}

const MINUTE: Milliseconds = 60_000

/** The looks of the measured window, summed up. */
export class UsageWindow {
  looks = 0
  first: Look | undefined
  last: Look | undefined
  /** Number of looks in which each process was seen. */
  readonly seen = new Map<number, number>()
  #processes = 0
  readonly #memory = { looks: 0, sum: 0, peak: 0, start: 0, end: 0 }
  #cpu: { first: Look; last: Look } | undefined
  readonly #trail = new Trail<{ at: Milliseconds; requests: number; memory: Bytes }>()
  readonly #series = new Map<string, SeriesUsage & { looks: number }>()
  #node: NodeUsage | undefined
  readonly #missing = new Map<string, string>()

  add(look: Look): void {
    this.looks++
    this.first ??= look
    this.last = look
    this.#processes = Math.max(this.#processes, look.processes)
    for (const pid of look.pids ?? []) this.seen.set(pid, (this.seen.get(pid) ?? 0) + 1)
    for (const [name, why] of Object.entries(look.missing ?? {})) this.#missing.set(name, why)
    if (look.missing?.memory === undefined) this.#addMemory(look)
    if (look.missing?.cpu === undefined) this.#cpu = { first: this.#cpu?.first ?? look, last: look }
    for (const [name, value] of Object.entries(look.series ?? {})) this.#addSeries(name, value)
    this.tell(look.node)
  }

  /** What the processes themselves have told of the window. */
  tell(node: NodeUsage | undefined): void {
    this.#node = node ?? this.#node
  }

  usage({ subject, title }: Named, lost?: string): ResourceUsage {
    const { looks, sum, peak, start, end } = this.#memory
    const growth = this.#growth()
    const cpuPerRequest = this.#cpuPerRequest()
    const series = [...this.#series].map(([name, { looks: _, ...usage }]) => [name, usage] as const)
    const missing = [...this.#missing].filter(([name]) => !this.#has(name))
    return given({
      memoryPeak: peak,
      memoryMean: looks > 0 ? sum / looks : 0,
      memoryStart: start,
      memoryEnd: end,
      memoryGrowth: growth,
      cpu: this.#cpu ? shareBetween(this.#cpu.first, this.#cpu.last) : 0,
      cpuPerRequest,
      cores: availableParallelism(),
      node: this.#node,
      series: series.length > 0 ? Object.fromEntries(series) : undefined,
      samples: this.looks,
      of: title?.(this.#processes) ?? nameOf(subject, this.#processes),
      missing: missing.length > 0 ? Object.fromEntries(missing) : undefined,
      lost,
    })
  }

  #addMemory({ memory, at, requests }: Look): void {
    const sums = this.#memory
    if (sums.looks === 0) sums.start = memory
    sums.looks++
    sums.sum += memory
    sums.peak = Math.max(sums.peak, memory)
    sums.end = memory
    this.#trail.add({ at, requests, memory })
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
    if (name === 'memory') return this.#memory.looks > 0
    if (name === 'cpu') return this.#cpu !== undefined
    return name === 'node' ? this.#node !== undefined : this.#series.has(name.replace(/^series\./, ''))
  }

  #growth(): ResourceUsage['memoryGrowth'] {
    const { points } = this.#trail
    const perMinute = growthOf(points.map(({ at, memory }) => ({ x: at / MINUTE, y: memory })))
    const per1000Requests = growthOf(points.map(({ requests, memory }) => ({ x: requests / 1000, y: memory })))
    return perMinute && given({ perMinute, per1000Requests })
  }

  #cpuPerRequest(): Milliseconds | undefined {
    if (this.#cpu === undefined) return undefined
    const { first, last } = this.#cpu
    const requests = last.requests - first.requests
    return requests > 0 ? (last.cpuTime - first.cpuTime) / requests : undefined
  }
}

/** `pid 4711 and 2 children`. */
function nameOf(subject: string, processes: number): string {
  if (processes < 2) return subject
  return subject.startsWith('pid ')
    ? `${subject} and ${processes - 1} ${processes === 2 ? 'child' : 'children'}`
    : `${subject}, ${processes} processes`
}

/** The usage of a window that held no look. */
export function nothingSeen({ subject }: Named, lost?: string): ResourceUsage {
  return new UsageWindow().usage({ subject }, lost)
}

export function shareBetween(from: Look, to: Look): Share {
  return to.at > from.at ? (to.cpuTime - from.cpuTime) / (to.at - from.at) : 0
}
