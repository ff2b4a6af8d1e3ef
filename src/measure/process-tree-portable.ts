import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { once } from '../ground/once.ts'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import { realClock } from './clock.ts'
import { noSuchProcess, notMeasured, type Probe, type Reading } from './probe.ts'
import { Wrappers, wordsIn } from './wrappers.ts'

const run = promisify(execFile)
/** Loaded with the first look: Linux does without. */
const tools = once(async () => ({
  pidtree: (await import('pidtree')).default,
  pidusage: (await import('pidusage')).default,
}))

/**
 * A process, its children and theirs, on systems without Linux's `/proc`: by `ps` (macOS, BSD) or Windows'
 * own tools, through pidtree and pidusage. Coarser: each look starts processes, CPU comes in steps of 10 ms
 * to 1 s, and children that come and go between two looks are not seen. What a process had used when it was
 * last seen stays counted after its end. What only starts the application is left out, but for Windows.
 */
export class PortableProcessTree implements Probe {
  readonly subject: string
  readonly pid: number
  /** A look takes processes of its own, and on Windows most of a second. */
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
    await this.#readCommands(all.map(({ pid }) => pid))
    const wrappers = this.#wrappers.among(all)
    const usage = all.filter(({ pid }) => !wrappers.has(pid))
    for (const { pid, memory: resident, ctime } of usage) {
      const before = this.#used.get(pid)
      if (before !== undefined && ctime < before) {
        this.#ended += before
        reused.add(pid)
      }
      this.#used.set(pid, ctime)
      living.add(pid)
      memory += resident
    }
    let cpuTime = 0
    let hasEnded = reused.size > 0
    for (const [pid, ctime] of this.#used) {
      if (living.has(pid)) cpuTime += ctime
      else {
        this.#ended += ctime
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

  /** Command lines: of a shell it changes with what it becomes. */
  async #readCommands(pids: readonly number[]): Promise<void> {
    if (process.platform === 'win32') return
    const { stdout } = await run('ps', ['-o', 'pid=,args=', '-p', pids.join(',')]).catch(() => ({ stdout: '' }))
    const read = stdout.split('\n').flatMap(line => {
      const [, pid, command] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
      return pid === undefined ? [] : [[Number(pid), wordsIn(command!)] as const]
    })
    this.#commands = new Map(read)
  }

  async #usage() {
    const { pidtree, pidusage } = await tools()
    try {
      const pids = await pidtree(this.pid, { root: true })
      const usage = await pidusage(pids)
      const found = Object.values(usage).filter(one => one !== null && one !== undefined)
      if (found.length > 0) return found
    } catch (cause) {
      if (tried(() => process.kill(this.pid, 0)) !== true) throw noSuchProcess(this.pid, cause)
      const advice = 'Check that ps runs, or PowerShell on Windows.'
      throw notMeasured(`pid ${this.pid}`, (cause as Error).message, advice, cause)
    }
    throw noSuchProcess(this.pid)
  }
}
