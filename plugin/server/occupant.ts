import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { tried } from '../../src/ground/tried.ts'

/** Who listens on a port. */
export interface Occupant {
  pid: number
  /** Its command line, as far as it can be read. */
  command: string
}

/** The process that listens on a TCP port of this machine; undefined when it belongs to somebody else, or nobody. */
export function occupantOf(port: number): Occupant | undefined {
  return tried(() => (process.platform === 'linux' ? fromProc(port) : fromLsof(port)))
}

function fromProc(port: number): Occupant | undefined {
  const sockets = ['tcp', 'tcp6'].flatMap(table => listenersIn(`/proc/net/${table}`, port))
  if (sockets.length === 0) return undefined
  const wanted = new Set(sockets.map(inode => `socket:[${inode}]`))
  for (const name of readdirSync('/proc'))
    if (/^\d+$/.test(name) && openFilesOf(name).some(file => wanted.has(file)))
      return { pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').join(' ').trim() }
  return undefined
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

function openFilesOf(pid: string): string[] {
  const files = tried(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return files.flatMap(fd => tried(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [])
}

function fromLsof(port: number): Occupant | undefined {
  const run = (command: string, args: string[]) =>
    execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = /^p(\d+)/m.exec(run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']))?.[1]
  if (pid === undefined) return undefined
  return { pid: Number(pid), command: run('ps', ['-o', 'command=', '-p', pid]).trim() }
}
