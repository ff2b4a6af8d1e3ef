import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { availableParallelism, uptime } from 'node:os'
import { grouped } from '../ground/group.ts'
import { once } from '../ground/once.ts'
import { tried } from '../ground/tried.ts'
import type { Bytes, Milliseconds } from '../ground/units.ts'
import { realClock } from './clock.ts'
import { type FamilyRecord, readRecord, recordFor } from './family-record.ts'
import { noSuchProcess, type Probe, type Reading } from './probe.ts'
import { allProcesses, type ProcStat, readProcStat, readUnits, type ThreadTimes, threadTimesOf } from './proc-stat.ts'
import { Wrappers, wordsIn } from './wrappers.ts'

/** Memory of one process, as the kernel divides it. */
interface Portion {
  /** Resident set without its share of pages that others have, too: what counting each process on its own adds. */
  shared: Bytes
  pssOfFiles: Bytes
  files: Bytes
}

/** Time between two readings, as a multiple of their own time: the kernel walks all pages (1 ms for 15 MB). */
const REST = 100
/** Time between two readings after processes began or ended, as such a multiple. */
const REST_AFTER_CHANGE = 20

/**
 * Memory that processes of a tree share and that the sum of their resident sets has several times: pages from before a
 * fork, shared buffers, files of programs and libraries. Each page is to count once:
 *
 *   memory = sum of PSS + (files of the process with most of them - sum of PSS of files, if above 0)
 *
 * The proportional set size (proc_pid_smaps(5)) divides a page by the number of processes that have it. Processes
 * outside the tree share files as well, of which the second part takes back what they would have divided: the figure
 * does not depend on what else runs, and of a single process it is the resident set.
 *
 * Reading takes long for large processes, so that it is done at times, next to the looks. In between the shared part of
 * each process counts as it was last; that of a process that began meanwhile counts as 0.
 */
class SharedMemory {
  #portions = new Map<number, Portion>()
  #reading: Promise<void> | undefined
  #ended: Milliseconds = 0
  #took: Milliseconds = 0
  #isUnknown = false

  /** Bytes that the sum of resident sets has too much; undefined where the system does not tell it of each process. */
  async of(pids: readonly number[]): Promise<Bytes | undefined> {
    if (this.#isUnknown) return undefined
    if (pids.length < 2) return 0
    const isFirst = this.#portions.size === 0
    if (this.#isDue(pids)) this.#reading ??= this.#read(pids)
    if (isFirst) await this.#reading
    if (this.#isUnknown) return undefined
    let [shared, pssOfFiles, files] = [0, 0, 0]
    for (const pid of pids) {
      const portion = this.#portions.get(pid)
      if (portion === undefined) continue
      shared += portion.shared
      pssOfFiles += portion.pssOfFiles
      files = Math.max(files, portion.files)
    }
    return Math.max(0, shared - Math.max(0, files - pssOfFiles))
  }

  #isDue(pids: readonly number[]): boolean {
    const hasChanged = pids.length !== this.#portions.size || pids.some(pid => !this.#portions.has(pid))
    const rest = (hasChanged ? REST_AFTER_CHANGE : REST) * this.#took
    return this.#portions.size === 0 || realClock.now() - this.#ended >= rest
  }

  async #read(pids: readonly number[]): Promise<void> {
    const begun = realClock.now()
    const portions = new Map<number, Portion>()
    for (const pid of pids) {
      const portion = await portionOf(pid)
      if (portion === 'unknown') this.#isUnknown = true
      else if (portion !== undefined) portions.set(pid, portion)
      if (this.#isUnknown) break
    }
    this.#portions = portions
    this.#ended = realClock.now()
    this.#took = this.#ended - begun
    this.#reading = undefined
  }
}

/** Undefined for a process that has ended; `unknown` for one of another user, and on old kernels. */
async function portionOf(pid: number): Promise<Portion | 'unknown' | undefined> {
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1')
    const status = await readFile(`/proc/${pid}/status`, 'latin1')
    return portionIn(rollup, status)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return 'unknown'
    return code === 'ENOENT' && existsSync(`/proc/${pid}/stat`) ? 'unknown' : undefined
  }
}

/** An amount in a file of `/proc`; undefined if it is not there. */
function bytesIn(text: string, name: string): Bytes | undefined {
  const [, value] = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text) ?? []
  return value === undefined ? undefined : Number(value) * 1024
}

export function portionIn(rollup: string, status: string): Portion {
  const pssOfFiles = bytesIn(rollup, 'Pss_File')
  const shared = Math.max(0, (bytesIn(rollup, 'Rss') ?? 0) - (bytesIn(rollup, 'Pss') ?? 0))
  // Kernels before 5.4 do not tell files apart.
  if (pssOfFiles === undefined) return { shared, pssOfFiles: 0, files: 0 }
  return { shared, pssOfFiles, files: bytesIn(status, 'RssFile') ?? 0 }
}

interface Known {
  /** Ticks after boot, by which a process is known from a later one of the same number. */
  started: number
  /** Living threads, by number. */
  threads: ReadonlyMap<string, ThreadTimes>
  /** CPU time of threads that have ended. */
  ended: Milliseconds
}

/**
 * CPU time of processes to the nanosecond: the first field of `/proc/<pid>/task/<tid>/schedstat` of each thread, added
 * up (sched-stats in the kernel's documentation). Ticks are a hundred times as coarse as what a block of load costs.
 *
 * A thread that ends takes its count with it: what it had run when it was last seen is kept. What it ran after that,
 * and what threads ran that came and went between two looks, is in the ticks of the process, which hold all of its
 * threads for ever: their sum is rounded down, so that what is known is never less than the ticks say.
 */
export class TaskTimes {
  #known = new Map<number, Known>()

  /** CPU time of a process itself; in ticks if the system does not count threads. */
  of({ pid, own, started }: Pick<ProcStat, 'pid' | 'own' | 'started'>, tick: Milliseconds): Milliseconds {
    const before = this.#known.get(pid)
    const threads = threadTimesOf(pid)
    let ended = before?.started === started ? before.ended : 0
    if (before?.started === started)
      for (const [id, { ran }] of before.threads) if (!((threads.get(id)?.ran ?? -1) >= ran)) ended += ran
    let sum = ended
    for (const { ran } of threads.values()) sum += ran
    const unseen = Math.max(0, own * tick - sum)
    this.#known.set(pid, { started, threads, ended: ended + unseen })
    return sum + unseen
  }

  /** Whether the system counts the threads of all that it was asked for. */
  get areFine(): boolean {
    return [...this.#known.values()].every(({ threads }) => threads.size > 0)
  }

  /** Forgets processes that are gone. */
  keep(living: ReadonlyMap<number, unknown>): void {
    for (const pid of this.#known.keys()) if (!living.has(pid)) this.#known.delete(pid)
  }
}

export interface TreeOptions {
  /** CPU to the nanosecond, where the system has that. */
  isFine?: boolean
  /** How much memory the processes share. */
  isSharedOnce?: boolean
}

/**
 * A process and its descendants, read from `/proc`. No process is started, and a look takes well under a millisecond.
 *
 * Memory is the sum of the resident sets, with their shared part next to it. CPU must be correct while processes start
 * and end:
 *
 *   cpu = sum over living processes of (own + reaped) + orphaned
 *
 * If a process ends and its parent waits for it, the kernel adds its CPU time and that of its children to the parent's
 * `reaped` (cutime, cstime), so the sum stays the same. This also counts processes that start and end between two
 * looks. If no process in the tree waits for it (its parent ended first, or ignores SIGCHLD), its last known CPU time
 * is kept in `orphaned`. The nearest surviving ancestor shows which case applies: its `reaped` has grown by at least as
 * much, or not.
 *
 * A process belongs to the tree for as long as it lives, with any parent. The same holds for processes that the
 * supervisor of an application found (family-record). Their CPU time before that is not counted.
 *
 * Shells and package managers in front of the application (wrappers) are read too, for their `reaped`. Their own CPU
 * time is not counted.
 *
 * A look that is `fine` reads CPU time in nanoseconds (task-times), at the cost of one file per thread. CPU time of
 * ended processes is in ticks, each process rounded down once.
 */
export class LinuxProcessTree implements Probe {
  readonly subject: string
  readonly pid: number
  readonly #read: typeof readProcStat
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
  /** CPU time of processes that had ended by the last look. */
  #inTicks: number | undefined
  #looks = 0
  readonly #wrappers = new Wrappers(argvOf)
  readonly #times: TaskTimes | undefined
  readonly #shared: SharedMemory | undefined
  /** The most memory that each process has had, by the last look. */
  #highest = new Map<number, Bytes>()

  constructor(pid: number, { isFine, isSharedOnce }: TreeOptions = {}, read = readProcStat) {
    this.#read = read
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
    const isFine = this.#times?.areFine === true && inTicks === (this.#inTicks ?? inTicks)
    this.#inTicks = inTicks
    const reading: Reading = {
      memory: pages * this.#units.page,
      isOfProcesses: true,
      shared: await this.#shared?.of(pids),
      spike: this.#shared && this.#spikeOf(pids.map(pid => living.get(pid)!)),
      cpuTime: ticks * this.#units.tick,
      cpuUnseen: this.#unseen,
      isFine: this.#times && isFine,
      processes: pids.length,
      pids,
      roots: pids.filter(pid => wrappers.has(living.get(pid)!.ppid) || !living.has(living.get(pid)!.ppid)),
      openFiles: this.#shared && this.#looks % THOROUGH === 1 ? openFilesOf(pids) : undefined,
      elsewhere: this.#record?.elsewhere ?? undefined,
      leftOut: wrappers.size > 0 ? [...wrappers] : undefined,
    }
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
      const stat = this.#read(pid)
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

const argvOf = (pid: number) => wordsIn(tried(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '')

/** Maximum rounding error of the kernel's two sums of a process, in whole ticks. */
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
 * A child belongs to the thread that started it. Most are started by the first thread, and reading all threads at each
 * look would take most of its time. Kernels without that file use the parents of all processes.
 */
function childrenLister(isThorough: boolean): (pid: number) => readonly number[] {
  if (kernelListsChildren) return pid => listedByKernel(pid, isThorough ? entries(`/proc/${pid}/task`) : [String(pid)])
  const byParent = once(processesByParent)
  return pid =>
    byParent()
      .get(pid)
      ?.map(child => child.pid) ?? []
}

/** For kernels without that file. */
export const processesByParent = (): Map<number, ProcStat[]> => grouped(allProcesses(), ({ ppid }) => ppid)

function listedByKernel(pid: number, threads: readonly string[]): number[] {
  return threads.flatMap(thread => {
    // The thread may have ended meanwhile.
    const list = tried(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')) ?? ''
    return list.trim().split(' ').filter(Boolean).map(Number)
  })
}

const entries = (directory: string): string[] => tried(() => readdirSync(directory)) ?? []

/** Files and sockets that a process has open, and how many it may have. */
export interface OpenFiles {
  count: number
  limit: number
}

/** Open files of the process that is nearest to its limit; undefined if no process can be read. */
function openFilesOf(pids: readonly number[]): OpenFiles | undefined {
  const all = pids.flatMap(pid => {
    const count = tried(() => readdirSync(`/proc/${pid}/fd`).length)
    const limits = tried(() => readFileSync(`/proc/${pid}/limits`, 'latin1')) ?? ''
    const limit = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1])
    return count === undefined || !(limit > 0) ? [] : [{ count, limit }]
  })
  return all.sort((a, b) => b.count / b.limit - a.count / a.limit)[0]
}
