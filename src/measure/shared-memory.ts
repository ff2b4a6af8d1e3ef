import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Bytes, Milliseconds } from '../ground/units.ts'
import { realClock } from './clock.ts'

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
export class SharedMemory {
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
export function bytesIn(text: string, name: string): Bytes | undefined {
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
