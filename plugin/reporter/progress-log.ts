import { plain } from '../../src/ground/plain.ts'
import { LogPace, renderProgressLog } from '../../src/report/progress.ts'
import type { BoardedLoad, BoardedStanding } from '../coordinator/protocol.ts'

/**
 * Says now and then how a load gets on, for logs: not before it has run for ten seconds, and not more often. The lines
 * of a load follow one with its name: only one runs at a time. What it waits for before it begins is said at once.
 */
export class ProgressLog {
  readonly #write: (line: string) => void
  readonly #paces = new Map<string, LogPace>()
  /** The load whose lines were written last. */
  #shown: string | undefined
  /** News that was written last. */
  #told: BoardedStanding | undefined

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  update({ name, file, state, progress, standing }: BoardedLoad): void {
    const key = `${file}\n${name}`
    const pace = this.#paces.get(key)
    const seen = progress ?? standing
    const isNews = progress === undefined && standing?.isNews === true && standing !== this.#told
    if (isNews) {
      this.#told = standing
      this.#write(`${plain(name)} ${plain(standing.words)}`)
    } else if (pace === undefined || state === 'waiting' || seen === undefined) {
      this.#paces.set(key, new LogPace())
      if (this.#shown === key) this.#shown = undefined
    } else if (pace.isDue(seen)) {
      if (this.#shown !== key) this.#write(plain(name))
      this.#shown = key
      for (const line of progress ? renderProgressLog(progress) : [standing!.words]) this.#write(line)
    }
  }
}
