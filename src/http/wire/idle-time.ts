import type { Milliseconds } from '../../ground/units.ts'
import type { PoolSettings } from '../pooled-transport.ts'

/** A connection is closed so much earlier than the server would, so that it does not close it under a request. */
const MARGIN: Milliseconds = 500
/** Longest time for a connection without a request so far: a server may wait less long for the first one. */
const LONGEST_UNUSED: Milliseconds = 30_000

/** How long connections to one origin are kept while they are idle. */
export class IdleTime {
  readonly #settings: Pick<PoolSettings, 'idleTimeout' | 'longestIdle'>
  /** What the server last said, on any connection; undefined where it has not. */
  #lastSaid: Milliseconds | undefined

  constructor(settings: Pick<PoolSettings, 'idleTimeout' | 'longestIdle'>) {
    this.#settings = settings
  }

  /** Whether the server says for how long it keeps connections. */
  get isAnnounced(): boolean {
    return this.#lastSaid !== undefined
  }

  /**
   * Of a connection that has carried a response.
   * @param keepSeconds what the server said in `Keep-Alive`; -1 where it did not.
   */
  ofUsed(keepSeconds: number): Milliseconds {
    const { idleTimeout, longestIdle } = this.#settings
    if (keepSeconds < 0) return idleTimeout
    const said = keepSeconds * 1000
    // Of 0 the connection is closed, which says nothing of those without a request.
    if (said > 0) this.#lastSaid = said
    return Math.min(longestIdle, shortOf(said))
  }

  /** Of one that has carried none: what the server said on others counts. */
  ofUnused(): Milliseconds {
    const { idleTimeout, longestIdle } = this.#settings
    if (this.#lastSaid === undefined) return idleTimeout
    return Math.min(longestIdle, shortOf(Math.min(LONGEST_UNUSED, this.#lastSaid)))
  }
}

const shortOf = (time: Milliseconds): Milliseconds => Math.max(1, time - MARGIN)
