import type { MessagePort } from 'node:worker_threads'
import type { ArazzoDocument } from '../../document/model.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { TransportCounters, TransportOptions } from '../../http/transport.ts'
import type { ThreadHealth } from '../../measure/report.ts'
import type { PlanOptions } from '../../workflow/plan.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Subject } from '../counts/watched.ts'
import type { FeedPlan } from '../feed/read.ts'
import type { InputRow } from '../feed/source.ts'
import type { ThreadShare } from '../pace/arrivals.ts'
import type { ChannelModules } from '../plan/channels.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import type { TransportName } from '../plan/transport-choice.ts'
import type { Ended } from './executor.ts'
import type { Recorded } from './recorder.ts'

/** What a thread is told; plain data but for what is shared. */
export interface ThreadTask {
  document: ArazzoDocument
  workflowId: string
  planOptions: PlanOptions
  plan: LoadPlan
  share: ThreadShare
  inputs: FeedPlan
  transport: TransportName
  connections: TransportOptions
  channels?: ChannelModules
  /** One 32-bit cell, the same for all threads; not zero: end the run. */
  stop: SharedArrayBuffer
  /** Memory of SharedCounters, the same for all threads. */
  counters: SharedArrayBuffer
  /** What budgets that are looked at meanwhile are about. */
  subjects: readonly Subject[]
  /** The thread's own ledger. */
  ledger: SharedArrayBuffer
  /** Limit of an adaptive plan, the same for all threads. */
  limit?: SharedArrayBuffer
  /** Warm-up of a plan in which it lasts until the load is steady, the same for all threads. */
  warmUp?: SharedArrayBuffer
  /** State of a search for the capacity, the same for all threads. */
  search?: { schedule: SharedArrayBuffer; books: SharedArrayBuffer }
  port: MessagePort
}

/** Tells a thread when the plan begins: milliseconds since the epoch. Clocks of threads begin at different times. */
interface Start {
  type: 'start'
  at: Milliseconds
}

/** What a thread is told after it was begun. */
export type Told = Start | Supplied

/** Inputs that a thread needs. */
export type Asked =
  /** So many more rows. */
  | { type: 'ask'; rows: number }
  /** Those of a user, once. */
  | { type: 'ask for'; user: number }

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
  | { type: 'interval'; counts: IntervalCounts }
  | { type: 'done' }

export interface ThreadResult {
  recorded: Recorded
  ended: Ended
  transport: { name: string; counters: TransportCounters }
  /** Bodies whose rest was not read. */
  bodiesReadInPart: number
  /** Health in the measured window; absent when it never began. */
  health?: ThreadHealth
}

/** A fault of ours in a thread comes back as such, not as the thread's death. */
export type ThreadOutcome = { state: 'done'; result: ThreadResult } | { state: 'fault'; error: Error }
