import { availableParallelism } from 'node:os'
import { failed } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import { formatCount, isAmount, type Milliseconds, type Share } from '../ground/units.ts'
import { MemoryTrail } from './memory-trail.ts'
import type { Reading } from './probe.ts'
import type { Replaced } from './report/usage.ts'
import type { NodeUsage, ResourceUsage, SeriesUsage } from './report.ts'

/** A reading, when it was taken, and how many requests had got a response by then. */
export interface Look extends Reading {
  at: Milliseconds
  requests: number
}

/** What is measured, and what it is called when so many processes were counted. */
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
    this.tell(look.node)
  }

  /** What the processes themselves have told of the window. */
  tell(node: NodeUsage | undefined): void {
    this.#node = node ?? this.#node
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
    return given({
      ...(!has('memory') ? new MemoryTrail() : isOnce ? this.#once : this.#resident).figures,
      memoryMeasure: this.#isOfProcesses ? (this.#processes < 2 ? 'RSS' : isOnce ? 'PSS' : 'sum of RSS') : undefined,
      cpu: cpu ? shareBetween(cpu.first, cpu.last) : 0,
      cpuUnseen: cpu && unseenBetween(cpu.first, cpu.last),
      cpuPerRequest: cpu && perRequestBetween(cpu.first, cpu.last),
      cores: availableParallelism(),
      node: has('node') ? this.#node : undefined,
      series: series.length > 0 ? Object.fromEntries(series) : undefined,
      samples: this.looks,
      of: title?.(this.#processes) ?? nameOf(subject, this.#processes),
      pid,
      replaced,
      openFiles: this.#openFiles,
      missing: missing.length > 0 ? Object.fromEntries(missing) : undefined,
      elsewhere: this.#elsewhere,
      lost,
    })
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
export function nothingSeen({ subject, pid }: Named, lost?: string): ResourceUsage {
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
  return usage.cpuPerRequest === undefined ? usage : { ...usage, cpuPerRequest: (usage.cpu * measured) / requests }
}
