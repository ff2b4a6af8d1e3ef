import { availableParallelism } from 'node:os'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import { realClock } from './clock.ts'
import { noSuchProcess, notMeasured, type Probe, type Reading } from './probe.ts'
import { type ProcessRow, readProcessTable } from './process-table.ts'
import { Wrappers, wordsIn } from './wrappers.ts'

/**
 * A process, its children and theirs, on systems without Linux's `/proc`: by `ps` (macOS, BSD) or PowerShell. Coarser:
 * CPU comes in steps of 10 ms to 1 s, and children that come and go between two looks are not seen. What a process had
 * used when it was last seen stays counted after its end. What only starts the application is left out, but for
 * Windows.
 */
export class PortableProcessTree implements Probe {
  readonly subject: string
  readonly pid: number
  /** A look lists all processes of the machine. */
  readonly interval: Milliseconds = 1_000
  /** CPU by process when last seen. */
  readonly #used = new Map<number, number>()
  #ended = 0
  /** CPU of ended processes after the last look at them, at the most, in milliseconds. */
  #unseen = 0
  #lookedAt = 0
  #commands = new Map<number, readonly string[]>()
  readonly #wrappers = new Wrappers(pid => this.#commands.get(pid) ?? [])

  constructor(pid: number) {
    this.pid = pid
    this.subject = `pid ${pid}`
  }

  async sample(): Promise<Reading> {
    let memory = 0
    const living = new Set<number>()
    /** Numbers of ended processes that others have by now. */
    const reused = new Set<number>()
    const all = await this.#usage()
    if (process.platform !== 'win32') this.#commands = new Map(all.map(({ pid, command }) => [pid, wordsIn(command)]))
    const wrappers = this.#wrappers.among(all)
    const usage = all.filter(({ pid }) => !wrappers.has(pid))
    for (const { pid, memory: resident, cpuTime: used } of usage) {
      const before = this.#used.get(pid)
      if (before !== undefined && used < before) {
        this.#ended += before
        reused.add(pid)
      }
      this.#used.set(pid, used)
      living.add(pid)
      memory += resident
    }
    let cpuTime = 0
    let hasEnded = reused.size > 0
    for (const [pid, used] of this.#used) {
      if (living.has(pid)) cpuTime += used
      else {
        this.#ended += used
        this.#used.delete(pid)
        hasEnded = true
      }
    }
    const now = realClock.now()
    if (hasEnded) this.#unseen += (now - this.#lookedAt) * availableParallelism()
    this.#lookedAt = now
    // One whose number another has is seen to be gone, and the other from the next look on.
    const pids = [...living].filter(pid => !reused.has(pid))
    const reading: Reading = {
      memory,
      isOfProcesses: true,
      cpuTime: cpuTime + this.#ended,
      cpuUnseen: this.#unseen,
      processes: living.size,
      pids,
      roots: usage.flatMap(({ pid, ppid }) => (living.has(ppid) ? [] : [pid])),
      ...(wrappers.size > 0 && { leftOut: [...wrappers] }),
    }
    return living.size > 0 ? reading : { ...reading, missing: this.#wrappers.whyNothing }
  }

  title(processes: number): string | undefined {
    return this.#commands.size > 0 ? this.#wrappers.title(processes) : undefined
  }

  /** Throws if it is not there. */
  async #usage(): Promise<ProcessRow[]> {
    const table = await readProcessTable().catch((cause: Error) => {
      if (tried(() => process.kill(this.pid, 0)) !== true) throw noSuchProcess(this.pid, cause)
      const advice = 'Check that ps runs, or PowerShell on Windows.'
      throw notMeasured(`pid ${this.pid}`, cause.message, advice, cause)
    })
    const found = new Set(table.filter(({ pid }) => pid === this.pid))
    // Goes on with what it adds. A number may be that of an ended parent.
    for (const { pid } of found) for (const row of table) if (row.ppid === pid) found.add(row)
    if (found.size === 0) throw noSuchProcess(this.pid)
    return [...found]
  }
}
