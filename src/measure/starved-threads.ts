import { closeSync, openSync, readSync } from 'node:fs'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { WaitSource } from './application-waits.ts'
import { waitIn } from './run-queue.ts'

/** Reading a thread's wait takes a load thread two microseconds. */
const MOST = 8

/**
 * Threads of the application that waited for a core while other programs used some: who watches the machine lists
 * them, and load threads read of each how long it has waited.
 */
export class StarvedThreads {
  readonly buffer: SharedArrayBuffer
  /** How many, and process and thread of each. */
  readonly #cells: Int32Array

  /** @param buffer of those that another thread lists; by default a new list. */
  constructor(buffer = new SharedArrayBuffer((1 + 2 * MOST) * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#cells = new Int32Array(buffer)
  }

  get count(): number {
    return Atomics.load(this.#cells, 0)
  }

  /** Does nothing with a thread that is listed, nor if there are too many. */
  add(pid: number, thread: number): void {
    const { count } = this
    if (count === MOST || Array.from({ length: count }, (_, i) => this.#cells[2 * i + 2]).includes(thread)) return
    this.#cells[2 * count + 1] = pid
    this.#cells[2 * count + 2] = thread
    Atomics.store(this.#cells, 0, count + 1)
  }

  fileOf(index: number): string {
    return `/proc/${this.#cells[2 * index + 1]}/task/${this.#cells[2 * index + 2]}/schedstat`
  }
}

/** Reads how long the listed threads have waited since they were listed, all together. */
export function waitsOf(buffer: SharedArrayBuffer): WaitSource {
  const threads = new StarvedThreads(buffer)
  const known: { file: number | undefined; from: Milliseconds; waited: Milliseconds }[] = []
  const bytes = Buffer.alloc(64)
  const read = (file: number) => tried(() => waitIn(bytes, readSync(file, bytes, 0, bytes.length, 0)))
  const open = (path: string) => {
    const file = tried(() => openSync(path, 'r'))
    const from = (file === undefined ? undefined : read(file)) ?? 0
    known.push({ file, from, waited: from })
  }
  return {
    waited() {
      for (const { count } = threads; known.length < count; ) open(threads.fileOf(known.length))
      let sum = 0
      for (const thread of known) {
        // One that has ended is not there to be read any more.
        if (thread.file !== undefined) thread.waited = read(thread.file) ?? thread.waited
        sum += thread.waited - thread.from
      }
      return sum
    },
    close() {
      for (const { file } of known.splice(0)) if (file !== undefined) closeSync(file)
    },
  }
}
