import type { Milliseconds } from '../../ground/units.ts'
import type { Transport } from '../../http/transport.ts'
import type { Clock } from '../../measure/clock.ts'
import type { VirtualUser } from '../../workflow/virtual-user.ts'
import type { SharedSearch } from '../capacity/model.ts'
import type { Feed, SharedCounters } from '../feed/feed.ts'
import type { SharedLimit } from '../limit/shared-limit.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import type { Recorder } from './recorder.ts'

/** Dependencies for the execution of a thread's share of a plan. */
export interface ExecutorOptions {
  plan: LoadPlan
  share: ThreadShare
  clock: Clock
  /** Calls back once, after the current events were handled: `setImmediate`. */
  turn: (callback: () => void) => void
  /** @param think draws the think time before a step; absent without think time. */
  makeUser: (think: (() => Milliseconds) | undefined, number: number) => VirtualUser
  /** Cleans up after an iteration, before its user is free again; never rejects. */
  cleanUp?: (user: number, client: VirtualUser) => Promise<unknown>
  /** Inputs of its iterations. */
  feed: Feed
  /** A first guess of the requests an iteration makes. */
  requestsPerRun: number
  recorder: Recorder
  counters: SharedCounters
  /** Clock reading at which the plan begins. */
  start: Milliseconds
  /** Whether the run is to end early. */
  stopped: () => boolean
  onWindow?: (event: 'begins' | 'ends') => void
  /** Transport of the users, to write the requests of iterations that begin together in one go. */
  transport?: Pick<Transport, 'cork' | 'uncork'>
  /** Limit of an adaptive plan. */
  limit?: SharedLimit
  /** State of a search for the capacity. */
  search?: SharedSearch
}

/** How a thread's share of a plan ended. */
export interface Ended {
  reason: 'completed' | 'cut short'
  /** Time from the start when the last iteration begun had ended. */
  at: Milliseconds
  /** It ended because there were no more inputs. */
  isUsedUp?: boolean
  /** Virtual users for whom there was no row of inputs, if each keeps one: they did not run. */
  withoutRow?: number
  /** How long iterations had waited for a row that had not come by the end. */
  stalled?: Milliseconds
}
