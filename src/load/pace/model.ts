import type { Milliseconds } from '../../ground/units.ts'
import type { Readiness } from '../feed/feed.ts'
import type { SharedCounters } from '../feed/shared-counters.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import type { ThreadShare } from './arrivals.ts'
import type { MeasuredWindow } from './measured-window.ts'
import type { Slot } from './slot.ts'

/** When iterations begin. */
export interface Model {
  /** Begins what is due by `now`; returns when there is more to begin, undefined when only an ending brings more. */
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

/** What a model may do. */
export interface ModelHost {
  readonly plan: LoadPlan
  readonly share: ThreadShare
  /** Where the measured window lies, and who is told of iterations that do not begin when they are due. */
  readonly recorder: { readonly window: MeasuredWindow; due(due: Milliseconds): void; dropped(due: Milliseconds): void }
  readonly counters: SharedCounters
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
