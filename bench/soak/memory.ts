import { readFileSync } from 'node:fs'
import { alignColumns } from '../../src/report/text.ts'
import { megabytes } from '../bars.ts'
import { courseOf, type Reading } from './flat.ts'
import type { Moment } from './plan.ts'
import { CHANNEL, COLLECT, type ThreadMemory } from './thread-memory.ts'

/**
 * Resident memory of this process that belongs to no file, in bytes. The pages of files, most of all of Node's own
 * program, are the system's: it drops those that were not used for minutes and reads them again when they are.
 * Source: proc_pid_status(5).
 */
export function anonymous(): number {
  const status = readFileSync('/proc/self/status', 'latin1')
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
  return (kilobytes('RssAnon') + kilobytes('RssShmem')) * 1_024
}

/** The memory of the generator, read once a second: what the process has of the machine, and what its threads hold. */
export class Memory {
  /** Without the pages of files. */
  readonly own: Reading[] = []
  readonly #resident: Reading[] = []
  /** Of the load thread, behind a collection of its whole heap. */
  readonly live: Reading[] = []
  /** Of the main thread, likewise. */
  readonly liveOfMain: Reading[] = []
  /**
   * Memory of the process's own without what the heap of the load thread has and does not hold: garbage comes and goes
   * by tens of megabytes with the load of the machine, and what leaks, within the heap or outside of it, is here.
   */
  readonly held: Reading[] = []
  readonly #heap: Reading[] = []
  readonly #buffers: Reading[] = []
  readonly #channel = new BroadcastChannel(CHANNEL)

  /** @param clock milliseconds from the start of the load, undefined before. */
  constructor(clock: () => number | undefined) {
    this.#channel.onmessage = message => {
      const at = clock()
      const told = (message as { data: ThreadMemory | typeof COLLECT }).data
      if (at !== undefined && told !== COLLECT) this.#note(at, told)
    }
  }

  /** All threads collect what is garbage. */
  collect(): void {
    this.#channel.postMessage(COLLECT)
  }

  close(): void {
    this.#channel.close()
  }

  #note(at: number, { isMain, live, heap, buffers }: ThreadMemory): void {
    if (live !== undefined) (isMain ? this.liveOfMain : this.live).push({ at, value: live })
    const own = anonymous()
    if (isMain) {
      this.own.push({ at, value: own })
      this.#resident.push({ at, value: process.memoryUsage.rss() })
      return
    }
    if (live !== undefined) this.held.push({ at, value: own - heap + live })
    this.#heap.push({ at, value: heap })
    this.#buffers.push({ at, value: buffers })
  }

  /** A table of it over time. */
  lines(moments: readonly Moment[]): string[] {
    const row = (name: string, readings: readonly Reading[]) => ({
      name,
      cells: courseOf(readings, moments).map(value => (Number.isNaN(value) ? '' : megabytes(value))),
    })
    const rows = [
      { name: 'memory of the generator', cells: moments.map(({ name }) => name) },
      row('resident, with pages of files', this.#resident),
      row('its own', this.own),
      row('without garbage of the load thread', this.held),
      row('live heap of the load thread', this.live),
      row('its heap, with garbage', this.#heap),
      row('its buffers', this.#buffers),
      row('live heap of the main thread', this.liveOfMain),
    ]
    return alignColumns(rows, 140)
  }
}
