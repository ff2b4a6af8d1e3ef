import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, uptime } from 'node:os'
import { tried } from '../ground/tried.ts'
import type { Bytes } from '../ground/units.ts'
import { realClock } from './clock.ts'
import { type FamilyRecord, readRecord, recordFor } from './family-record.ts'
import { openFilesOf } from './open-files.ts'
import { noSuchProcess, type Probe, type Reading } from './probe.ts'
import { type ProcStat, readProcStat, readUnits } from './proc-stat.ts'
import { bytesIn, SharedMemory } from './shared-memory.ts'
import { TaskTimes } from './task-times.ts'
import { Wrappers, wordsIn } from './wrappers.ts'

export interface TreeOptions {
  /** CPU to the nanosecond, where the system has that. */
  isFine?: boolean
  /** How much memory the processes share. */
  isSharedOnce?: boolean
}

/**
 * A process, its children and theirs, read from `/proc` directly: no process is started, and a look takes
 * well under a millisecond.
 *
 * Memory is the sum of the resident sets, and their shared part stands next to it. CPU must survive the coming and
 * going of processes:
 *
 *   cpu = sum over the living of (own + reaped) + orphaned
 *
 * When a process ends and its parent waits for it, the kernel moves all it used, its own and its children's,
 * to the parent's `reaped` (cutime, cstime): the sum is the same. Processes that come and go between two
 * looks are counted by that alone. When nobody in the tree waits for it (its parent ended first, or ignores
 * SIGCHLD), what it had used at the last look is kept in `orphaned`. Which of the two it was shows in the
 * nearest surviving ancestor: its `reaped` has grown by at least as much, or it has not.
 *
 * A process that was seen once belongs to the tree as long as it lives, whoever its parent is by then. So do those that
 * the supervisor of an application has found (family-record); what they used before they were found is not counted.
 *
 * Shells and package managers in front of the application (wrappers) are looked at as well, for what they have reaped;
 * what they use themselves is not counted.
 *
 * A look that is `fine` has what the living have used to the nanosecond (task-times), for the price of a file for each
 * thread. What the ended had used comes in ticks all the same, those of each process rounded down once.
 */
export class LinuxProcessTree implements Probe {
  readonly subject: string
  readonly pid: number
  readonly #units = readUnits()
  #known = new Map<number, ProcStat>()
  #orphaned = 0
  /** CPU of orphans after the last look at them, at the most, in milliseconds. */
  #unseen = 0
  #lookedAt = 0
  /** Time of the last look in ticks after boot. */
  #lookedIn = 0
  #recordPath: string | undefined
  #record: FamilyRecord | undefined
  /** What had ended by the last look. */
  #inTicks: number | undefined
  #looks = 0
  readonly #wrappers = new Wrappers(argvOf)
  readonly #times: TaskTimes | undefined
  readonly #shared: SharedMemory | undefined
  /** The most memory that each process has had, by the last look. */
  #highest = new Map<number, Bytes>()

  constructor(pid: number, { isFine, isSharedOnce }: TreeOptions = {}) {
    this.pid = pid
    this.#times = isFine ? new TaskTimes() : undefined
    this.#shared = isSharedOnce ? new SharedMemory() : undefined
    this.subject = `pid ${pid}`
  }

  async sample(): Promise<Reading> {
    const living = this.#look()
    const relatives = [...living.values()].filter(({ zombie }) => !zombie)
    const wrappers = this.#wrappers.among(relatives)
    for (const pid of wrappers) Object.assign(living.get(pid)!, { own: 0, resident: 0 })
    const lost = lostBetween(this.#known, living, this.#times ? ROUNDING : 0)
    this.#orphaned += lost
    const now = realClock.now()
    // Less may be the rounding of a parent that has waited.
    if (lost > ROUNDING) this.#unseen += (now - this.#lookedAt) * availableParallelism()
    this.#lookedAt = now
    this.#known = living
    this.#times?.keep(living)
    let ticks = this.#orphaned
    let inTicks = this.#orphaned
    let pages = 0
    const pids: number[] = []
    for (const stat of living.values()) {
      ticks += stat.own + stat.reaped
      inTicks += stat.reaped
      pages += stat.resident
      if (!stat.zombie && !wrappers.has(stat.pid)) pids.push(stat.pid)
    }
    if (relatives.length === 0) throw noSuchProcess(this.pid)
    const [memory, cpuTime] = [pages * this.#units.page, ticks * this.#units.tick]
    const leftOut = [...wrappers]
    const isFine = this.#times?.areFine === true && inTicks === (this.#inTicks ?? inTicks)
    this.#inTicks = inTicks
    const roots = pids.filter(pid => wrappers.has(living.get(pid)!.ppid) || !living.has(living.get(pid)!.ppid))
    const cpu = { cpuTime, cpuUnseen: this.#unseen, ...(this.#times && { isFine }) }
    const openFiles = this.#shared && this.#looks % THOROUGH === 1 ? openFilesOf(pids) : undefined
    const elsewhere = this.#record?.elsewhere ?? undefined
    const which = { elsewhere, processes: pids.length, pids, roots, openFiles, ...(leftOut.length > 0 && { leftOut }) }
    const shared = await this.#shared?.of(pids)
    const ofMemory = { memory, isOfProcesses: true, ...(shared !== undefined && { shared }) }
    const spike = this.#shared && this.#spikeOf(pids.map(pid => living.get(pid)!))
    const reading: Reading = { ...ofMemory, ...(spike !== undefined && { spike }), ...cpu, ...which }
    return pids.length > 0 ? reading : { ...reading, missing: this.#wrappers.whyNothing }
  }

  title(processes: number): string | undefined {
    return this.#wrappers.title(processes)
  }

  /** How much more memory than now one of them has had since the look before: the kernel keeps the most of each. */
  #spikeOf(living: readonly ProcStat[]): Bytes {
    const before = this.#highest
    this.#highest = new Map(living.map(({ pid }) => [pid, highestOf(pid)]))
    const spikes = living.map(({ pid, resident }) => {
      const highest = this.#highest.get(pid)!
      return highest > (before.get(pid) ?? 0) ? highest - resident * this.#units.page : 0
    })
    return Math.max(0, ...spikes)
  }

  #look(): Map<number, ProcStat> {
    const living = new Map<number, ProcStat>()
    // By then its number may be that of another.
    const first = this.#looks === 0
    const isThorough = this.#looks++ % THOROUGH === 0
    const children = childrenLister(isThorough)
    const queue = first ? [this.pid] : [...this.#known.keys()]
    if (first) this.#recordPath = recordFor(this.pid)
    if (isThorough && this.#recordPath) this.#record = readRecord(this.#recordPath) ?? this.#record
    const kin = this.#record?.seen ?? new Map<number, number>()
    queue.push(...kin.keys())
    for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
      if (living.has(pid)) continue
      const stat = readProcStat(pid)
      // A known number under which another process runs by now.
      const known = this.#known.get(pid)
      if (stat === undefined || (known && known.started !== stat.started)) continue
      const began = kin.get(pid)
      if (!known && began !== undefined && began !== stat.started) continue
      if (this.#times) stat.own = this.#times.of(stat, this.#units.tick) / this.#units.tick
      living.set(pid, stat)
      if (!stat.zombie) queue.push(...children(pid))
    }
    if (!first)
      for (const stat of living.values()) if (this.#isLate(stat, living)) this.#orphaned -= stat.own + stat.reaped
    this.#lookedIn = Math.floor((uptime() * 1000) / this.#units.tick)
    return living
  }

  /** Whether it was there at the last look, and descends from no process that was seen then. */
  #isLate(stat: ProcStat, living: ReadonlyMap<number, ProcStat>): boolean {
    if (stat.started >= this.#lookedIn) return false
    for (let one: ProcStat | undefined = stat; one; one = living.get(one.ppid))
      if (this.#known.has(one.pid)) return false
    return true
  }
}

const highestOf = (pid: number): Bytes =>
  bytesIn(tried(() => readFileSync(`/proc/${pid}/status`, 'latin1')) ?? '', 'VmHWM') ?? 0

function argvOf(pid: number): string[] {
  return wordsIn(tried(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '')
}

/** What the kernel's two sums of a process, each in whole ticks, may have grown less than it did. */
const ROUNDING = 2

/**
 * Ticks of processes that ended between two looks without anybody in the tree having waited for them.
 *
 * @param rounding what an heir may be short of and have waited all the same.
 */
export function lostBetween(before: ReadonlyMap<number, ProcStat>, after: ReadonlyMap<number, ProcStat>, rounding = 0) {
  /** CPU time that each surviving ancestor should have inherited. */
  const due = new Map<number, number>()
  let lost = 0
  for (const [pid, ended] of before) {
    if (after.has(pid)) continue
    const used = ended.own + ended.reaped
    const heir = survivingAncestor(ended, before, after)
    if (heir === undefined) lost += used
    else due.set(heir, (due.get(heir) ?? 0) + used)
  }
  for (const [heir, used] of due) {
    const grown = (after.get(heir) as ProcStat).reaped - (before.get(heir) as ProcStat).reaped
    if (used - grown > rounding) lost += used - grown
  }
  return lost
}

function survivingAncestor(
  of: ProcStat,
  before: ReadonlyMap<number, ProcStat>,
  after: ReadonlyMap<number, ProcStat>,
): number | undefined {
  for (let parent = before.get(of.ppid); parent; parent = before.get(parent.ppid)) {
    if (after.has(parent.pid)) return parent.pid
  }
  return undefined
}

const kernelListsChildren = existsSync(`/proc/${process.pid}/task/${process.pid}/children`)

/** Every so many looks, a second of a meter's, all threads are asked for their children; else the first of each. */
const THOROUGH = 5

/**
 * A child belongs to the thread that started it. Most have been started by the first, and to ask every thread each time
 * is most of what a look costs. Kernels without that file: by everybody's parent.
 */
function childrenLister(isThorough: boolean): (pid: number) => readonly number[] {
  if (kernelListsChildren) return pid => listedByKernel(pid, isThorough ? entries(`/proc/${pid}/task`) : [String(pid)])
  let byParent: Map<number, number[]> | undefined
  return pid => {
    byParent ??= everybodyByParent()
    return byParent.get(pid) ?? []
  }
}

function listedByKernel(pid: number, threads: readonly string[]): number[] {
  const found: number[] = []
  for (const thread of threads) {
    try {
      const list = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
      for (const child of list.split(' ')) if (child.trim() !== '') found.push(Number(child))
    } catch {
      // The thread has ended meanwhile.
    }
  }
  return found
}

export function everybodyByParent(): Map<number, number[]> {
  const byParent = new Map<number, number[]>()
  for (const name of entries('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? readProcStat(pid) : undefined
    if (stat === undefined) continue
    const siblings = byParent.get(stat.ppid)
    if (siblings) siblings.push(pid)
    else byParent.set(stat.ppid, [pid])
  }
  return byParent
}

function entries(directory: string): string[] {
  return tried(() => readdirSync(directory)) ?? []
}
