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
      return plan.per === 'vu' ? userFeed() : calledFeed(plan)
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
function rowsInOrder({ rows, per, order }: Rows, counters: SharedCounters): Feed {
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
      if (number < rows.length || order === 'sequential') {
        claimed = rows[number % rows.length]
        return 'ready'
      }
      isOver = per === 'iteration'
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

type Called = Extract<FeedPlan, { kind: 'called' }>

/** Rows from the main thread, requested in advance: when half of the stock is used. */
function calledFeed({ per }: Called): Feed {
  const first = new Deferred()
  let query: (query: ThreadQuery) => void = () => {}
  let now: () => Milliseconds = () => 0
  let wake = () => {}
  let rows: InputRow[] = []
  let taken = 0
  let stock = FIRST
  let askedAt = Number.NEGATIVE_INFINITY
  let isAsking = false
  let isNoMore = false
  let isMissed = false
  /** Whether there were too few since they were last asked for. */
  let isStarved = false

  const left = () => rows.length - taken
  const ask = () => {
    const at = now()
    if (isStarved || at - askedAt < LASTS) stock = Math.min(MOST, stock * 2)
    isStarved = false
    askedAt = at
    isAsking = true
    query({ type: 'need rows', rows: stock - left() })
  }
  const askIfLow = () => {
    if (!isAsking && !isNoMore && left() <= stock / 2) ask()
  }
  return {
    per,
    get isOver() {
      return isMissed && per === 'iteration'
    },
    get stalled() {
      return isStarved && isAsking ? now() - askedAt : 0
    },
    open(send, _users, clock) {
      query = send
      now = clock
      ask()
      return first.promise
    },
    listen(callback) {
      wake = callback
    },
    give(supplied) {
      if (supplied.type !== 'rows') return
      rows = [...rows.slice(taken), ...supplied.rows]
      taken = 0
      isNoMore ||= supplied.isLast
      isAsking = false
      askIfLow()
      first.resolve()
      wake()
    },
    claim() {
      if (left() > 0) return 'ready'
      if (isNoMore) isMissed = true
      else isStarved = true
      return isNoMore ? 'over' : 'waiting'
    },
    take() {
      const row = rows[taken++]!
      askIfLow()
      return row
    },
  }
}

/** Rows from the main thread, of which each virtual user asks for one, once. */
function userFeed(): Feed {
  const asked = new Set<number>()
  /** Rows that have arrived; undefined if the user gets no row. */
  const rows = new Map<number, InputRow | undefined>()
  const opened = new Deferred()
  let query: (query: ThreadQuery) => void = () => {}
  let wake = () => {}
  let awaited: readonly number[] = []

  const askFor = (user: number) => {
    if (asked.has(user)) return
    asked.add(user)
    query({ type: 'need row', user })
  }
  const openIfComplete = () => {
    if (awaited.every(user => rows.has(user))) opened.resolve()
  }
  return {
    per: 'vu',
    isOver: false,
    open(send, users) {
      query = send
      awaited = users
      for (const user of users) askFor(user)
      openIfComplete()
      return opened.promise
    },
    listen(callback) {
      wake = callback
    },
    give(supplied) {
      if (supplied.type !== 'row') return
      rows.set(supplied.user, supplied.row)
      openIfComplete()
      wake()
    },
    claim(user) {
      askFor(user)
      if (!rows.has(user)) return 'waiting'
      return rows.get(user) === undefined ? 'over' : 'ready'
    },
    take: user => rows.get(user)!,
  }
}

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

/** Counter of the rows of inputs that all threads of a run, or of one host, have taken. */
export class SharedCounters {
  static readonly BYTES = BigInt64Array.BYTES_PER_ELEMENT
  readonly #taken: BigInt64Array
  readonly #stripe: Stripe

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(SharedCounters.BYTES), stripe: Stripe = ALL) {
    this.#taken = new BigInt64Array(shared)
    this.#stripe = stripe
  }

  /** Number of the next row of inputs, from 0. Each number is given once. */
  takeRow(): number {
    const { first, width, of } = this.#stripe
    const taken = Number(Atomics.add(this.#taken, 0, 1n))
    const place = taken % width
    return ((taken - place) / width) * of + first + place
  }
}

/** Source of a thread's inputs; plain data. */
export type FeedPlan =
  | { kind: 'fixed'; per?: undefined; inputs: InputRow }
  | ({ kind: 'rows'; rows: readonly InputRow[] } & Required<Pick<InputFeed, 'order' | 'per'>>)
  /** Rows that the main thread sends. */
  | ({ kind: 'called' } & Required<Pick<InputFeed, 'per'>>)
