import { nextTurn as immediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { atMost } from './at-most.ts'

/**
 * How long a thread whose port has closed may take to say what it died of: until it has exited, but no longer than
 * this.
 */
const CRASH_GRACE: Milliseconds = 2_000

/**
 * A crash is told by the pool, a little before the thread exits. Nobody knows which thread of the pool has which task,
 * but it is enough that as many have exited as ports have closed.
 */
export class HostExits {
  #exited = 0
  #closed = 0
  readonly #waiting: { closed: number; resolve: () => void }[] = []

  readonly onExit = (): void => {
    this.#exited++
    while (this.#waiting[0] && this.#waiting[0].closed <= this.#exited) this.#waiting.shift()!.resolve()
  }

  /** A port has closed: resolves when its thread has exited, and what it died of has been told. */
  async exitOf(): Promise<void> {
    const closed = ++this.#closed
    if (closed > this.#exited)
      await atMost(CRASH_GRACE, new Promise<void>(resolve => this.#waiting.push({ closed, resolve })))
    await immediate()
  }
}
