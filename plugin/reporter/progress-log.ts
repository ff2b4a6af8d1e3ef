import { performance } from 'node:perf_hooks'
import { plain } from '../../src/ground/plain.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import { renderProgressLine } from '../../src/report/progress.ts'
import type { BoardedLoad } from '../coordinator/load-board.ts'

/**
 * Says now and then how a load gets on, for logs: not before it has run for `every`, and not more often. The lines of a
 * load follow one with its name: only one runs at a time.
 */
export class ProgressLog {
  readonly #write: (line: string) => void
  readonly #every: Milliseconds
  readonly #now: () => Milliseconds
  readonly #last = new Map<string, Milliseconds>()
  /** The load whose lines were written last. */
  #shown: string | undefined

  constructor(write: (line: string) => void, every: Milliseconds = 10_000, now = () => performance.now()) {
    this.#write = write
    this.#every = every
    this.#now = now
  }

  update({ name, file, state, progress, standing }: BoardedLoad): void {
    const key = `${file}\n${name}`
    const last = this.#last.get(key)
    const line = progress === undefined ? standing : renderProgressLine(progress)
    const isNew = last === undefined || state === 'waiting' || line === undefined
    if (isNew) {
      this.#last.set(key, this.#now())
      if (this.#shown === key) this.#shown = undefined
    } else if (this.#now() - last >= this.#every) {
      this.#last.set(key, this.#now())
      if (this.#shown !== key) this.#write(plain(name))
      this.#shown = key
      this.#write(line)
    }
  }
}
