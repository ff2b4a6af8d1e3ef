import { readdirSync, readFileSync } from 'node:fs'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { ProcStat } from './proc-stat.ts'

interface Known {
  /** Ticks after boot, by which a process is known from a later one of the same number. */
  started: number
  /** What each of its threads had run, by number. */
  threads: ReadonlyMap<string, Milliseconds>
  /** What threads had run that have ended. */
  ended: Milliseconds
}

/**
 * CPU time of processes to the nanosecond: the first field of `/proc/<pid>/task/<tid>/schedstat` of each thread, added
 * up (sched-stats in the kernel's documentation). Ticks are a hundred times as coarse as what a block of load costs.
 *
 * A thread that ends takes its count with it: what it had run when it was last seen is kept. What it ran after that,
 * and what threads ran that came and went between two looks, is in the ticks of the process, which hold all of its
 * threads for ever: their sum is rounded down, so that what is known is never less than the ticks say.
 */
export class TaskTimes {
  #known = new Map<number, Known>()

  /** What a process itself has used; its ticks where the system does not count threads. */
  of({ pid, own, started }: Pick<ProcStat, 'pid' | 'own' | 'started'>, tick: Milliseconds): Milliseconds {
    const before = this.#known.get(pid)
    const threads = threadsOf(pid)
    let ended = before?.started === started ? before.ended : 0
    if (before?.started === started)
      for (const [id, ran] of before.threads) if (!((threads.get(id) ?? -1) >= ran)) ended += ran
    let sum = ended
    for (const ran of threads.values()) sum += ran
    const unseen = Math.max(0, own * tick - sum)
    this.#known.set(pid, { started, threads, ended: ended + unseen })
    return sum + unseen
  }

  /** Whether the system counts the threads of all that it was asked for. */
  get areFine(): boolean {
    return [...this.#known.values()].every(({ threads }) => threads.size > 0)
  }

  /** Forgets processes that are gone. */
  keep(living: ReadonlyMap<number, unknown>): void {
    for (const pid of this.#known.keys()) if (!living.has(pid)) this.#known.delete(pid)
  }
}

/** What the living threads of a process have run; none where the system does not tell. */
function threadsOf(pid: number): Map<string, Milliseconds> {
  const threads = new Map<string, Milliseconds>()
  for (const id of tried(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
    const text = tried(() => readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'latin1'))
    const nanoseconds = text === undefined ? Number.NaN : Number.parseInt(text, 10)
    if (Number.isFinite(nanoseconds)) threads.set(id, nanoseconds / 1e6)
  }
  return threads
}
