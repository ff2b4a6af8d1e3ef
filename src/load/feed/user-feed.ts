import type { Feed, Readiness } from './feed.ts'
import type { FeedPlan } from './read.ts'
import type { InputRow } from './source.ts'

/** Rows from the main thread, of which each virtual user asks for one, once. */
export class UserFeed implements Feed {
  readonly per = 'vu'
  isOver = false
  readonly #isError: boolean
  readonly #asked = new Set<number>()
  /** Rows that came and were not taken yet; undefined where there is none for the user. */
  readonly #rows = new Map<number, InputRow | undefined>()
  #ask: (user: number) => void = () => {}
  #wake = () => {}
  #onCome = () => {}

  constructor({ whenExhausted }: Pick<Extract<FeedPlan, { kind: 'called' }>, 'whenExhausted'>) {
    this.#isError = whenExhausted === 'error'
  }

  /** Asks for the rows of those who are there from the start; resolves when all of them have come. */
  open(ask: (user: number) => void, users: readonly number[]): Promise<void> {
    this.#ask = ask
    for (const user of users) this.#askFor(user)
    return new Promise(resolve => {
      this.#onCome = () => {
        if (users.every(user => this.#rows.has(user))) resolve()
      }
      this.#onCome()
    })
  }

  listen(wake: () => void): void {
    this.#wake = wake
  }

  /** @param row undefined: there is none for this user. */
  add(user: number, row: InputRow | undefined): void {
    this.#rows.set(user, row)
    this.#onCome()
    this.#wake()
  }

  claim(user: number): Readiness {
    if (!this.#rows.has(user)) {
      this.#askFor(user)
      return 'waiting'
    }
    if (this.#rows.get(user) !== undefined) return 'ready'
    this.isOver ||= this.#isError
    return 'over'
  }

  take(user: number): InputRow {
    return this.#rows.get(user)!
  }

  #askFor(user: number): void {
    if (this.#asked.has(user)) return
    this.#asked.add(user)
    this.#ask(user)
  }
}
