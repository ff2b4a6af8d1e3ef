import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { tried } from '../../src/ground/tried.ts'

/** Place of the start among the fields behind the name (proc_pid_stat(5): field 22). */
const BEGAN = 19
/** Parent of the kernel's threads. */
const KERNEL = 2

export interface ProcessEntry {
  pid: number
  parent: number
  group: number
  /** The session it is in, which a group does not leave; absent where that is not known. */
  session?: number
  /** Ended, but not yet collected by its parent: it holds nothing and cannot be killed. */
  zombie: boolean
  /** When it began, in ticks since the system did; absent where that is not known. */
  began?: number
}

/**
 * Every process of the machine. Synchronous, so that an exit hook can ask. From /proc on Linux, where `ps` may be
 * BusyBox's, which knows no groups.
 */
export function processTable(): ProcessEntry[] {
  return process.platform === 'linux' ? fromProc() : fromPs()
}

/**
 * Whether a process lives on as it was in a table, for certain only when true. On Linux that is one file to read
 * instead of two for each process of the machine; elsewhere it is never known.
 */
export function livesOn({ pid, parent, group }: ProcessEntry): boolean {
  const now = process.platform === 'linux' ? entryInProc(pid) : undefined
  return now !== undefined && !now.zombie && now.parent === parent && now.group === group
}

/** When a process began, in ticks since the system did; undefined where that is not known. */
export const beginOf = (pid: number): number | undefined =>
  process.platform === 'linux' ? entryInProc(pid)?.began : undefined

/** The environment a process was started with; empty where that cannot be read. */
export function environmentOf(pid: number): string[] {
  return read(`/proc/${pid}/environ`)?.split('\0') ?? []
}

/**
 * Whether a program is being loaded in a process that began after another one: for that moment it has no environment to
 * be known by. So has one that was started without any, and on other systems than Linux nobody is.
 */
export function isAnyLoading(after: number): boolean {
  if (process.platform !== 'linux') return false
  const since = entryInProc(after)?.began ?? 0
  return fromProc().some(({ pid, parent, zombie, began = 0 }) => {
    return !zombie && parent !== KERNEL && began >= since && read(`/proc/${pid}/environ`) === ''
  })
}

function fromProc(): ProcessEntry[] {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  return pids.flatMap(name => entryInProc(Number(name)) ?? [])
}

function entryInProc(pid: number): ProcessEntry | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  // `4711 (name, which may have spaces and parentheses) S parent group ...`
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, ...numbers] = fields
  const [parent, group, session] = numbers.map(Number) as [number, number, number]
  return { pid, parent, group, session, zombie: state === 'Z', began: Number(fields[BEGAN]) }
}

function fromPs(): ProcessEntry[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n')
  return lines.map(line => {
    const [pid, parent, group, state] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), group: Number(group), zombie: state?.startsWith('Z') ?? false }
  })
}

function read(file: string): string | undefined {
  return tried(() => readFileSync(file, 'utf8'))
}
