import { readdirSync, readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'

/** One process, from `/proc/<pid>/stat` (proc(5)). Times in clock ticks, memory in pages. */
export interface ProcStat {
  pid: number
  ppid: number
  group: number
  /** The session it is in, which a group does not leave. */
  session: number
  /** Exited, but not yet waited for by its parent. */
  zombie: boolean
  /** Used by itself. */
  own: number
  /** Used by its children that have ended and were waited for, and by theirs. */
  reaped: number
  /** Ticks after boot; with the pid, a process's identity. */
  started: number
  resident: number
}

/** Every process of the machine. */
export function allProcesses(): ProcStat[] {
  const names = tried(() => readdirSync('/proc')) ?? []
  return names.flatMap(name => (/^\d+$/.test(name) ? (readProcStat(Number(name)) ?? []) : []))
}

/** Undefined when there is no such process. */
export function readProcStat(pid: number): ProcStat | undefined {
  const text = tried(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return text === undefined ? undefined : parseProcStat(text)
}

export function parseProcStat(text: string): ProcStat {
  // The second field is the command in parentheses, which may hold spaces and parentheses; the third comes
  // after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const field = (n: number) => Number(fields[n - 3])
  const zombie = fields[0] === 'Z' || fields[0] === 'X'
  return {
    pid: Number.parseInt(text, 10),
    ppid: field(4),
    group: field(5),
    session: field(6),
    zombie,
    own: field(14) + field(15),
    reaped: field(16) + field(17),
    started: field(22),
    resident: zombie ? 0 : field(24),
  }
}

/** How long a thread has run, and has waited for a core. */
export interface ThreadTimes {
  ran: Milliseconds
  waited: Milliseconds
}

/**
 * Times of the living threads of a process, by number; empty if the system does not report them. Source:
 * `/proc/<pid>/task/<tid>/schedstat`, the first two fields in nanoseconds (sched-stats in the kernel's documentation).
 */
export function threadTimesOf(pid: number): Map<string, ThreadTimes> {
  const threads = new Map<string, ThreadTimes>()
  for (const id of tried(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
    const text = tried(() => readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'latin1')) ?? ''
    const [ran = Number.NaN, waited = Number.NaN] = text.split(' ', 2).map(field => Number.parseInt(field, 10) / 1e6)
    if (Number.isFinite(ran + waited)) threads.set(id, { ran, waited })
  }
  return threads
}

const narrow = new Set<string>(['arm', 'ia32', 'mips', 'mipsel'])

/**
 * Milliseconds a clock tick and bytes a page, from the auxiliary vector (getauxval(3)); the usual ones where
 * it cannot be read.
 */
export function readUnits(): { tick: number; page: number } {
  const AT_PAGESZ = 6
  const AT_CLKTCK = 17
  let page = 4096
  let ticksPerSecond = 100
  try {
    const { buffer, byteOffset, length } = readFileSync('/proc/self/auxv')
    const bytes = buffer.slice(byteOffset, byteOffset + length)
    const words = narrow.has(process.arch) ? new Uint32Array(bytes) : new BigUint64Array(bytes)
    for (let i = 0; i + 1 < words.length; i += 2) {
      const [type, value] = [Number(words[i]), Number(words[i + 1])]
      if (type === AT_PAGESZ) page = value
      if (type === AT_CLKTCK) ticksPerSecond = value
    }
  } catch {
    // A hardened kernel may hide it.
  }
  return { tick: 1000 / ticksPerSecond, page }
}

/**
 * How long the calling thread was ready to run but had to wait for a core, since it began: the second field of Linux's
 * `/proc/thread-self/schedstat`, in nanoseconds (sched-stats in the kernel's documentation). Undefined elsewhere.
 */
export function waitedForCore(): Milliseconds | undefined {
  return tried(() => parseSchedstat(readFileSync('/proc/thread-self/schedstat', 'latin1')))
}

export function parseSchedstat(text: string): Milliseconds | undefined {
  const bytes = Buffer.from(text, 'latin1')
  return waitIn(bytes, bytes.length)
}

const SPACE = 0x20
const ZERO = 0x30

/** Does as `parseSchedstat`, of the bytes that were read: nothing is allocated. */
export function waitIn(bytes: Uint8Array, length: number): Milliseconds | undefined {
  let nanoseconds = 0
  const from = bytes.indexOf(SPACE) + 1
  for (let i = from; i < length && bytes[i] !== SPACE; i++) {
    const digit = bytes[i]! - ZERO
    if (digit < 0 || digit > 9) return undefined
    nanoseconds = nanoseconds * 10 + digit
  }
  return from > 0 && from < length ? nanoseconds / 1e6 : undefined
}

let tick: Milliseconds | undefined

/**
 * How long the cores on which this process may run (`Cpus_allowed_list` of `/proc/self/status`, proc(5)) have done
 * nothing since the machine was started, added up. Undefined where the system does not tell.
 */
export function sparedByCores(): Milliseconds | undefined {
  const cores = readCpuTicks()
  const allowed = ownProcessors()
  tick ??= readUnits().tick
  return cores.length > 1 && allowed.length > 0 ? idleOf(cores, allowed) * tick : undefined
}

/** @returns ticks */
export function idleOf(cores: readonly CpuTicks[], allowed: readonly number[]): number {
  return cores.reduce((sum, { cpu, idle }) => (cpu !== undefined && allowed.includes(cpu) ? sum + idle : sum), 0)
}

/** Numbers of the processors that this process may use; none where the system does not say. */
export function ownProcessors(): number[] {
  const status = tried(() => readFileSync('/proc/self/status', 'utf8'))
  return processorsIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status ?? '')?.[1] ?? '')
}

/** Processors of a list in the kernel's form: `0-2,5`. */
export function processorsIn(list: string): number[] {
  return list
    .split(',')
    .filter(Boolean)
    .flatMap(range => {
      const [from, to = from] = range.split('-').map(Number) as [number, number?]
      return Array.from({ length: to! - from + 1 }, (_, i) => from + i)
    })
}

/** Linux counters of each CPU, in ticks: `/proc/stat` (proc(5)). */
export interface CpuTicks {
  /** Number of the CPU; undefined for all together. */
  cpu?: number
  /** Time with nothing to run, also while it waited for a disk. */
  idle: number
  /** Taken by the host for other machines. */
  stolen: number
  /** Time of any kind, stolen included. */
  total: number
}

/** First all CPUs together, then each. Empty where there is no such file. */
export function readCpuTicks(): CpuTicks[] {
  return parseCpuTicks(tried(() => readFileSync('/proc/stat', 'latin1')) ?? '')
}

export function parseCpuTicks(text: string): CpuTicks[] {
  const lines = text.split('\n').filter(line => /^cpu\d*\s/.test(line))
  return lines.map(line => {
    // user nice system idle iowait irq softirq steal; what guests use is part of user and nice.
    const [name = '', ...fields] = line.trim().split(/\s+/)
    const ticks = fields.slice(0, 8).map(Number)
    return {
      ...(name !== 'cpu' && { cpu: Number(name.slice(3)) }),
      idle: (ticks[3] ?? 0) + (ticks[4] ?? 0),
      stolen: ticks[7] ?? 0,
      total: ticks.reduce((sum, one) => sum + one, 0),
    }
  })
}
