import { statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { nextTurn as setImmediate } from '../../src/ground/timers.ts'

/** Made of a file, and the files that it was made of. */
export interface Made {
  readonly files: readonly string[]
}

/**
 * Makes what will be asked for soon while there is nothing else to do: Vitest asks for one document at a time, and its
 * worker waits for the response; before that the main process waits for the worker to start.
 */
export class Ahead<T extends Made> {
  readonly #make: (file: string) => Promise<T>
  #made = new Map<string, { since: number; result: Promise<T> }>()
  /** Files that have neither been made nor asked for. */
  #left = new Set<string>()
  #run = 0

  constructor(make: (file: string) => Promise<T>) {
    this.#make = make
  }

  /** Begins to make all of them, one after another. What was made for a run before is forgotten. */
  async begin(files: Iterable<string>): Promise<void> {
    const run = ++this.#run
    const left = new Set(files)
    this.#made = new Map()
    this.#left = left
    for (const file of left) {
      await setImmediate() // the caller goes first
      if (run !== this.#run) return
      // The caller receives the reason of a failure.
      await this.#start(file).catch(() => {})
    }
  }

  /** Prepared result of the file, unless one of its source files has changed since; otherwise it is prepared now. */
  async take(file: string): Promise<T> {
    const made = this.#made.get(file)
    this.#made.delete(file)
    this.#left.delete(file)
    if (made === undefined) return this.#make(file)
    const result = await made.result
    return [file, ...result.files].some(file => hasChanged(file, made.since)) ? this.#make(file) : result
  }

  #start(file: string): Promise<T> {
    this.#left.delete(file)
    const since = performance.timeOrigin + performance.now()
    const result = this.#make(file)
    this.#made.set(file, { since, result })
    return result
  }
}

/** Milliseconds by which a file's time may lie behind the clock's: file systems tell it by the kernel's tick. */
const TICK = 10

function hasChanged(file: string, since: number): boolean {
  const changed = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return changed === undefined || changed >= since - TICK
}
