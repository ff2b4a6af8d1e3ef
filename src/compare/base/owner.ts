import { execFileSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import { tried } from '../../ground/tried.ts'

/** A process, so described that no later one is taken for it. Short enough to be part of a name. */
export type Owner = ReturnType<typeof thisProcess>

/**
 * `started` stands for when it was started, and is `none` where the system does not say; `place` for the machine, or
 * container, in which that pid means it.
 */
export function thisProcess() {
  return { pid: process.pid, started: startOf(process.pid), place: thisPlace() }
}

/** A name that says to whom something belongs, so that there is no moment at which that is not known. */
export function ownedName(prefix: string, { pid, started, place } = thisProcess()): string {
  return `${prefix}${pid}-${started}-${place}-${randomUUID().slice(0, 8)}`
}

/** Owner in such a name; undefined for any other name. */
export function ownerIn(name: string, prefix: string): Owner | undefined {
  if (!name.startsWith(prefix)) return undefined
  const [, pid, started = '', place = ''] = /^(\d+)-(\w+)-(\w+)-\w+$/.exec(name.slice(prefix.length)) ?? []
  return pid === undefined ? undefined : { pid: Number(pid), started, place }
}

/** Whether a process has certainly ended: of one of another machine or container nothing is known. */
export function hasEnded({ pid, started, place }: Owner): boolean {
  if (place !== thisPlace()) return false
  if (!isThere(pid)) return true
  const now = startOf(pid)
  return started !== 'none' && now !== 'none' && now !== started
}

/** Whether there is a process with this number, of any user. */
export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function startOf(pid: number): string {
  const start = tried(() => (process.platform === 'linux' ? fromProc(pid) : fromPs(pid)))
  return start === undefined ? 'none' : digestOf(start)
}

/** Ticks since the machine was started, the 20th field after the name (which may hold anything), and which start. */
function fromProc(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Ended, and not yet collected by its parent.
  if (fields[0] === 'Z') return 'ended'
  return `${fields[19]} ${tried(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))}`
}

function fromPs(pid: number): string | undefined {
  if (process.platform === 'win32') return undefined
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
}

const thisPlace = (): string => digestOf(`${hostname()} ${tried(() => readlinkSync('/proc/self/ns/pid'))}`)

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10)
