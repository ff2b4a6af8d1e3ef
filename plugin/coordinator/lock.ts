export type Mode = 'shared' | 'exclusive'

/** One claim to a lock, waiting or granted. */
export interface Claim {
  readonly mode: Mode
  readonly granted: boolean
  /** Gives the lock back, or leaves the queue. Twice is once. */
  release(): void
  /** From exclusive to shared in one step: nobody gets in between. */
  downgrade(): void
}

/**
 * A readers/writer lock. Any number may share it, or one has it alone. Those who want it alone go first: nobody new is
 * let in to share while one of them waits, so a load test never starves behind a stream of test files.
 */
export class SharedLock {
  readonly #holders = new Set<ClaimState>()
  readonly #waiting: ClaimState[] = []

  /** @param onGranted is called once, at once when nothing is in the way. */
  claim(mode: Mode, onGranted: () => void): Claim {
    const claim = new ClaimState(mode, onGranted, this)
    this.#waiting.push(claim)
    this.admit()
    return claim
  }

  /** @internal */
  drop(claim: ClaimState): void {
    this.#holders.delete(claim)
    const place = this.#waiting.indexOf(claim)
    if (place >= 0) this.#waiting.splice(place, 1)
    this.admit()
  }

  /** @internal Lets in everyone who may be: the first that wants it alone if nobody has it, else all who share it. */
  admit(): void {
    if ([...this.#holders].some(claim => claim.mode === 'exclusive')) return
    const alone = this.#waiting.find(claim => claim.mode === 'exclusive')
    if (alone === undefined) for (const claim of this.#waiting.splice(0)) this.#grant(claim)
    else if (this.#holders.size === 0) this.#grant(this.#waiting.splice(this.#waiting.indexOf(alone), 1)[0]!)
  }

  #grant(claim: ClaimState): void {
    this.#holders.add(claim)
    claim.granted = true
    claim.onGranted()
  }
}

class ClaimState implements Claim {
  mode: Mode
  granted = false
  readonly onGranted: () => void
  readonly #lock: SharedLock

  constructor(mode: Mode, onGranted: () => void, lock: SharedLock) {
    this.mode = mode
    this.onGranted = onGranted
    this.#lock = lock
  }

  release(): void {
    this.granted = false
    this.#lock.drop(this)
  }

  downgrade(): void {
    if (!this.granted) return
    this.mode = 'shared'
    this.#lock.admit()
  }
}
