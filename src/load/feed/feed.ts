import { Deferred } from '../../ground/deferred.ts'
import { Random } from '../../ground/random.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { InputFeed, InputRow } from './source.ts'

/** `waiting`: there will be inputs, or none any more, in a while. */
export type Readiness = 'ready' | 'waiting' | 'over'

/** The inputs of a thread's iterations. */
export interface Feed {
  readonly per: 'iteration' | 'vu'
  /** Whether the run has to end, since no iteration will have inputs any more. */
  readonly isOver: boolean
  /**
   * Whether there are inputs for one more iteration (or user). A `ready` result stays valid until it is taken.
   *
   * @param place number of the iteration, if known: its row is then the same on any thread.
   */
  claim(user: number, place?: number): Readiness
  /** Takes what was claimed. @param place number of the iteration, or of the user where rows are for users. */
  take(place: number, user: number): InputRow
  /** How long iterations have waited for a row that was asked for and has not come. */
  readonly stalled?: Milliseconds | undefined
  /** Calls back when what was waited for has come. */
  listen?(wake: () => void): void
  /**
   * Asks for what it needs before its load begins; resolves when that has come.
   *
   * @param users those who are there from the start.
   */
  open?(ask: (query: ThreadQuery) => void, users: readonly number[], now: () => Milliseconds): Promise<void>
  /** Takes what it asked for. */
  give?(supplied: Supplied): void
}

/** Inputs that a thread needs. */
export type ThreadQuery =
  /** So many more rows. */
  | { type: 'need rows'; rows: number }
  /** The row of a user, once. */
  | { type: 'need row'; user: number }

/** Inputs that a thread asked for. */
export type Supplied =
  /** With `isLast` there are no more. */
  | { type: 'rows'; rows: InputRow[]; isLast: boolean }
  /** Undefined if there are no inputs for this user. */
  | { type: 'row'; user: number; row: InputRow | undefined }

export function openFeed(plan: FeedPlan, counters: SharedCounters, seed: number): Feed {
  switch (plan.kind) {
    case 'fixed':
      return fixedFeed(plan.inputs)
    case 'rows':
      return plan.order === 'random' ? randomRows(plan, seed) : rowsInOrder(plan, counters)
    case 'called':
      return plan.per === 'vu' ? new UserFeed(plan) : new CalledFeed(plan)
  }
}

export const fixedFeed = (inputs: InputRow): Feed => ({
  per: 'vu',
  isOver: false,
  claim: () => 'ready',
  take: () => inputs,
})

type Rows = Extract<FeedPlan, { kind: 'rows' }>

/** Random rows. An iteration has the same row on any thread. */
function randomRows({ per, rows }: Rows, seed: number): Feed {
  const random = new Random(seed, 'inputs')
  return {
    per,
    isOver: false,
    claim: () => 'ready',
    take(place) {
      random.seed(seed, 'inputs', place)
      return rows[random.below(rows.length)]!
    },
  }
}

/**
 * Rows in order. An arrival has the row of its number on any thread or host, and so has a user. Other iterations of all
 * threads share one counter.
 */
function rowsInOrder({ rows, per, whenExhausted }: Rows, counters: SharedCounters): Feed {
  let claimed: InputRow | undefined
  let isOver = false
  return {
    per,
    get isOver() {
      return isOver
    },
    claim(user, place) {
      if (claimed !== undefined) return 'ready'
      const number = per === 'vu' ? user : (place ?? counters.takeRow())
      if (number < rows.length || whenExhausted === 'wrap') {
        claimed = rows[number % rows.length]
        return 'ready'
      }
      isOver = per === 'iteration' || whenExhausted === 'error'
      return 'over'
    },
    take() {
      const row = claimed!
      claimed = undefined
      return row
    },
  }
}

/** Rows that a thread asks for at once, at first and at most. */
const FIRST = 32
const MOST = 8_192
/** Requested rows should last this long. */
const LASTS: Milliseconds = 500

/** Rows from the main thread, requested in advance: when half of the stock is used. */
export class CalledFeed implements Feed {
  readonly per: 'iteration' | 'vu'
  readonly #isError: boolean
  #query: (query: ThreadQuery) => void = () => {}
  #now: () => Milliseconds = () => 0
  #rows: InputRow[] = []
  #taken = 0
  #stock = FIRST
  #askedAt = Number.NEGATIVE_INFINITY
  #isAsking = false
  #isLast = false
  #isMissed = false
  /** Whether there were too few since they were last asked for. */
  #isStarved = false
  readonly #first = new Deferred()
  #wake = () => {}

  constructor({ per, whenExhausted }: Extract<FeedPlan, { kind: 'called' }>) {
    this.per = per
    this.#isError = whenExhausted === 'error'
  }

  open(ask: (query: ThreadQuery) => void, _users: readonly number[], now: () => Milliseconds): Promise<void> {
    this.#query = ask
    this.#now = now
    this.#ask()
    return this.#first.promise
  }

  listen(wake: () => void): void {
    this.#wake = wake
  }

  give(supplied: Supplied): void {
    if (supplied.type !== 'rows') return
    const { rows, isLast } = supplied
    this.#rows = [...this.#rows.slice(this.#taken), ...rows]
    this.#taken = 0
    this.#isLast ||= isLast
    this.#isAsking = false
    this.#askIfLow()
    this.#first.resolve()
    this.#wake()
  }

  get isOver(): boolean {
    return this.#isMissed && (this.per === 'iteration' || this.#isError)
  }

  get stalled(): Milliseconds {
    return this.#isStarved && this.#isAsking ? this.#now() - this.#askedAt : 0
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
    const now = this.#now()
    if (this.#isStarved || now - this.#askedAt < LASTS) this.#stock = Math.min(MOST, this.#stock * 2)
    this.#isStarved = false
    this.#askedAt = now
    this.#isAsking = true
    this.#query({ type: 'need rows', rows: this.#stock - this.#left })
  }
}

/** Rows from the main thread, of which each virtual user asks for one, once. */
class UserFeed implements Feed {
  readonly per = 'vu'
  isOver = false
  readonly #isError: boolean
  readonly #asked = new Set<number>()
  /** Rows that have arrived and were not taken; undefined if the user gets no row. */
  readonly #rows = new Map<number, InputRow | undefined>()
  #query: (query: ThreadQuery) => void = () => {}
  #wake = () => {}
  #onCome = () => {}

  constructor({ whenExhausted }: Pick<Extract<FeedPlan, { kind: 'called' }>, 'whenExhausted'>) {
    this.#isError = whenExhausted === 'error'
  }

  open(ask: (query: ThreadQuery) => void, users: readonly number[]): Promise<void> {
    this.#query = ask
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

  give(supplied: Supplied): void {
    if (supplied.type !== 'row') return
    this.#rows.set(supplied.user, supplied.row)
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
    this.#query({ type: 'need row', user })
  }
}

const ITERATIONS = 0
const ROWS = 1

/**
 * The numbers that one host of several gives to what its threads take: so many next to one another of each round of
 * all threads of the run.
 */
export interface Stripe {
  /** The first, from 0. */
  first: number
  width: number
  /** Numbers in a round. */
  of: number
}

const ALL: Stripe = { first: 0, width: 1, of: 1 }

/** Counters shared by all threads of a run, or of one host. */
export class SharedCounters {
  static readonly BYTES = 2 * BigInt64Array.BYTES_PER_ELEMENT
  readonly #cells: BigInt64Array

  readonly #stripe: Stripe

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(SharedCounters.BYTES), stripe: Stripe = ALL) {
    this.#cells = new BigInt64Array(shared)
    this.#stripe = stripe
  }

  /** Takes one of so many iterations for all; false when none is left. */
  takeIteration(of: number): boolean {
    return this.iterationsLeft(of) && this.#numberOf(Atomics.add(this.#cells, ITERATIONS, 1n)) < of
  }

  iterationsLeft(of: number): boolean {
    return this.#numberOf(Atomics.load(this.#cells, ITERATIONS)) < of
  }

  /** Number of the next row of inputs, from 0. Each number is given once. */
  takeRow(): number {
    return this.#numberOf(Atomics.add(this.#cells, ROWS, 1n))
  }

  #numberOf(taken: bigint): number {
    const { first, width, of } = this.#stripe
    const place = Number(taken) % width
    return ((Number(taken) - place) / width) * of + first + place
  }
}

/** Source of a thread's inputs; plain data. */
export type FeedPlan =
  | { kind: 'fixed'; per?: undefined; inputs: InputRow }
  | ({ kind: 'rows'; rows: readonly InputRow[] } & Required<Pick<InputFeed, 'order' | 'per' | 'whenExhausted'>>)
  /** Rows that the main thread sends. */
  | ({ kind: 'called' } & Required<Pick<InputFeed, 'per' | 'whenExhausted'>>)
