import { nextTurn as immediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { atMost } from './at-most.ts'

/** Maximum time between a closed port and the exit of its thread, which reports the cause. */
const CRASH_GRACE: Milliseconds = 2_000

/**
 * The pool reports a crash a little before the thread exits. It is unknown which thread of the pool has which task, but
 * it is enough that as many threads have exited as ports have closed.
 */
export class HostExits {
  #exited = 0
  #closed = 0
  readonly #waiting: { closed: number; resolve: () => void }[] = []

  readonly onExit = (): void => {
    this.#exited++
    while (this.#waiting[0] && this.#waiting[0].closed <= this.#exited) this.#waiting.shift()!.resolve()
  }

  /** Resolves when the thread of a closed port has exited, and its cause was reported. */
  async exitOf(): Promise<void> {
    const closed = ++this.#closed
    if (closed > this.#exited)
      await atMost(CRASH_GRACE, new Promise<void>(resolve => this.#waiting.push({ closed, resolve })))
    await immediate()
  }
}
