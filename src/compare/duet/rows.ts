import type { InputCaller } from '../../load/feed/caller.ts'
import type { InputRow } from '../../load/feed/source.ts'
import type { Supplier } from '../../load/run/supply.ts'
import type { Place } from '../../load/thread/duet/protocol.ts'

/** Inputs that a function makes: both sides of a pair get the same, however fast each is. */
export class SharedRows {
  readonly #caller: InputCaller
  readonly #rows: InputRow[] = []
  readonly #given: [number, number] = [0, 0]
  #isLast = false
  #turn: Promise<unknown> = Promise.resolve()

  constructor(caller: InputCaller) {
    this.#caller = caller
  }

  readonly #ofUsers = new Map<number, Promise<InputRow | undefined>>()

  /** What makes the inputs of a side. */
  of(side: Place): Supplier {
    return { next: count => this.#rowsOf(side, count), forUser: user => this.#rowOf(user) }
  }

  #rowOf(user: number): Promise<InputRow | undefined> {
    const row = this.#ofUsers.get(user) ?? this.#caller.forUser(user)
    this.#ofUsers.set(user, row)
    return row
  }

  /** The next rows of a side. */
  #rowsOf(side: Place, count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const turn = this.#turn.then(() => this.#next(side, count))
    this.#turn = turn.catch(() => {})
    return turn
  }

  async #next(side: Place, count: number): Promise<{ rows: InputRow[]; isLast: boolean }> {
    const from = this.#given[side]
    const missing = from + count - this.#rows.length
    if (missing > 0 && !this.#isLast) {
      const { rows, isLast } = await this.#caller.next(missing)
      this.#rows.push(...rows)
      this.#isLast = isLast
    }
    const rows = this.#rows.slice(from, from + count)
    this.#given[side] += rows.length
    return { rows, isLast: this.#isLast && this.#given[side] === this.#rows.length }
  }
}
