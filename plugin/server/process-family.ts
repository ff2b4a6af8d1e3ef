import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { sleep } from '../../src/ground/timers.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import type { FamilyRecord } from '../../src/measure/family-record.ts'
import { allProcesses, type ProcStat, readProcStat } from '../../src/measure/proc-stat.ts'
import { listenersAt } from './port-owner.ts'

/** Time without any process until a family counts as ended, and the maximum while a process loads a program. */
const [CERTAIN, LOADING]: [Milliseconds, Milliseconds] = [30, 500]
/** How long what was killed has to be gone, and how often it is killed meanwhile: one may start another. */
const [KILLED, TRIES]: [Milliseconds, number] = [2000, 4]

/** A variable in the environment of all that is supervised: the process for which, and an id. */
export const MARK = 'VITEST_ARAZZO_SERVER'

interface Look {
  members(family: ProcessFamily): ProcessEntry[]
  isAnyLoading(after: number): boolean
}

/** Marks of a family on Linux, where the start of a process tells it from a later one of the same number. */
export interface FamilyMarks extends Omit<FamilyRecord, 'supervisor' | 'mark' | 'elsewhere' | 'scratch'> {
  /** The latest start of a process that belongs to it for no more than that it listens at the port. */
  until?: number
}

/** Started command, and the means to find its processes. */
export interface ProcessFamily {
  /** The shell's pid, which is also the id of its process group. */
  pid: number
  /** `NAME=value` in the environment of everything it started. */
  mark: string
  kin?: FamilyMarks | undefined
}

/** Marks of a family that has not begun; undefined on other systems than Linux. */
export function familyMarksOf(supervisor: number, owner: number, port: number | undefined): FamilyMarks | undefined {
  const since = beginOf(supervisor)
  if (since === undefined) return undefined
  const parents = new Map(processTable().map(entry => [entry.pid, entry.ppid]))
  const adopters = [1]
  for (let one = parents.get(owner); one !== undefined && one > 1; one = parents.get(one)) adopters.push(one)
  return { port, since, adopters, seen: new Map<number, number>() }
}

/**
 * Living processes of a family: the shell's group and session, all their descendants, and on Linux processes that
 * inherited the mark, were seen among them once, or listen at the port as a daemon. This finds a daemon that left the
 * group, whose parent has ended, and which has another environment.
 */
export function membersOf(family: ProcessFamily): ProcessEntry[] {
  const living = processTable().filter(entry => !entry.zombie && entry.pid !== process.pid)
  const found = new Set(living.filter(entry => isFounder(entry, family)).map(entry => entry.pid))
  withDescendants(found, living)
  const { kin } = family
  if (kin === undefined) return living.filter(entry => found.has(entry.pid))
  for (const pid of daemonsIn(living, found, family.mark, kin)) found.add(pid)
  withDescendants(found, living)
  const members = living.filter(entry => found.has(entry.pid))
  for (const { pid, started = 0 } of members) kin.seen.set(pid, started)
  return members
}

function withDescendants(found: Set<number>, living: readonly ProcessEntry[]): void {
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const entry of living) if (found.has(entry.ppid)) found.add(entry.pid)
  }
}

/**
 * Processes that were orphaned since the family began, and listen at its port or have its output. Processes that
 * another daemon has started, as that of Docker, are children of that daemon.
 */
function daemonsIn(
  living: readonly ProcessEntry[],
  found: ReadonlySet<number>,
  mark: string,
  { since, until = Number.POSITIVE_INFINITY, adopters, port, outputs = [] }: FamilyMarks,
): number[] {
  const young = new Map(
    living.filter(({ started = 0 }) => started >= since && started <= until).map(one => [one.pid, one]),
  )
  const isAdopted = (one: ProcessEntry): boolean => {
    const parent = young.get(one.ppid)
    return parent ? isAdopted(parent) : adopters.includes(one.ppid)
  }
  const isForeign = (pid: number) =>
    environmentOf(pid).some(variable => variable.startsWith(`${MARK}=`) && variable !== mark)
  const isStray = (one: ProcessEntry) => !found.has(one.pid) && isAdopted(one) && !isForeign(one.pid)
  const strays = [...young.values()].filter(isStray).map(({ pid }) => pid)
  if (strays.length === 0) return []
  const listens = port === undefined ? () => false : listenersAt(port).includes
  const writes = (pid: number) => outputsOf(pid).some(output => outputs.includes(output))
  return strays.filter(pid => writes(pid) || listens(pid))
}

/** Output and error output of a process, as the system names them. */
export const outputsOf = (pid: number): string[] =>
  [1, 2].flatMap(fd => tried(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [])

/** Members that have left the shell: none is in its group, or descends from one that is. */
export function strayed(members: readonly ProcessEntry[], { pid }: ProcessFamily): ProcessEntry[] {
  const near = new Set(members.filter(entry => entry.group === pid || entry.pid === pid).map(entry => entry.pid))
  withDescendants(near, members)
  return members.filter(entry => !near.has(entry.pid))
}

/**
 * Returns a function that tells whether a process of a family lives. All processes are read if no known one lives, and
 * more than once: a process that loads a program cannot be identified for a moment.
 */
export function livesOf(family: ProcessFamily, look: Look = { members: membersOf, isAnyLoading }): () => boolean {
  if (process.platform === 'win32') return () => send(family.pid, 0)
  let members: ProcessEntry[] = []
  let goneSince: Milliseconds | undefined
  return () => {
    if (members.some(livesOn)) return true
    members = look.members(family)
    if (members.length > 0) goneSince = undefined
    else {
      goneSince ??= performance.now()
      const gone = performance.now() - goneSince
      return gone < CERTAIN || (gone < LOADING && look.isAnyLoading(process.pid))
    }
    return true
  }
}

/**
 * Ends a family: politely, and after `grace` for certain. Resolves to whether it is gone: a process in an
 * uninterruptible call (a dead network disk), or of another user, may outlast even this, and is not waited for.
 *
 * @param hurry makes the grace end at once; asked again and again.
 */
export async function endFamily(family: ProcessFamily, grace: Milliseconds, hurry = () => false): Promise<boolean> {
  if (grace > 0) {
    signalFamily(family, 'SIGTERM')
    if (await isGoneWithin(family, grace, hurry)) return true
  }
  for (let tries = 0; tries < TRIES; tries++) {
    signalFamily(family, 'SIGKILL')
    if (await isGoneWithin(family, KILLED / TRIES)) return true
  }
  return false
}

async function isGoneWithin(of: ProcessFamily, time: Milliseconds, hurry = () => false): Promise<boolean> {
  const until = performance.now() + time
  const isAlive = livesOf(of)
  while (isAlive()) {
    if (performance.now() >= until || hurry()) return false
    await sleep(20)
  }
  return true
}

/** Sends a signal to every member, the group as one. Members that have ended meanwhile are not an error. */
export function signalFamily(family: ProcessFamily, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    endTreeOnWindows(family.pid)
    return
  }
  // Listed first: when the shell is dead, its children that left the group have no parent any more.
  const members = membersOf(family)
  if (members.some(({ group }) => group === family.pid)) send(-family.pid, signal)
  for (const member of members) if (member.group !== family.pid) send(member.pid, signal)
}

function isFounder({ pid, group, session, started }: ProcessEntry, { pid: shell, mark, kin }: ProcessFamily): boolean {
  const start = kin?.seen.get(pid)
  if (start !== undefined && start === started) return true
  // Another process has the number of the shell by now.
  if (pid === shell && start !== undefined) return false
  if (pid === shell || group === shell || session === shell) return true
  // Processes that are older than the family cannot have its mark: their environment is not read.
  if (kin !== undefined && started !== undefined && started < kin.since) return false
  return process.platform === 'linux' && environmentOf(pid).includes(mark)
}

const send = (pid: number, signal: NodeJS.Signals | 0) => tried(() => process.kill(pid, signal)) ?? false

/** Windows has neither groups nor SIGTERM: the tree is ended at once. */
function endTreeOnWindows(pid: number): void {
  // It may have ended already.
  tried(() => execFileSync('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore' }))
}

/** Parent of the kernel's threads. */
const KERNEL = 2

/** A process; session and start are absent where they are not known. */
export type ProcessEntry = Pick<ProcStat, 'pid' | 'ppid' | 'group' | 'zombie'> &
  Partial<Pick<ProcStat, 'session' | 'started'>>

/**
 * Every process of the machine. Synchronous, so that an exit hook can ask. From /proc on Linux, where `ps` may be
 * BusyBox's, which knows no groups.
 */
export function processTable(): ProcessEntry[] {
  return process.platform === 'linux' ? allProcesses() : fromPs()
}

/**
 * Whether a process lives on as it was in a table, for certain only when true. On Linux that is one file to read
 * instead of two for each process of the machine; elsewhere it is never known.
 */
function livesOn({ pid, ppid, group }: ProcessEntry): boolean {
  const now = process.platform === 'linux' ? readProcStat(pid) : undefined
  return now !== undefined && !now.zombie && now.ppid === ppid && now.group === group
}

/** When a process began, in ticks since the system did; undefined where that is not known. */
export const beginOf = (pid: number): number | undefined =>
  process.platform === 'linux' ? readProcStat(pid)?.started : undefined

/** The environment a process was started with; empty where that cannot be read. */
export function environmentOf(pid: number): string[] {
  return read(`/proc/${pid}/environ`)?.split('\0') ?? []
}

/**
 * Whether a process that began after another one is loading a program: its environment is then empty for a moment. The
 * same holds for processes without an environment. Other systems than Linux do not show it.
 */
export function isAnyLoading(after: number): boolean {
  if (process.platform !== 'linux') return false
  const since = readProcStat(after)?.started ?? 0
  return allProcesses().some(({ pid, ppid, zombie, started }) => {
    return !zombie && ppid !== KERNEL && started >= since && read(`/proc/${pid}/environ`) === ''
  })
}

function fromPs(): ProcessEntry[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], { encoding: 'utf8' }).trim().split('\n')
  return lines.map(line => {
    const [pid, ppid, group, state] = line.trim().split(/\s+/)
    return { pid: Number(pid), ppid: Number(ppid), group: Number(group), zombie: state?.startsWith('Z') ?? false }
  })
}

const read = (file: string) => tried(() => readFileSync(file, 'utf8'))
