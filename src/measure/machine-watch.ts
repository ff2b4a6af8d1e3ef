import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { tried } from '../ground/tried.ts'
import type { Milliseconds, Share } from '../ground/units.ts'
import { type Clock, realClock } from './clock.ts'
import { type CpuTicks, readCpuTicks, readUnits } from './proc-stat.ts'

/** Effects of the machine on everything that ran in the measured window. */
export interface MachineHealth {
  /** CPU that the host took for other machines: as a share of all, and the most in one stretch of 200 ms of one CPU. */
  stolen?: { share: Share; longest: Milliseconds }
  /** Throttling by a CPU quota: number of periods, and time without any execution. */
  throttled?: Throttling
  /** The farthest that the wall clock jumped against the monotonic one; negative when it was set back. */
  clockJump: Milliseconds
}

/** Source of the figures. */
interface MachineSources {
  cpuTicks(): CpuTicks[]
  throttling(): Throttling | undefined
  /** Wall clock, milliseconds since the epoch. */
  wall(): Milliseconds
  /** Milliseconds a tick. */
  tick: Milliseconds
}

/** Clock of the system, in milliseconds since the epoch: that of a realm that no test has put fake timers into. */
export const wallTime = runInNewContext('Date.now') as () => Milliseconds

const realSources = (): MachineSources => ({
  cpuTicks: readCpuTicks,
  throttling: () => readThrottling(),
  wall: wallTime,
  tick: readUnits().tick,
})

/** A clock reading that took longer than this lets the two clocks seem apart. */
const TORN: Milliseconds = 5

/** Reads the state of the machine five times a second during a load. A look takes 0.1 ms. */
export class MachineWatch {
  readonly #clock: Clock
  readonly #sources: MachineSources
  readonly #interval: Milliseconds
  #callOff = () => {}
  #first: readonly CpuTicks[]
  #last: readonly CpuTicks[]
  #longest: Milliseconds = 0
  #throttling: Throttling | undefined
  #skew: Milliseconds | undefined
  #jump: Milliseconds = 0
  #health: MachineHealth | undefined

  constructor(clock: Clock = realClock, sources = realSources(), interval: Milliseconds = 200) {
    this.#clock = clock
    this.#sources = sources
    this.#interval = interval
    this.#first = this.#last = sources.cpuTicks()
    this.#throttling = sources.throttling()
    this.#skew = this.#readSkew()
    this.#wait()
  }

  /** The measured window begins: what was seen before is forgotten. */
  mark(): void {
    this.#look()
    this.#first = this.#last
    this.#throttling = this.#sources.throttling()
    this.#longest = 0
    this.#jump = 0
  }

  /** The measured window ends; asked again it returns the same. */
  stop(): MachineHealth {
    this.#callOff()
    this.#health ??= this.#stop()
    return this.#health
  }

  #stop(): MachineHealth {
    this.#look()
    const [from, to] = [this.#first[0], this.#last[0]]
    const total = from && to ? to.total - from.total : 0
    const before = this.#throttling
    const after = this.#sources.throttling()
    const since = (name: keyof Throttling) => after![name] - before![name]
    return {
      stolen:
        from && to && total > 0 ? { share: (to.stolen - from.stolen) / total, longest: this.#longest } : undefined,
      throttled: before && after && { periods: since('periods'), throttled: since('throttled'), time: since('time') },
      clockJump: this.#jump,
    }
  }

  #wait(): void {
    this.#callOff = this.#clock.after(this.#interval, () => {
      this.#look()
      this.#wait()
    })
  }

  #look(): void {
    const now = this.#sources.cpuTicks()
    // The first is the sum of all: it comes at different times, and one thread waits for one of them.
    for (let cpu = 1; cpu < now.length; cpu++) {
      const stolen = (now[cpu]!.stolen - (this.#last[cpu]?.stolen ?? now[cpu]!.stolen)) * this.#sources.tick
      this.#longest = Math.max(this.#longest, stolen)
    }
    this.#last = now
    const skew = this.#readSkew()
    if (skew === undefined) return
    const jump = skew - (this.#skew ?? skew)
    this.#skew = skew
    if (Math.abs(jump) > Math.abs(this.#jump)) this.#jump = jump
  }

  /** Wall clock less monotonic clock; undefined when the thread was interrupted between the two. */
  #readSkew(): Milliseconds | undefined {
    const before = this.#clock.now()
    const wall = this.#sources.wall()
    const after = this.#clock.now()
    return after - before > TORN ? undefined : wall - (before + after) / 2
  }
}

/** Effect of a CPU quota so far (`cpu.stat` of the control group). */
export interface Throttling {
  periods: number
  /** Periods in which the quota was used up. */
  throttled: number
  /** Time in which nothing ran for that. */
  time: Milliseconds
}

/** Reads the control group of this process, version 2 or 1; undefined if it is missing or has no quota. */
export function readThrottling(root = '/sys/fs/cgroup', own = '/proc/self/cgroup'): Throttling | undefined {
  for (const file of candidates(root, textOf(own) ?? '')) {
    const text = textOf(file)
    const found = text === undefined ? undefined : parseThrottling(text)
    if (found !== undefined) return found
  }
  return undefined
}

/** Within a container the group's own path is often not there, but its file stands at the root. */
function candidates(root: string, groups: string): string[] {
  const files: string[] = []
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (path === undefined || controllers === undefined) continue
    if (controllers === '') files.push(join(root, path, 'cpu.stat'), join(root, 'unified', path, 'cpu.stat'))
    else if (controllers.split(',').includes('cpu'))
      files.push(join(root, controllers, path, 'cpu.stat'), join(root, 'cpu', path, 'cpu.stat'))
  }
  return [...files, join(root, 'cpu.stat'), join(root, 'cpu', 'cpu.stat')]
}

export function parseThrottling(text: string): Throttling | undefined {
  const fields = new Map(text.split('\n').map(line => line.split(' ') as [string, string]))
  const field = (name: string) => (fields.has(name) ? Number(fields.get(name)) : undefined)
  const [periods, throttled] = [field('nr_periods'), field('nr_throttled')]
  if (periods === undefined || throttled === undefined) return undefined
  const time = (field('throttled_usec') ?? 0) / 1e3 + (field('throttled_time') ?? 0) / 1e6
  return { periods, throttled, time }
}

const textOf = (file: string): string | undefined => tried(() => readFileSync(file, 'latin1'))
