/** Phases in a row in which a file changes that make it one which the application writes. */
const enough = 4

/**
 * Tells files that somebody saves from those that the application, or a test, writes whenever it starts or runs: these
 * would have it restarted for ever. What changes while nothing runs has been saved by somebody.
 */
export class WrittenFiles {
  /** Starts of the application and runs of tests, which take turns. */
  #phase = 0
  readonly #seen = new Map<string, { phase: number; inRow: number }>()

  phaseStarts(): void {
    this.#phase += 1
  }

  /**
   * `changed` restarts the application; `written` is a file that from now on does not, `left` one of which that was
   * said.
   */
  changed(file: string, isIdle: boolean): 'changed' | 'written' | 'left' {
    if (isIdle) {
      this.#seen.delete(file)
      return 'changed'
    }
    const { phase, inRow } = this.#seen.get(file) ?? { phase: 0, inRow: 0 }
    if (inRow >= enough) return 'left'
    if (phase === this.#phase && inRow > 0) return 'changed'
    // A file that is written by tests is not written by the start between their runs, and the other way round.
    const next = phase >= this.#phase - 2 ? inRow + 1 : 1
    this.#seen.set(file, { phase: this.#phase, inRow: next })
    return next >= enough ? 'written' : 'changed'
  }
}
