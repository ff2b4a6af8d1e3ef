// Hot file. Allocated per count: nothing; the books lie in shared memory.

import type { Milliseconds } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'

/** Iterations: due = started + dropped, started = passed + failed + aborted. */
type Arrived = LoadReport['arrivals']

const PLACE = { due: 0, dropped: 1, started: 2, passed: 3, failed: 4, aborted: 5 } as const
const FIELDS = Object.keys(PLACE) as (keyof Arrived)[]
const MEASURED = FIELDS.length
const RESPONSES = 2 * FIELDS.length
const WITHOUT_RESPONSE = RESPONSES + 1
const RESPONSES_IN_WINDOW = RESPONSES + 2
const ENDED_IN_WINDOW = RESPONSES + 3
const STEP = RESPONSES + 4
const BEATS = RESPONSES + 5
const WAITING = RESPONSES + 6

/** The highest count that a cell holds. */
const MOST = 2 ** 31 - 1

/** An iteration that may be in flight. */
interface Waiting {
  readonly busy: boolean
  readonly started: Milliseconds
}

/**
 * The books of one thread, in shared memory: the main thread reads them while the run goes on, and still has them when
 * the thread is gone. Only the thread itself writes.
 */
export class Ledger {
  static readonly BYTES = (WAITING + 1) * Int32Array.BYTES_PER_ELEMENT
  readonly #cells: Int32Array

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Ledger.BYTES)) {
    this.#cells = new Int32Array(shared)
  }

  /** Books as they were when these cells were copied. Throws RangeError for what is not such a copy. */
  static of(copy: Int32Array): Ledger {
    const ledger = new Ledger()
    if (!(copy instanceof Int32Array) || copy.length !== ledger.#cells.length)
      throw new RangeError('its report of its books is not a copy of them')
    ledger.#cells.set(copy)
    return ledger
  }

  /** Copy of the current counts. */
  copy(): Int32Array {
    return this.#cells.slice()
  }

  count(what: keyof Arrived, measured: boolean): void {
    this.#cells[PLACE[what]]!++
    if (measured) this.#cells[MEASURED + PLACE[what]]!++
  }

  /** An iteration that had started before the measured window belongs to it. */
  takeIn(): void {
    for (const field of [PLACE.due, PLACE.started]) this.#cells[MEASURED + field]!++
  }

  /** An attempt has ended: with a response or without, inside or outside of the measured window. */
  attempt(responded: boolean, inWindow: boolean): void {
    this.#cells[responded ? RESPONSES : WITHOUT_RESPONSE]!++
    if (responded && inWindow) this.#cells[RESPONSES_IN_WINDOW]!++
  }

  /** An iteration of any start time passed or failed within the measured window. */
  endedInWindow(): void {
    this.#cells[ENDED_IN_WINDOW]!++
  }

  /** It begins to work on a step: builds a request, or judges a response. */
  at(step: number): void {
    this.#cells[STEP] = step + 1
  }

  /** The step that it worked on last; undefined before the first. */
  get step(): number | undefined {
    const step = this.#cells[STEP]!
    return step > 0 ? step - 1 : undefined
  }

  /** A thread that has not begun yet turns its event loop. */
  beat(): void {
    Atomics.add(this.#cells, BEATS, 1)
  }

  get beats(): number {
    return Atomics.load(this.#cells, BEATS)
  }

  /** Iterations that have been in flight for a while, as long as there is no response at all. */
  get waiting(): number {
    return this.#cells[WAITING]!
  }

  noteWaiting(slots: readonly Waiting[], since: Milliseconds): void {
    if (this.responses > 0) return
    this.#cells[WAITING] = slots.filter(({ busy, started }) => busy && started < since).length
  }

  get responses(): number {
    return this.#cells[RESPONSES]!
  }

  get withoutResponse(): number {
    return this.#cells[WITHOUT_RESPONSE]!
  }

  /** Throughput within the measured window. */
  throughput(): { requests: number; iterations: number } {
    return { requests: this.#cells[RESPONSES_IN_WINDOW]!, iterations: this.#cells[ENDED_IN_WINDOW]! }
  }

  /** The whole run. */
  whole(): Arrived {
    return this.#read(0)
  }

  /** The measured window. */
  measured(): Arrived {
    return this.#read(MEASURED)
  }

  /** Closes the ledger of a thread that is gone: iterations in progress count as aborted, waiting ones as dropped. */
  settle(): void {
    for (const base of [0, MEASURED]) {
      const { due, dropped, started, passed, failed, aborted } = this.#read(base)
      this.#cells[base + PLACE.dropped]! += due - dropped - started
      this.#cells[base + PLACE.aborted]! += started - passed - failed - aborted
    }
  }

  /**
   * Closes the ledger of a thread as last reported, possibly between two of its lines: ended iterations had started,
   * and waiting ones count as not due. An impossible ledger is emptied.
   */
  settleAsTold(): void {
    const isTooMuch = ({ dropped, started, passed, failed, aborted }: Arrived) =>
      dropped + Math.max(started, passed + failed + aborted) > MOST
    if (this.#cells.some(cell => cell < 0) || isTooMuch(this.whole()) || isTooMuch(this.measured())) this.#cells.fill(0)
    for (const base of [0, MEASURED]) {
      const { dropped, started, passed, failed, aborted } = this.#read(base)
      const begun = Math.max(started, passed + failed + aborted)
      this.#cells[base + PLACE.started] = begun
      this.#cells[base + PLACE.due] = begun + dropped
      this.#cells[base + PLACE.aborted]! += begun - passed - failed - aborted
    }
  }

  /** Whether the whole run and the measured window balance, as they do when a thread has ended. */
  get isBalanced(): boolean {
    return this.#cells.every(cell => cell >= 0) && balances(this.whole()) && balances(this.measured())
  }

  #read(base: number): Arrived {
    const at = (field: number) => this.#cells[base + field]!
    return { due: at(0), dropped: at(1), started: at(2), passed: at(3), failed: at(4), aborted: at(5) }
  }
}

export function addArrived(a: Arrived, b: Arrived): Arrived {
  const sum = { ...a }
  for (const field of FIELDS) sum[field] += b[field]
  return sum
}

export const NOTHING_ARRIVED: Arrived = { due: 0, dropped: 0, started: 0, passed: 0, failed: 0, aborted: 0 }

const balances = ({ due, dropped, started, passed, failed, aborted }: Arrived) =>
  due === started + dropped && started === passed + failed + aborted

/** Throws when the books do not balance: no figure of such a run can be believed. */
export function assertBalanced(arrived: Arrived, of: string): void {
  if (balances(arrived)) return
  const { due, dropped, started, passed, failed, aborted } = arrived
  throw new Error(
    `Failed to balance the ledger of ${of}: due ${due} = started ${started} + dropped ${dropped}, ` +
      `started ${started} = passed ${passed} + failed ${failed} + aborted ${aborted}. ` +
      'This is a fault of the load engine: please report it.',
  )
}

const SEVERAL = 3

/** The ledgers of all threads of a run. */
export class Ledgers {
  readonly all: Ledger[] = []

  /** Opens the ledger of one more thread; returns the memory that it shares. */
  open(): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(Ledger.BYTES)
    this.all.push(new Ledger(memory))
    return memory
  }

  /** Attempts that got a response. */
  get responses(): number {
    return this.#sum(ledger => ledger.responses)
  }

  /** Iterations that are due and have not ended. */
  get pending(): number {
    return this.#sum(ledger => {
      const { due, dropped, passed, failed, aborted } = ledger.whole()
      return due - dropped - passed - failed - aborted
    })
  }

  get failed(): number {
    return this.#sum(ledger => ledger.whole().failed)
  }

  /** Nothing came back: no response, and no iteration passed. */
  get isWithoutResponse(): boolean {
    return this.#sum(ledger => ledger.responses + ledger.whole().passed) === 0
  }

  /** Several iterations failed without a response, and none is in flight that may still get one. */
  get isUnresponsive(): boolean {
    return this.isWithoutResponse && this.failed >= SEVERAL && this.#sum(ledger => ledger.waiting) === 0
  }

  /** Something went wrong: an attempt got no response, or an iteration failed. */
  get isFailed(): boolean {
    return this.#sum(ledger => ledger.withoutResponse + ledger.whole().failed) > 0
  }

  arrivals(): Arrived {
    return this.all.map(ledger => ledger.whole()).reduce(addArrived, NOTHING_ARRIVED)
  }

  #sum(of: (ledger: Ledger) => number): number {
    return this.all.reduce((sum, ledger) => sum + of(ledger), 0)
  }
}
