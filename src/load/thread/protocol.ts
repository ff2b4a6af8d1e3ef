import type { MessagePort } from 'node:worker_threads'
import type { EnvironmentFiles } from '../../ground/environment.ts'
import type { Reach } from '../../ground/reach.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { Protocol, TransportCounters, TransportOptions } from '../../http/transport.ts'
import type { HookFigures, ThreadHealth } from '../../measure/report.ts'
import type { KnownApplications } from '../applications.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Subject } from '../counts/watched.ts'
import type { FeedPlan, Stripe, Supplied, ThreadQuery } from '../feed/feed.ts'
import type { InputRow } from '../feed/source.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import type { ChannelModules } from '../plan/channels.ts'
import type { HookEnd, HookWorkflow, ReadHook } from '../plan/hooks.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import type { TransportChoice } from '../plan/transport-choice.ts'
import type { Ended } from './executor.ts'
import type { Recorded } from './recorder.ts'
import type { SharedMemory } from './shared-memory.ts'

/** Task for all threads of a run: plain data, which is also sent to other hosts. */
export interface RunTask extends HookWorkflow {
  plan: LoadPlan
  inputs: FeedPlan
  transport: TransportChoice
  connections: TransportOptions
  channels?: ChannelModules
  /** Applications that modules of channels may ask for. */
  applications?: KnownApplications
  /** Subjects of budgets that are checked during the run. */
  subjects: readonly Subject[]
  /** Hooks of its users and their iterations; absent without hooks. */
  hooks?: ThreadHooks
}

/** The part of one thread in a run, and the memory that it shares. */
export interface ThreadPart extends SharedMemory {
  share: ThreadShare
  /** Numbers of this host's threads if other hosts have the others. */
  stripe?: Stripe
  /** The thread's own ledger. */
  ledger: SharedArrayBuffer
  /** Values of `.env` files, for credentials. */
  environment?: EnvironmentFiles
  /** Variables and files that the plan may read; absent if it may read all. */
  reach?: Reach
  /** Threads of the application that wait for a core, the same for all threads; absent where it is not watched. */
  starved?: SharedArrayBuffer
}

export interface ThreadTask extends RunTask, ThreadPart {
  port: MessagePort
}

/** Hooks of users and iterations, without the functions, which the main thread calls; plain data. */
export interface ThreadHooks {
  list: Omit<ReadHook, 'call'>[]
  /** Inputs that all users have, those of the run's setup included. */
  inputs: InputRow
}

/** Messages to a thread, from the main thread of its process or, over the network, from a coordinator. */
export type ToThread =
  /** The plan begins, at milliseconds since the epoch: clocks of threads begin at different times. */
  { type: 'start'; at: Milliseconds } | Supplied | Returned

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

/** The result of a function of a hook, or why it failed. */
export interface Returned extends HookEnd {
  type: 'returned'
  id: number
}

/** Messages of a thread. Its carrier sends `ended` for a thread that is gone without it. */
export type FromThread =
  /** Connections are open, or (`refused`) could not be opened to any server. */
  | { type: 'ready'; refused?: string }
  | ThreadQuery
  | Call
  /** The setup of a user failed, which ends the run. */
  | { type: 'setup failed'; cause: string }
  /** About once a second. */
  | { type: 'interval'; counts: IntervalCounts }
  /** The last message. */
  | { type: 'ended'; end: ThreadEnd }

/** End of a thread. */
export type ThreadEnd =
  | { state: 'done'; result: ThreadResult }
  /**
   * It crashed, or was ended from outside; `host` if it was lost with all threads of another host, whose last message
   * was then `silence` ago.
   */
  | { state: 'lost'; cause: string; isEnded?: boolean; host?: string; silence?: Milliseconds }
  /** A fault of the load engine in it. */
  | { state: 'fault'; error: Error }

export interface ThreadResult {
  recorded: Recorded
  ended: Ended
  transport: { name: string; counters: TransportCounters; protocols?: readonly Protocol[] }
  /** Bodies whose rest was not read. */
  bodiesReadInPart: number
  /** Results of its hooks. */
  hooks?: HookFigures[]
  /** Health in the measured window; absent when it never began. */
  health?: ThreadHealth
}
