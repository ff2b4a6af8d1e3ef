import { availableParallelism } from 'node:os'
import type { Bytes, Milliseconds, Share } from '../units.ts'
import { type Clock, realClock } from './clock.ts'
import type { Probe, Reading } from './probe.ts'
import { LinuxProcessTree } from './process-tree-linux.ts'
import { PortableProcessTree } from './process-tree-portable.ts'
import type { ResourceUsage } from './report.ts'

export { type Probe, ProbeError, type Reading } from './probe.ts'
export { createSelfProbe } from './self-probe.ts'

/** Looks at a process, its children and theirs. Whether it is there shows in the first look. */
export function createProcessTreeProbe(pid: number): Probe {
  return process.platform === 'linux' ? new LinuxProcessTree(pid) : new PortableProcessTree(pid)
}

/**
 * What a meter has to say. With an `error`, `usage` is what was seen before; absent when the window held no
 * look at all.
 */
export interface Metered {
  usage?: ResourceUsage
  error?: Error
  /** Processes that had been there for a second, and then ended; and those that took their place. */
  changed?: ProcessChange
}

export interface ProcessChange {
  ended: number[]
  began: number[]
}

interface Look extends Reading {
  at: Milliseconds
}

/** The looks of the window, summed up. */
interface Window {
  first: Look
  last: Look
  looks: number
  memoryPeak: Bytes
  memorySum: Bytes
  processes: number
  /** In how many looks each process was seen. */
  seen: Map<number, number>
}

/** At least four looks a second. */
const longestInterval = 250

/**
 * Looks at processes while something runs: `start`, `mark` where the measured window begins, `stop` where it
 * ends. CPU is the difference of two readings over the time between them, so that the mean is exact whatever
 * the interval.
 */
export class ResourceMeter {
  readonly #probe: Probe
  readonly #clock: Clock
  #interval: Milliseconds = 200
  #callOff: (() => void) | undefined
  #running = false
  #looking: Promise<void> = Promise.resolve()
  #window: Window | undefined
  /** About a second of looks, for `latest`. */
  #recent: Look[] = []
  #error: Error | undefined

  constructor(probe: Probe, clock: Clock = realClock) {
    this.#probe = probe
    this.#clock = clock
  }

  /**
   * Begins to look, now and every `interval` (at most 250 ms); the window begins here until it is marked.
   * Resolves after the first look.
   */
  start(interval: Milliseconds = 200): Promise<void> {
    this.#interval = Math.min(interval, longestInterval)
    this.#running = true
    return this.#look(true)
  }

  /** The measured window begins: what was seen before is forgotten. Resolves when that is done. */
  mark(): Promise<void> {
    return this.#look(false, () => {
      this.#window = undefined
    })
  }

  /** What the window has held so far, with a look taken now. */
  async read(): Promise<Metered> {
    await this.#look(false)
    const usage = this.#window && usageOf(this.#window, this.#probe.subject)
    const changed = this.#window && this.#changeIn(this.#window)
    return {
      ...(usage && { usage }),
      ...(this.#error && { error: this.#error }),
      ...(changed && { changed }),
    }
  }

  /** As `read`, without another look. */
  soFar(): ResourceUsage | undefined {
    return this.#window && usageOf(this.#window, this.#probe.subject)
  }

  /** The window ends; no look is taken any more. */
  async stop(): Promise<Metered> {
    this.#running = false
    this.#callOff?.()
    return this.read()
  }

  /** For watchers: the last look, and the CPU over about the last second. */
  latest(): { memory: Bytes; cpu: Share } | undefined {
    const last = this.#recent.at(-1)
    return last && { memory: last.memory, cpu: shareBetween(this.#recent[0] as Look, last) }
  }

  /** What comes and goes within a second is a child that did its work. */
  #changeIn({ first, last, seen }: Window): ProcessChange | undefined {
    const living = new Set(this.#error === undefined ? last.pids : [])
    const settled = Math.ceil(1000 / this.#interval)
    const ended = [...seen].filter(([pid, looks]) => looks >= settled && !living.has(pid)).map(([pid]) => pid)
    const before = new Set(first.pids)
    const began = ended.length === 0 ? [] : [...living].filter(pid => !before.has(pid))
    return ended.length === 0 ? undefined : { ended, began }
  }

  /** One look at a time; `before` is done once the looks asked for earlier are over. */
  #look(again: boolean, before?: () => void): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      before?.()
      if (this.#error === undefined) await this.#take()
      if (again && this.#running && this.#error === undefined) {
        this.#callOff = this.#clock.after(this.#interval, () => void this.#look(true))
      }
    })
    return this.#looking
  }

  async #take(): Promise<void> {
    try {
      const begun = this.#clock.now()
      const reading = await this.#probe.sample()
      // A look that takes time is of its middle.
      const look = { ...reading, at: (begun + this.#clock.now()) / 2 }
      this.#window = extended(this.#window, look)
      this.#recent.push(look)
      while (this.#recent.length > 2 && look.at - (this.#recent[1] as Look).at >= 1000) this.#recent.shift()
    } catch (error) {
      this.#error = error as Error
    }
  }
}

function extended(window: Window | undefined, look: Look): Window {
  const seen = window?.seen ?? new Map<number, number>()
  for (const pid of look.pids ?? []) seen.set(pid, (seen.get(pid) ?? 0) + 1)
  return {
    seen,
    first: window?.first ?? look,
    last: look,
    looks: (window?.looks ?? 0) + 1,
    memoryPeak: Math.max(window?.memoryPeak ?? 0, look.memory),
    memorySum: (window?.memorySum ?? 0) + look.memory,
    processes: Math.max(window?.processes ?? 0, look.processes),
  }
}

function usageOf(window: Window, subject: string): ResourceUsage {
  const { first, last, looks, memoryPeak, memorySum, processes } = window
  return {
    memoryPeak,
    memoryMean: memorySum / looks,
    memoryStart: first.memory,
    memoryEnd: last.memory,
    cpu: shareBetween(first, last),
    cores: availableParallelism(),
    samples: looks,
    of: processes > 1 ? `${subject} and ${processes - 1} ${processes === 2 ? 'child' : 'children'}` : subject,
  }
}

function shareBetween(from: Look, to: Look): Share {
  return to.at > from.at ? (to.cpuTime - from.cpuTime) / (to.at - from.at) : 0
}
