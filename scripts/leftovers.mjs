/* What is left of a process and its descendants. Reads /proc, so Linux only. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Processes that carry a mark, `NAME=value`, in their environment. Every descendant inherits it, whatever group or
 * session it moves to. Without a mark, all processes.
 * @param {string} [mark]
 * @returns {number[]}
 */
export function marked(mark) {
  return readdirSync('/proc')
    .filter(
      pid => /^\d+$/.test(pid) && (mark === undefined || textOf(`/proc/${pid}/environ`).split('\0').includes(mark)),
    )
    .filter(pid => !/^\d+ \(.*\) Z/s.test(textOf(`/proc/${pid}/stat`)))
    .map(Number)
}

/**
 * @param {number} pid
 * @returns {string}
 */
export function commandOf(pid) {
  return textOf(`/proc/${pid}/cmdline`).split('\0').join(' ').trim()
}

/**
 * The port that a process listens on: the row of /proc/net/tcp in state LISTEN (0A) for one of its sockets.
 * @param {number} pid
 * @returns {number | undefined}
 */
function portOf(pid) {
  const inodes = new Set()
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      inodes.add(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1])
    }
  } catch {
    return undefined // It ended meanwhile.
  }
  for (const row of textOf('/proc/net/tcp').split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/)
    if (state === '0A' && inodes.has(inode)) return Number.parseInt(String(local?.split(':')[1]), 16)
  }
  return undefined
}

/**
 * The process of a mark that listens, with its port. Both are of one look: /proc/net/tcp may leave out a row while
 * sockets come and go, so a second look may find no port.
 * @param {string} mark
 * @param {(command: string) => boolean} isWanted
 * @returns {{ pid: number, port: number } | undefined}
 */
export function listenerOf(mark, isWanted) {
  for (const pid of marked(mark)) {
    if (!isWanted(commandOf(pid))) continue
    const port = portOf(pid)
    if (port !== undefined) return { pid, port }
  }
  return undefined
}

/**
 * CPU time that a process has used in user mode, in ticks of 10 ms.
 * @param {number} pid
 */
export function ticksOf(pid) {
  return Number(textOf(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[11])
}

/**
 * @template T
 * @param {() => T} look
 * @param {number} within milliseconds
 * @returns {Promise<T | undefined>} what `look` found, or undefined when it found nothing in time
 */
export async function until(look, within) {
  for (let waited = 0; waited < within; waited += 100) {
    const found = look()
    if (found) return found
    await delay(100)
  }
  return undefined
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function isFree(port) {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
