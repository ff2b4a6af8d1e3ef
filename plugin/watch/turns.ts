import { performance } from 'node:perf_hooks'
import type { Milliseconds } from '../../src/ground/units.ts'

/**
 * Lets Vitest's runs begin one at a time: two that are held by the same restart would otherwise begin together, and
 * Vitest only looks for a run that has begun already.
 */
export class Turns {
  readonly #untilNothingRuns: () => Promise<void>
  #last: Promise<void> = Promise.resolve()
  #runs = 0
  #ended = Number.NEGATIVE_INFINITY
  /** Ends the turn of the run that was let through. */
  #end: (() => void) | undefined

  constructor(untilNothingRuns: () => Promise<void>) {
    this.#untilNothingRuns = untilNothingRuns
  }

  get isRunning(): boolean {
    return this.#runs > 0
  }

  /** Milliseconds since the last run has ended; 0 while one goes on. */
  get sinceLast(): Milliseconds {
    return this.isRunning ? 0 : performance.now() - this.#ended
  }

  /** Resolves when nothing runs, and nothing that was let through before is about to. */
  async next(): Promise<void> {
    const before = this.#last
    let end = () => {}
    this.#last = new Promise(resolve => {
      end = resolve
    })
    await before
    await this.#untilNothingRuns()
    this.#end = end
  }

  runStarts(): void {
    this.#runs += 1
  }

  runEnds(): void {
    this.#runs -= 1
    this.#ended = performance.now()
    this.#end?.()
    this.#end = undefined
  }
}
