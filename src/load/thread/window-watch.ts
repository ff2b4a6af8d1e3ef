import type { ThreadHealth } from '../../measure/report.ts'
import { ThreadWatch } from '../../measure/thread-health.ts'

/** Watches the thread over its measured window. */
export class WindowWatch {
  /** Once the window has ended. */
  health: ThreadHealth | undefined
  #watch: ThreadWatch | undefined

  start(): void {
    this.#watch = new ThreadWatch()
  }

  /**
   * One for the rehearsal and the load: calls of another function would have to be compiled anew as the window begins.
   */
  readonly onWindow = (event: 'begins' | 'ends'): void => {
    if (event === 'begins') this.#watch?.mark()
    else this.health = this.#watch?.stop()
  }

  stop(): void {
    this.#watch?.stop()
  }
}
