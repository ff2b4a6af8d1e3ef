import process from 'node:process'
import type { Milliseconds } from '../ground/units.ts'
import type { Progress } from '../load/plan/options.ts'
import { renderProgressLine, renderProgressRow } from '../report/progress.ts'

/** A run that is no longer than this is told of every second, a longer one every ten. */
const SHORT: Milliseconds = 60_000
const SELDOM: Milliseconds = 10_000

const CLEAR_ROW = '\r\u001B[K'

/** How a run gets on, on standard error: a row that is drawn again on a terminal, lines elsewhere. */
export class LiveLine {
  readonly #name: string
  readonly #stream = process.stderr
  #next: Milliseconds = 0

  constructor(name: string) {
    this.#name = name
  }

  update(progress: Progress): void {
    if (this.#stream.isTTY) {
      this.#stream.write(CLEAR_ROW + renderProgressRow(progress, this.#name, this.#stream.columns - 1))
      return
    }
    if (progress.elapsed < this.#next) return
    const isShort = progress.total !== undefined && progress.total <= SHORT
    this.#next = progress.elapsed + (isShort ? 0 : SELDOM)
    this.#stream.write(`${renderProgressLine(progress)}\n`)
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_ROW)
  }
}
