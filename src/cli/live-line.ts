import process from 'node:process'
import type { Progress } from '../load/plan/options.ts'
import { colorsOf } from '../report/color.ts'
import { LogPace, renderProgressLog, renderProgressRows } from '../report/progress.ts'

const CLEAR_BELOW = '\r\u001B[J'
const UP = '\u001B[1A'

/** How a run gets on, on standard error: rows that are drawn again on a terminal, elsewhere lines every ten seconds. */
export class LiveLine {
  readonly #name: string
  readonly #stream = process.stderr
  readonly #pace = new LogPace()
  /** Rows that stand on the terminal. */
  #drawn = 0

  constructor(name: string) {
    this.#name = name
  }

  update(progress: Progress): void {
    if (this.#stream.isTTY) {
      const rows = renderProgressRows(progress, this.#name, this.#stream.columns - 1, colorsOf())
      this.#stream.write(this.#cleared() + rows.join('\n'))
      this.#drawn = rows.length
    } else if (this.#pace.isDue(progress)) {
      this.#stream.write(`${renderProgressLog(progress).join('\n')}\n`)
    }
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write(this.#cleared())
    this.#drawn = 0
  }

  #cleared(): string {
    return UP.repeat(Math.max(0, this.#drawn - 1)) + CLEAR_BELOW
  }
}
