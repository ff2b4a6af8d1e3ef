import pidtree from 'pidtree'
import pidusage from 'pidusage'
import { noSuchProcess, type Probe, type Reading } from './probe.ts'

/**
 * A process, its children and theirs, on systems without Linux's `/proc`: by `ps` (macOS, BSD) or Windows'
 * own tools, through pidtree and pidusage. Coarser: each look starts processes, CPU comes in steps of 10 ms
 * to 1 s, and children that come and go between two looks are not seen. What a process had used when it was
 * last seen stays counted after its end.
 */
export class PortableProcessTree implements Probe {
  readonly subject: string
  readonly #root: number
  /** CPU by process when last seen. */
  readonly #used = new Map<number, number>()
  #ended = 0

  constructor(pid: number) {
    this.#root = pid
    this.subject = `pid ${pid}`
  }

  async sample(): Promise<Reading> {
    let memory = 0
    const living = new Set<number>()
    const usage = await this.#usage()
    for (const { pid, memory: resident, ctime } of usage) {
      const before = this.#used.get(pid)
      // Another process under the same number.
      if (before !== undefined && ctime < before) this.#ended += before
      this.#used.set(pid, ctime)
      living.add(pid)
      memory += resident
    }
    let cpuTime = 0
    for (const [pid, ctime] of this.#used) {
      if (living.has(pid)) cpuTime += ctime
      else {
        this.#ended += ctime
        this.#used.delete(pid)
      }
    }
    return { memory, cpuTime: cpuTime + this.#ended, processes: living.size, pids: [...living] }
  }

  async #usage() {
    try {
      const pids = await pidtree(this.#root, { root: true })
      const usage = await pidusage(pids)
      const found = Object.values(usage).filter(one => one !== null && one !== undefined)
      if (found.length > 0) return found
    } catch (cause) {
      throw noSuchProcess(this.#root, cause)
    }
    throw noSuchProcess(this.#root)
  }
}
