import { execFileSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { tried } from '../../src/ground/tried.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { environmentOf, isAnyLoading, livesOn, type ProcessEntry, processTable } from './process-table.ts'

/** How long nobody of a family is seen until it is gone, and how long at the most while somebody loads a program. */
const [CERTAIN, LOADING]: [Milliseconds, Milliseconds] = [30, 500]

interface Look {
  members(family: ProcessFamily): ProcessEntry[]
  isAnyLoading(after: number): boolean
}

/** A command that was started, and how to know what came of it. */
export interface ProcessFamily {
  /** The shell's pid, which is also the id of its process group. */
  pid: number
  /** `NAME=value` in the environment of everything it started. */
  mark: string
}

/**
 * The living processes of a family: the shell's group, all their descendants, and on Linux whoever inherited the
 * mark. The mark also finds a daemon that left the group and whose parent has ended.
 */
export function membersOf(family: ProcessFamily): ProcessEntry[] {
  const living = processTable().filter(entry => !entry.zombie && entry.pid !== process.pid)
  const found = new Set(living.filter(entry => isFounder(entry, family)).map(entry => entry.pid))
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const entry of living) if (found.has(entry.parent)) found.add(entry.pid)
  }
  return living.filter(entry => found.has(entry.pid))
}

/**
 * Tells, whenever asked, whether anybody of a family lives: all processes are read once nobody of before does, and not
 * only once. One of them may be loading a program, in which it cannot be told whose it is.
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

/** Sends a signal to every member, the group as one. Whoever has ended meanwhile is not an error. */
export function signalFamily(family: ProcessFamily, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    endTreeOnWindows(family.pid)
    return
  }
  // Listed first: once the shell is dead, children of it that left the group are nobody's children.
  const members = membersOf(family)
  send(-family.pid, signal)
  for (const member of members) if (member.group !== family.pid) send(member.pid, signal)
}

function isFounder(entry: ProcessEntry, family: ProcessFamily): boolean {
  if (entry.pid === family.pid || entry.group === family.pid) return true
  return process.platform === 'linux' && environmentOf(entry.pid).includes(family.mark)
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  return tried(() => process.kill(pid, signal)) ?? false
}

/** Windows has neither groups nor SIGTERM: the tree is ended at once. */
function endTreeOnWindows(pid: number): void {
  // It may have ended already.
  tried(() => execFileSync('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore' }))
}
