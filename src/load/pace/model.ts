import { Random } from '../../ground/random.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { VirtualUser } from '../../workflow/virtual-user.ts'
import type { Readiness } from '../feed/feed.ts'
import type { InputRow } from '../feed/source.ts'
import { drawPause, type LoadPlan, type Pause, settledAt, windowOf } from '../plan/load-plan.ts'
import type { SharedWarmUp } from '../warm-up/shared-warm-up.ts'
import type { ThreadShare } from './arrivals.ts'

/** When iterations begin. */
export interface Model {
  /**
   * Begins all iterations due by `now`. Returns the time of the next one, or undefined if only an ending brings more.
   */
  work(now: Milliseconds): Milliseconds | undefined
  /** An iteration of the slot ended. Returns whether another may begin for that: then `work` is called next turn. */
  freed(slot: Slot, now: Milliseconds): boolean
  /** Nothing more will begin, however long one waits. */
  readonly exhausted: boolean
  /** It is known by now where the measured window begins: the rest of the plan comes earlier than it said. */
  replan(plan: LoadPlan): void
  /** Its turn is over: what waits for a user is not begun in the next one. */
  rest?(): void
  /** No iteration begins from here on. */
  close(): void
}

/** Functions that a model may use. */
export interface ModelHost {
  readonly plan: LoadPlan
  readonly share: ThreadShare
  /** Position of the measured window, and receiver of late and dropped iterations. */
  readonly recorder: { readonly window: MeasuredWindow; due(due: Milliseconds): void; dropped(due: Milliseconds): void }
  /** Whether users keep their inputs for all of their iterations. */
  readonly isFedByUser: boolean
  newSlot(): Slot
  /**
   * Whether there are inputs for an iteration of the slot, which stay claimed until it begins. `over`: never again;
   * `waiting`: `work` is called when there are.
   * @param number of the iteration that will begin, where that is known before.
   */
  claim(slot: Slot, number?: number): Readiness
  /**
   * Begins an iteration now.
   * @param number its number among those of all threads: what is random about it depends on nothing else.
   * @param due undefined where an iteration is due when it starts.
   * @param lateFrom from when on a late start is the generator's fault; undefined where that all users were busy is.
   */
  begin(slot: Slot, number: number, due?: Milliseconds, lateFrom?: Milliseconds): void
}

/** One virtual user's place in the executor; reused from iteration to iteration, its callback made once. */
export class Slot {
  due: Milliseconds = 0
  started: Milliseconds = 0
  late: Milliseconds = 0
  busy = false
  /** Inputs that the user keeps for all of its iterations. */
  inputs: InputRow | undefined
  /** Among the users of all threads, from 0. */
  readonly number: number
  readonly user: VirtualUser
  readonly thinkTime: ThinkTime | undefined
  readonly done: () => void

  constructor(number: number, user: VirtualUser, thinkTime: ThinkTime | undefined, onDone: (slot: Slot) => void) {
    this.number = number
    this.user = user
    this.thinkTime = thinkTime
    this.done = () => onDone(this)
  }
}

type ThinkTime = ReturnType<typeof thinkTimeOf>

/** Think times of one user. Those of an iteration are the same on any thread. */
export function thinkTimeOf(pause: Pause, seed: number) {
  const random = new Random(seed, 'thinkTime')
  return {
    draw: (): Milliseconds => drawPause(pause, random),
    begin: (iteration: number): void => random.seed(seed, 'thinkTime', iteration),
  }
}

/** A run that takes turns with others: out of its turn it begins nothing, and its time stands still. */
export interface TurnTaker {
  /** Iterations that have not ended. */
  readonly inFlight: number
  /** A turn begins. Its measured part lies between the two moments, from now. */
  resume(measured: { from: Milliseconds; to: Milliseconds }): void
  /** Its turn is over. @param onRest called once, when nothing of it is in flight any more. */
  hold(onRest: () => void): void
}

/**
 * Measured window of one thread. It is the plan's, unless the warm-up lasts until the load is steady: then it is open
 * at first, and begins for all threads where the warm-up they share has ended; or it is that of a search, which says
 * where it will be before it begins.
 */
export class MeasuredWindow {
  /** Plan as it is known by now. */
  plan: LoadPlan
  /** It is not known yet where it begins, but not before `from`. */
  isOpen: boolean
  from: Milliseconds
  /** Infinite as long as it is open. */
  to: Milliseconds
  readonly #warmUp: SharedWarmUp | undefined
  readonly #search: { readonly windowFrom: Milliseconds } | undefined

  /** @param search where its window will begin; infinitely far as long as it goes on. */
  constructor(plan: LoadPlan, warmUp?: SharedWarmUp, search?: { readonly windowFrom: Milliseconds }) {
    const { from, to } = windowOf(plan)
    this.plan = plan
    this.#warmUp = warmUp
    this.#search = search
    this.isOpen = warmUp !== undefined || search !== undefined
    this.from = search !== undefined ? Number.POSITIVE_INFINITY : this.isOpen ? 0 : from
    this.to = this.isOpen ? Number.POSITIVE_INFINITY : to
  }

  /** Always the same result for the same moment. */
  hasBegun(at: Milliseconds): boolean {
    if (this.isOpen && (at >= this.from || this.#search !== undefined)) this.#look(at)
    return at >= this.from
  }

  /** Whether a moment lies in it. */
  has(at: Milliseconds): boolean {
    return this.hasBegun(at) && at < this.to
  }

  /** Whether it begins between two moments. Never that of a search: rates that are too high come before it. */
  isReached(from: Milliseconds, to: Milliseconds): boolean {
    return this.#search === undefined && this.hasBegun(to) && from < this.from
  }

  /** How much of it lies before a moment; 0 as long as it is open. */
  before(at: Milliseconds): Milliseconds {
    return this.isOpen ? 0 : Math.max(0, Math.min(at, this.to) - this.from)
  }

  /** The run ends before it has begun: now it never will. */
  giveUp(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.from = Number.POSITIVE_INFINITY
  }

  /** Lies from now on in another turn of a run that takes turns. */
  move({ from, to }: { from: Milliseconds; to: Milliseconds }): void {
    this.from = from
    this.to = to
  }

  #look(at: Milliseconds): void {
    if (this.#search !== undefined) {
      const { windowFrom } = this.#search
      if (Number.isFinite(windowFrom)) this.#settle(windowFrom)
      return
    }
    const horizon = this.#warmUp!.look(at)
    this.from = horizon.at
    if (horizon.isFinal) this.#settle(horizon.at)
  }

  #settle(from: Milliseconds): void {
    this.isOpen = false
    this.from = from
    this.plan = settledAt(this.plan, from)
    this.to = windowOf(this.plan).to
  }
}
