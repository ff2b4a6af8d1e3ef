import type { Milliseconds } from '../../ground/units.ts'
import type { Feed, Readiness } from './feed.ts'
import type { FeedPlan } from './read.ts'
import type { InputRow } from './source.ts'

/** Rows that a thread asks for at once, at first and at most. */
const FIRST = 32
const MOST = 8_192
/** What is asked for should last so long. */
const LASTS: Milliseconds = 500

/** What a thread can do about rows. */
export interface FeedLine {
  ask(rows: number): void
  now(): Milliseconds
}

/** Rows from the main thread, asked for before they are needed: when half of what is kept at hand is gone. */
export class CalledFeed implements Feed {
  readonly per: 'iteration' | 'vu'
  readonly #isError: boolean
  #line: FeedLine | undefined
  #rows: InputRow[] = []
  #taken = 0
  #stock = FIRST
  #askedAt = Number.NEGATIVE_INFINITY
  #isAsking = false
  #isLast = false
  #isMissed = false
  /** Whether there were too few since they were last asked for. */
  #isStarved = false
  #onFirst = () => {}
  #wake = () => {}

  constructor({ per, whenExhausted }: Extract<FeedPlan, { kind: 'called' }>) {
    this.per = per
    this.#isError = whenExhausted === 'error'
  }

  /** Asks for the first rows; resolves when they are there. */
  open(line: FeedLine): Promise<void> {
    this.#line = line
    this.#ask()
    return new Promise(resolve => {
      this.#onFirst = resolve
    })
  }

  listen(wake: () => void): void {
    this.#wake = wake
  }

  /** @param isLast there will be no more. */
  add(rows: readonly InputRow[], isLast: boolean): void {
    this.#rows = [...this.#rows.slice(this.#taken), ...rows]
    this.#taken = 0
    this.#isLast ||= isLast
    this.#isAsking = false
    this.#askIfLow()
    this.#onFirst()
    this.#wake()
  }

  get isOver(): boolean {
    return this.#isMissed && (this.per === 'iteration' || this.#isError)
  }

  get stalled(): Milliseconds {
    return this.#isStarved && this.#isAsking ? this.#line!.now() - this.#askedAt : 0
  }

  claim(): Readiness {
    if (this.#left > 0) return 'ready'
    if (!this.#isLast) {
      this.#isStarved = true
      return 'waiting'
    }
    this.#isMissed = true
    return 'over'
  }

  take(): InputRow {
    const row = this.#rows[this.#taken++]!
    this.#askIfLow()
    return row
  }

  get #left(): number {
    return this.#rows.length - this.#taken
  }

  #askIfLow(): void {
    if (!this.#isAsking && !this.#isLast && this.#left <= this.#stock / 2) this.#ask()
  }

  #ask(): void {
    const now = this.#line!.now()
    if (this.#isStarved || now - this.#askedAt < LASTS) this.#stock = Math.min(MOST, this.#stock * 2)
    this.#isStarved = false
    this.#askedAt = now
    this.#isAsking = true
    this.#line!.ask(this.#stock - this.#left)
  }
}
