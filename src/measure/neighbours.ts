import { formatShare, type Milliseconds, type Share } from '../ground/units.ts'
import { StarvedThreads } from './application-waits.ts'
import { type Clock, realClock } from './clock.ts'
import { CALM, OTHERS, STARVATION_LOOK } from './cpu-wait.ts'
import type { Reading } from './probe.ts'
import { readCpuTicks, readUnits, type ThreadTimes, threadTimesOf } from './proc-stat.ts'
import { createProcessTreeProbe } from './resources.ts'

/** CPU used up to a moment, on all cores. It includes the application if its processes are known. */
export interface MachineReading {
  at: Milliseconds
  /** CPU that neither the application nor this process used; undefined where the application is not known. */
  others?: Milliseconds
  /** CPU that was idle or taken by the host for other machines. */
  idle: Milliseconds
  stolen: Milliseconds
  /** How long threads of the application have waited for a core. */
  waited: Milliseconds
  /** The most that one of them has since the look before. */
  longestWait: Milliseconds
  /** How long the busiest of its processes was busy since then: its only core, or its busiest thread. */
  busy?: Milliseconds
}

/** Time that the application's threads waited for a core, and the machine's remaining capacity. */
export interface Starvation {
  /** Share of the time; at most all of it. */
  share: Share
  /** Longest wait within a second. */
  longest: Milliseconds
  /** The most by which the waits of any stretch are more than `share` of it: no request waited for more than both. */
  burst: Milliseconds
  /** The longest wait of one thread, at the most. */
  single: Milliseconds
  /** The mean length of a wait, each counted by its length. */
  usual: Milliseconds
  /** Share of the time in which its busiest process used its core, or all of them the machine's. */
  busy?: Share
  /** Stretches of time outside of which it waited for at most `CALM` of each look: their share, and how many. */
  crowded: { share: Share; stretches: number }
  /** Mean number of cores that other programs used, plus idle ones. */
  others: number
  spare: number
}

const LOOKS_A_SECOND = 5
/** Cores that have to be left for others not to be in the way. */
const LEFT = 0.25
/** An application that waits for less of the time has not waited for others. */
const WAITED: Share = 0.05
const STOLEN: Share = 0.02
/** A thread that waits for less of the time is not worth a look of its own. */
const LEAST_WAIT: Share = 0.01
/** Looked at to say whether it is quiet at the moment. */
const MOMENT: Milliseconds = 600
/** Looks that are kept: half an hour and more. */
const MOST = 20_000

/** Watches who else has the CPU of the machine that the application and the generator run on. Linux only. */
export class NeighbourWatch {
  readonly #clock: Clock
  readonly #read: () => Promise<MachineReading | undefined>
  /** Threads of the application that had to wait, for load threads to look at. */
  readonly starved: StarvedThreads
  #readings: MachineReading[] = []
  #callOff = () => {}
  #isOver = false

  constructor(read: () => Promise<MachineReading | undefined>, clock = realClock, starved = new StarvedThreads()) {
    this.#read = read
    this.starved = starved
    this.#clock = clock
    void this.#look()
  }

  /** @param pid of the application; without it only what the host takes is seen. Undefined where nothing is. */
  static of(pid: number | undefined): NeighbourWatch | undefined {
    const starved = new StarvedThreads()
    return readCpuTicks().length === 0 ? undefined : new NeighbourWatch(readerOf(pid, starved), realClock, starved)
  }

  /** Describes the disturbance; undefined if there was none. */
  readonly disturbedBy = (from: Milliseconds, to: Milliseconds): string | undefined => {
    const first = this.#readings.findLast(({ at }) => at <= from) ?? this.#readings[0]
    const last = this.#readings.find(({ at }) => at >= to) ?? this.#readings.at(-1)
    return first && last && last.at > first.at ? describe(first, last) : undefined
  }

  /** Undefined where the application is not known, or nothing was seen. */
  readonly starvation = (from: Milliseconds, to: Milliseconds): Starvation | undefined => {
    return starvationIn(this.#readings.filter(({ at }) => at >= from - STARVATION_LOOK && at <= to + STARVATION_LOOK))
  }

  readonly isQuiet = (): boolean => {
    const now = this.#clock.now()
    const last = this.#readings.at(-1)
    const first = this.#readings.find(({ at }) => at >= now - MOMENT)
    if (first === undefined || last === undefined || last.at <= first.at) return true
    const length = last.at - first.at
    return used(first, last) < OTHERS * length && last.stolen - first.stolen < STOLEN * length
  }

  stop(): void {
    this.#isOver = true
    this.#callOff()
  }

  async #look(): Promise<void> {
    const reading = await this.#read().catch(() => undefined)
    if (this.#isOver) return
    if (reading !== undefined) this.#readings.push(reading)
    if (this.#readings.length > MOST) this.#readings = this.#readings.slice(-MOST / 2)
    this.#callOff = this.#clock.after(STARVATION_LOOK, () => void this.#look())
  }
}

/** Figures of readings in their order; undefined if the application is not known. */
export function starvationIn(seen: readonly MachineReading[]): Starvation | undefined {
  const [first, last] = [seen[0], seen.at(-1)]
  if (first?.others === undefined || last === undefined || last.at <= first.at) return undefined
  const length = last.at - first.at
  const inSecond = seen.map((reading, i) => {
    const before = seen[Math.max(0, i - LOOKS_A_SECOND)]!
    // Several threads that wait at once delay a request only once.
    return Math.min(reading.at - before.at, waitedBetween(before, reading))
  })
  const share = Math.min(1, waitedBetween(first, last) / length)
  const single = Math.max(0, ...seen.slice(1).map(({ longestWait = 0 }) => longestWait))
  return {
    share,
    longest: Math.max(...inSecond),
    burst: burstIn(seen, share),
    crowded: crowdedIn(seen),
    single,
    usual: Math.min(single, usualIn(seen, share)),
    busy: busyIn(seen, length),
    others: used(first, last) / length,
    spare: (last.idle - first.idle) / length,
  }
}

/** The busiest process of each stretch between two looks. */
function busyIn(seen: readonly MachineReading[], length: Milliseconds): Share | undefined {
  const all = seen.slice(1).map(({ busy }) => busy)
  return all.includes(undefined)
    ? undefined
    : Math.min(1, all.reduce<number>((sum, busy = 0) => sum + busy, 0) / length)
}

/** A request begins and ends between two looks, so that waits of these may lie nearer to it. */
function burstIn(seen: readonly MachineReading[], share: Share): Milliseconds {
  let [excess, burst] = [0, 0]
  for (const [i, reading] of seen.slice(1).entries()) {
    const before = seen[i]!
    excess = Math.max(0, excess + waitedBetween(before, reading) - share * (reading.at - before.at))
    burst = Math.max(burst, excess)
  }
  return burst + share * STARVATION_LOOK
}

/**
 * Waits at random, of lengths d, make up `share t` of a time t, with a variance of `share t E(d²) / E(d)`, and of less
 * since no two are at once (D. Cox, Renewal Theory, 8.4: alternating renewal processes). Neighbouring looks are
 * compared, for the waits may be more in one part of the run than in another.
 */
function usualIn(seen: readonly MachineReading[], share: Share): Milliseconds {
  const waits = seen.slice(1).map((reading, i) => waitedBetween(seen[i]!, reading))
  const steps = waits.slice(1).map((waited, i) => (waited - waits[i]!) ** 2)
  const mean = waits.reduce((sum, waited) => sum + waited, 0) / waits.length
  if (steps.length === 0 || mean === 0 || share === 1) return Number.POSITIVE_INFINITY
  const variance = steps.reduce((sum, step) => sum + step, 0) / (2 * steps.length)
  return variance / (mean * (1 - share) ** 2)
}

function crowdedIn(seen: readonly MachineReading[]): Starvation['crowded'] {
  let [time, stretches] = [0, 0]
  let wasCrowded = false
  for (const [i, reading] of seen.slice(1).entries()) {
    const before = seen[i]!
    const length = reading.at - before.at
    const waited = waitedBetween(before, reading)
    const isCrowded = waited > CALM * length
    // A wait is counted when it is over, and may have begun before the look.
    if (isCrowded) time += Math.max(length, waited) + (wasCrowded ? 0 : STARVATION_LOOK)
    if (isCrowded && !wasCrowded) stretches++
    wasCrowded = isCrowded
  }
  return { share: Math.min(1, time / (seen.at(-1)!.at - seen[0]!.at)), stretches }
}

function describe(first: MachineReading, last: MachineReading): string | undefined {
  const length = last.at - first.at
  const stolen = (last.stolen - first.stolen) / length
  if (stolen > STOLEN) return `the host took ${formatShare(stolen)} of a core for other machines`
  const others = used(first, last) / length
  const waited = (last.waited - first.waited) / length
  if (others < OTHERS || (waited < WAITED && last.idle - first.idle > LEFT * length)) return undefined
  return (
    `other programs used ${formatShare(others)} of a core, and the application waited for one ` +
    `${formatShare(waited)} of the time`
  )
}

function used(first: MachineReading, last: MachineReading): Milliseconds {
  return first.others === undefined || last.others === undefined ? 0 : last.others - first.others
}

function waitedBetween(first: MachineReading, last: MachineReading): Milliseconds {
  return Math.max(0, last.waited - first.waited)
}

function readerOf(pid: number | undefined, starved: StarvedThreads): () => Promise<MachineReading | undefined> {
  const tree = pid === undefined ? undefined : createProcessTreeProbe(pid)
  const { tick } = readUnits()
  const times = new WaitingThreads()
  let before: { at: Milliseconds; others: Milliseconds } | undefined
  return async () => {
    const application = await tree?.sample().catch(() => undefined)
    const [all, ...cores] = readCpuTicks()
    if (all === undefined) return undefined
    const [idle, stolen] = [all.idle * tick, all.stolen * tick]
    const { user, system } = process.cpuUsage()
    const others = application && all.total * tick - idle - stolen - application.cpuTime - (user + system) / 1_000
    const at = realClock.now()
    const isCrowded = before !== undefined && others !== undefined && others - before.others > OTHERS * (at - before.at)
    before = others === undefined ? undefined : { at, others }
    const waits = times.upTo(at, application, cores.length, isCrowded ? starved : undefined)
    return { at, idle, stolen, ...waits, others }
  }
}

/** Run and wait times of all threads of processes. */
class WaitingThreads {
  #known = new Map<string, ThreadTimes>()
  #sum: Milliseconds = 0
  #at: Milliseconds = 0

  /**
   * Sum of all waits up to now, with those of ended threads as they were last seen.
   * @param starved takes the threads that waited.
   */
  upTo(
    at: Milliseconds,
    application: Reading | undefined,
    cores: number,
    starved?: StarvedThreads,
  ): Pick<MachineReading, 'waited' | 'longestWait' | 'busy'> {
    let [longestWait, busy, all] = [0, 0, 0]
    const known = new Map<string, ThreadTimes>()
    for (const pid of application?.pids ?? []) {
      let [ran, most] = [0, 0]
      for (const [thread, now] of threadTimesOf(pid)) {
        const key = `${pid} ${thread}`
        const before = this.#known.get(key) ?? { ran: 0, waited: 0 }
        const since = Math.max(0, now.waited - before.waited)
        this.#sum += since
        longestWait = Math.max(longestWait, since)
        if (since > LEAST_WAIT * (at - this.#at)) starved?.add(pid, Number(thread))
        ran += Math.max(0, now.ran - before.ran)
        most = Math.max(most, now.ran - before.ran)
        known.set(key, now)
      }
      all += ran
      // Threads that never used more than a core together may all have waited for the same lock.
      busy = Math.max(busy, ran <= at - this.#at ? ran : most)
    }
    this.#known = known
    this.#at = at
    return { waited: this.#sum, longestWait, busy: Math.max(busy, all / cores) }
  }
}
