import type { MessagePort } from 'node:worker_threads'
import type { ArazzoDocument } from '../../document/model.ts'
import type { EnvironmentFiles } from '../../ground/environment.ts'
import type { Reach } from '../../ground/reach.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { Protocol } from '../../http/protocol.ts'
import type { TransportCounters, TransportOptions } from '../../http/transport.ts'
import type { HookFigures, ThreadHealth } from '../../measure/report.ts'
import type { PlanOptions } from '../../workflow/plan.ts'
import type { KnownApplications } from '../applications.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Subject } from '../counts/watched.ts'
import type { FeedPlan } from '../feed/read.ts'
import type { Stripe } from '../feed/shared-counters.ts'
import type { InputRow } from '../feed/source.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import type { ChannelModules } from '../plan/channels.ts'
import type { ReadHook } from '../plan/hooks.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import type { TransportChoice } from '../plan/transport-choice.ts'
import type { Ended } from './executor-options.ts'
import type { Recorded } from './recorder.ts'

/** What a thread is told; plain data but for what is shared. */
export interface ThreadTask {
  document: ArazzoDocument
  workflowId: string
  planOptions: PlanOptions
  plan: LoadPlan
  share: ThreadShare
  inputs: FeedPlan
  transport: TransportChoice
  connections: TransportOptions
  channels?: ChannelModules
  /** What `.env` files say, for credentials. */
  environment?: EnvironmentFiles | undefined
  /** Variables and files that the plan may read; absent if it may read all. */
  reach?: Reach | undefined
  /** Applications that modules of channels may ask for. */
  applications?: KnownApplications | undefined
  /** One 32-bit cell, the same for all threads; not zero: end the run. */
  stop: SharedArrayBuffer
  /** Memory of SharedCounters, the same for all threads. */
  counters: SharedArrayBuffer
  /** Which numbers they give, where other hosts give the others. */
  stripe?: Stripe
  /** What budgets that are looked at meanwhile are about. */
  subjects: readonly Subject[]
  /** The thread's own ledger. */
  ledger: SharedArrayBuffer
  /** What runs before and after its users and their iterations; absent where nothing does. */
  hooks?: ThreadHooks
  /** Limit of an adaptive plan, the same for all threads. */
  limit?: SharedArrayBuffer
  /** Warm-up of a plan in which it lasts until the load is steady, the same for all threads. */
  warmUp?: SharedArrayBuffer
  /** State of a search for the capacity, the same for all threads. */
  search?: { schedule: SharedArrayBuffer; books: SharedArrayBuffer }
  /** Threads of the application that wait for a core, the same for all threads; absent where it is not watched. */
  starved?: SharedArrayBuffer | undefined
  port: MessagePort
}

/** Hooks of users and iterations, without the functions, which the main thread calls; plain data. */
export interface ThreadHooks {
  list: Omit<ReadHook, 'call'>[]
  /** Inputs that all users have, those of the run's setup included. */
  inputs: InputRow
}

/** Tells a thread when the plan begins: milliseconds since the epoch. Clocks of threads begin at different times. */
interface Start {
  type: 'start'
  at: Milliseconds
}

/** What a thread is told after it was begun. */
export type Told = Start | Supplied | Returned

/** Inputs that a thread needs. */
export type Asked =
  /** So many more rows. */
  | { type: 'ask'; rows: number }
  /** Those of a user, once. */
  | { type: 'ask for'; user: number }

/** A function of a hook is to be called. */
export interface Call {
  type: 'call'
  /** Number of the call in its thread. */
  id: number
  hook: HookFigures['hook']
  per: HookFigures['per']
  user: number
  inputs: InputRow
}

/** What a function of a hook came to: its result, or why it failed. */
export interface Returned {
  type: 'returned'
  id: number
  outputs: InputRow
  failure?: string
  /** It was not let come to its end, since the run is over: nobody's failure. */
  isCalledOff?: boolean
}

/** Inputs that a thread asked for. */
export type Supplied =
  /** With `isLast` there are no more. */
  | { type: 'rows'; rows: InputRow[]; isLast: boolean }
  /** Undefined: there are none for this user. */
  | { type: 'row'; user: number; row: InputRow | undefined }

/**
 * What a thread says, in this order: `ready`, an `interval` about once a second, `done`; then it closes the port.
 * A port that closes without `done` was of a thread that is gone.
 */
export type Said =
  /** Connections are open, or (`refused`) could not be opened to any server. */
  | { type: 'ready'; refused?: string }
  /** At any time. */
  | Asked
  | Call
  /** The setup of a user failed, which ends the run. */
  | { type: 'setup failed'; cause: string }
  | { type: 'interval'; counts: IntervalCounts }
  | { type: 'done' }

export interface ThreadResult {
  recorded: Recorded
  ended: Ended
  transport: { name: string; counters: TransportCounters; protocols?: readonly Protocol[] }
  /** Bodies whose rest was not read. */
  bodiesReadInPart: number
  /** What became of its hooks. */
  hooks?: HookFigures[]
  /** Health in the measured window; absent when it never began. */
  health?: ThreadHealth
}

/** A fault of ours in a thread comes back as such, not as the thread's death. */
export type ThreadOutcome = { state: 'done'; result: ThreadResult } | { state: 'fault'; error: Error }
