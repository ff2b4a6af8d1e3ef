import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import process from 'node:process'
import { tried } from '../../src/ground/tried.ts'

/** Process that listens on a port. */
export interface PortOwner {
  pid: number
  /** Its command line, as far as it can be read. */
  command: string
}

/** Process that listens on a TCP port of this machine; undefined if it belongs to another user or does not exist. */
export function portOwnerOf(port: number): PortOwner | undefined {
  return tried(() => (process.platform === 'linux' ? fromProc(port) : fromLsof(port)))
}

function fromProc(port: number): PortOwner | undefined {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger)
  // Most callers look for a process that has just started.
  const pid = all.sort((a, b) => b - a).find(listenersAt(port).includes)
  return pid === undefined ? undefined : { pid, command: commandOf(pid) }
}

/** The command line of a process, as far as it can be read. */
export const commandOf = (pid: number): string =>
  (tried(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '').split('\0').join(' ').trim()

/**
 * Whether a process of any user listens on a port, and whether a certain one does. Known on Linux only. The kernel
 * takes 4 ms for each of the two tables, however few sockets there are.
 */
export function listenersAt(port: number): { isAny: boolean; includes(pid: number): boolean } {
  const sockets = ['tcp', 'tcp6'].flatMap(table => tried(() => listenersIn(`/proc/net/${table}`, port)) ?? [])
  const wanted = new Set(sockets.map(inode => `socket:[${inode}]`))
  const isAny = wanted.size > 0
  return { isAny, includes: pid => isAny && openFilesOf(pid).some(file => wanted.has(file)) }
}

/** Inodes of sockets in state LISTEN (0A). Columns: `sl local_address rem_address st ... inode`. */
function listenersIn(file: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1)
  return rows.flatMap(row => {
    const columns = row.trim().split(/\s+/)
    return columns[3] === '0A' && columns[1]?.endsWith(suffix) ? [columns[9] ?? ''] : []
  })
}

function openFilesOf(pid: number): string[] {
  const files = tried(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return files.flatMap(fd => tried(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [])
}

function fromLsof(port: number): PortOwner | undefined {
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = /^p(\d+)/m.exec(run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']))?.[1]
  if (pid === undefined) return undefined
  return { pid: Number(pid), command: run('ps', ['-o', 'command=', '-p', pid]).trim() }
}
