import { Random } from '../../ground/random.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { CalledFeed } from './called-feed.ts'
import type { FeedPlan } from './read.ts'
import type { SharedCounters } from './shared-counters.ts'
import type { InputRow } from './source.ts'
import { UserFeed } from './user-feed.ts'

/** `waiting`: there will be inputs, or none any more, in a while. */
export type Readiness = 'ready' | 'waiting' | 'over'

/** The inputs of a thread's iterations. */
export interface Feed {
  readonly per: 'iteration' | 'vu'
  /** Whether the run has to end, since no iteration will have inputs any more. */
  readonly isOver: boolean
  /**
   * Whether there are inputs for one more iteration (or user); what is `ready` stays so until it is taken.
   *
   * @param place number of the iteration, where that is known before: its row is then the same on whatever thread it
   *   runs.
   */
  claim(user: number, place?: number): Readiness
  /** Takes what was claimed. @param place number of the iteration, or of the user where rows are for users. */
  take(place: number, user: number): InputRow
  /** How long iterations have waited for a row that was asked for and has not come. */
  readonly stalled?: Milliseconds | undefined
  /** Calls back when what was waited for has come. */
  listen?(wake: () => void): void
}

export function openFeed(plan: FeedPlan, counters: SharedCounters, seed: number): Feed {
  switch (plan.kind) {
    case 'fixed':
      return new FixedFeed(plan.inputs)
    case 'rows':
      return plan.order === 'random' ? new RandomRows(plan, seed) : new RowsInOrder(plan, counters)
    case 'called':
      return plan.per === 'vu' ? new UserFeed(plan) : new CalledFeed(plan)
  }
}

export class FixedFeed implements Feed {
  readonly per = 'vu'
  readonly isOver = false
  readonly #inputs: InputRow

  constructor(inputs: InputRow) {
    this.#inputs = inputs
  }

  claim(): Readiness {
    return 'ready'
  }

  take(): InputRow {
    return this.#inputs
  }
}

type Rows = Extract<FeedPlan, { kind: 'rows' }>

/** Any row, the same for an iteration on whatever thread it runs. */
class RandomRows implements Feed {
  readonly per: Rows['per']
  readonly isOver = false
  readonly #rows: Rows['rows']
  readonly #random: Random
  readonly #seed: number

  constructor({ per, rows }: Rows, seed: number) {
    this.per = per
    this.#rows = rows
    this.#seed = seed
    this.#random = new Random(seed, 'inputs')
  }

  claim(): Readiness {
    return 'ready'
  }

  take(place: number): InputRow {
    this.#random.seed(this.#seed, 'inputs', place)
    return this.#rows[this.#random.below(this.#rows.length)]!
  }
}

/**
 * One row after another. An arrival has the row of its number, on whatever thread or host it begins, and so has a user;
 * other iterations of all threads take turns at one counter.
 */
class RowsInOrder implements Feed {
  readonly per: Rows['per']
  isOver = false
  readonly #plan: Rows
  readonly #counters: SharedCounters
  #claimed: InputRow | undefined

  constructor(plan: Rows, counters: SharedCounters) {
    this.per = plan.per
    this.#plan = plan
    this.#counters = counters
  }

  claim(user: number, place?: number): Readiness {
    if (this.#claimed !== undefined) return 'ready'
    const { rows, per, whenExhausted } = this.#plan
    const number = per === 'vu' ? user : (place ?? this.#counters.takeRow())
    if (number < rows.length || whenExhausted === 'wrap') {
      this.#claimed = rows[number % rows.length]
      return 'ready'
    }
    this.isOver = per === 'iteration' || whenExhausted === 'error'
    return 'over'
  }

  take(): InputRow {
    const row = this.#claimed!
    this.#claimed = undefined
    return row
  }
}
