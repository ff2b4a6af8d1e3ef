import { readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'

/** One process, from `/proc/<pid>/stat` (proc(5)). Times in clock ticks, memory in pages. */
export interface ProcStat {
  pid: number
  ppid: number
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

/** Undefined when there is no such process. */
export function readProcStat(pid: number): ProcStat | undefined {
  const text = tried(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))
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
    zombie,
    own: field(14) + field(15),
    reaped: field(16) + field(17),
    started: field(22),
    resident: zombie ? 0 : field(24),
  }
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
