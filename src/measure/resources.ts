import { cpuUsage, memoryUsage } from 'node:process'
import type { Milliseconds } from '../ground/units.ts'
import { type Clock, realClock } from './clock.ts'
import type { Probe } from './probe.ts'
import { ProcessChanges, type TargetChange } from './process-changes.ts'
import { LinuxProcessTree, type TreeOptions } from './process-tree-linux.ts'
import { PortableProcessTree } from './process-tree-portable.ts'
import type { ResourceUsage, TargetInterval } from './report.ts'
import { type Look, noUsage, shareBetween, UsageWindow } from './usage-window.ts'

export type { Probe } from './probe.ts'

/** Looks at a process, its children and theirs. Whether it is there shows in the first look. */
export function createProcessTreeProbe(pid: number, options?: TreeOptions): Probe {
  return process.platform === 'linux' ? new LinuxProcessTree(pid, options) : new PortableProcessTree(pid)
}

/** The process that asks, with all its threads. */
export function createSelfProbe(): Probe {
  return {
    subject: 'this process',
    async sample() {
      const { user, system } = cpuUsage()
      return { memory: memoryUsage.rss(), cpuTime: (user + system) / 1000, processes: 1 }
    },
  }
}

/** Result of a meter. With an `error`, `usage` covers the time before it; absent if the window had no look at all. */
export interface Metered {
  usage?: ResourceUsage
  error?: Error
  /** How the target was replaced. */
  changed?: TargetChange
}

/** Time between two looks: at least four a second. */
const longestInterval = 250

/**
 * Reads processes during a run: `start`, `mark` at the beginning of the measured window, `stop` at its end. CPU is the
 * difference of two readings over the time between them, so that the mean is exact for any interval.
 */
export class ResourceMeter {
  readonly #probe: Probe
  readonly #clock: Clock
  readonly #requests: () => number
  #interval: Milliseconds = 200
  #callOff: (() => void) | undefined
  #running = false
  #looking: Promise<void> = Promise.resolve()
  #window = new UsageWindow()
  readonly #lives = new ProcessChanges()
  /** About a second of looks, for `latest`. */
  #recent: Look[] = []
  #error: Error | undefined

  /** @param requests how many have got a response so far, for the figures a request. */
  constructor(probe: Probe, clock: Clock = realClock, requests: () => number = () => 0) {
    this.#probe = probe
    this.#clock = clock
    this.#requests = requests
  }

  /**
   * Begins to look, now and every `interval` (at most 250 ms, but where the probe asks for another); the window begins
   * here until it is marked. Resolves after the first look.
   */
  start(interval: Milliseconds = 200): Promise<void> {
    this.#interval = this.#probe.interval ?? Math.min(interval, longestInterval)
    this.#running = true
    return this.#look(true)
  }

  /** The measured window begins: what was seen before is forgotten. Resolves when that is done. */
  mark(): Promise<void> {
    return this.#look(false, () => {
      this.#window = new UsageWindow(this.#requests())
      this.#lives.mark()
      this.#probe.mark?.()
    })
  }

  /** Figures of the window so far, with a new look. */
  async read(): Promise<Metered> {
    await this.#look(false)
    return this.#metered()
  }

  /** Reads as `read`, without another look. */
  soFar(): ResourceUsage | undefined {
    return this.#window.looks === 0 ? undefined : this.#window.usage(this.#named, this.#error?.message)
  }

  /** The window ends; no look is taken any more. */
  async stop(): Promise<Metered> {
    this.#running = false
    this.#callOff?.()
    await this.#look(false)
    this.#window.tell(await this.#probe.settle?.(), this.#requests())
    this.#probe.close?.()
    return this.#metered()
  }

  /** Result if there is nothing to measure any more, or never was. */
  unseen(): ResourceUsage {
    return noUsage(this.#named, this.#error?.message)
  }

  /** Last look, and the CPU over about the last second: for watchers. */
  latest(): TargetInterval | undefined {
    const last = this.#recent.at(-1)
    if (last === undefined) return undefined
    return {
      memory: last.memory - (last.shared ?? 0),
      cpu: shareBetween(this.#recent[0] as Look, last),
      heap: last.node?.heap,
      series: last.series && { ...last.series },
    }
  }

  get #named() {
    return {
      subject: this.#probe.subject,
      pid: this.#probe.pid,
      title: (processes: number) => this.#probe.title?.(processes),
      replaced: this.#lives.replaced,
    }
  }

  #metered(): Metered {
    return { usage: this.soFar(), error: this.#error, changed: this.#lives.changed }
  }

  /** One look at a time; `before` is done once the looks asked for earlier are over. */
  #look(again: boolean, before?: () => void): Promise<void> {
    this.#looking = this.#looking.then(async () => {
      before?.()
      if (this.#mayLook) await this.#take()
      if (again && this.#running && this.#mayLook) {
        this.#callOff = this.#clock.after(this.#interval, () => void this.#look(true))
      }
    })
    return this.#looking
  }

  get #mayLook(): boolean {
    return this.#error === undefined || this.#probe.comesBack === true
  }

  async #take(): Promise<void> {
    try {
      const begun = this.#clock.now()
      const reading = await this.#probe.sample()
      // A look that takes time is of its middle.
      const look = { ...reading, at: (begun + this.#clock.now()) / 2, requests: this.#requests() }
      this.#window.add(look)
      this.#lives.add(look)
      this.#recent.push(look)
      while (this.#recent.length > 2 && look.at - (this.#recent[1] as Look).at >= 1000) this.#recent.shift()
      this.#error = undefined
    } catch (error) {
      this.#error = error as Error
      if (this.#probe.comesBack !== true) this.#lives.end()
    }
  }
}
