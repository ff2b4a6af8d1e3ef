import type { Milliseconds } from '../ground/units.ts'
import type { IntervalCounts } from '../load/counts/intervals.ts'
import type { Stripe } from '../load/feed/shared-counters.ts'
import type { HostOfRun, ThreadEnd } from '../load/run/pool.ts'
import type { Asked, Call, ThreadTask, Told } from '../load/thread/protocol.ts'
import type { Changes } from './mirror.ts'

/** Of what both sides say to one another: only those of the same number understand one another. */
export const PROTOCOL = 2

/** What an agent says of itself when it is asked; plain data, as everything here. */
export interface Hello {
  protocol: number
  /** Unique among the agents of a server. */
  name: string
  /** Word of all its subjects: the name, which its rights are by, a dot, and what no other process has. */
  address: string
  version: string
  /** Threads that it would run. */
  threads: number
  /** Its part of a load, among the weights of all. */
  weight: number
  /** Its machine, cores and Node.js, for people. */
  machine: string
  /** Whether it works on a run now. */
  isBusy: boolean
  /** Public key (X25519, SPKI, DER) that keys of a run are agreed on with. */
  key: Uint8Array
}

/** Question to all agents. */
export interface Ask {
  protocol: number
  /** Word of the subjects of responses. */
  ask: string
}

/** Question to one agent; sealed, and after the public key of the coordinator's for this run and agent. */
export interface Join {
  protocol: number
  version: string
  run: string
  /** Whose run it is, for people: `"checkout at peak" of ci@runner-3`. */
  from: string
  /** What it runs, for people. */
  title: string
}

export type Joined = { state: 'joined' } | { state: 'refused'; why: string }

/** The part of a run that one agent has. */
export interface Share {
  /** Task of the threads, without shared memory and their own numbers, serialized once for all agents. */
  plan: Uint8Array
  /** Numbers of its threads among those of the run. */
  first: number
  threads: number
  count: number
  stripe: Stripe
  isNew: boolean
  /** Initial memory of what threads share, by its name. */
  memory: Record<string, Uint8Array>
}

/** What a plan holds when it is open. What `.env` files say is not in it: an agent has its own environment. */
export type SharedTask = Omit<
  ThreadTask,
  'port' | 'share' | 'stripe' | 'ledger' | 'stop' | 'counters' | 'limit' | 'warmUp' | 'search' | 'environment' | 'reach'
>

/** What the process of an agent used, and what its machine did to it. */
export type HostUse = NonNullable<HostOfRun['used']>

/** What an agent is told in a run. */
export type ToAgent =
  | { type: 'share'; share: Share }
  /** Begins at milliseconds since the epoch of the agent's own clock. */
  | { type: 'start'; at: Milliseconds }
  | { type: 'told'; thread: number; told: Told }
  | { type: 'changes'; changes: Changes[] }
  | { type: 'end'; thread: number; cause: string }
  /** Where the measured window begins, from the start: it is known now. */
  | { type: 'settled'; at: Milliseconds }
  /** The run is over, and the agent is free; `lost` with why it counts as lost, where others go on. */
  | { type: 'bye'; lost?: string }

/** What an agent says in a run. */
export type FromAgent =
  | { type: 'ready'; refused?: string }
  | { type: 'interval'; thread: number; counts: IntervalCounts }
  | { type: 'asked'; thread: number; asked: Asked }
  | { type: 'call'; thread: number; call: Call }
  | { type: 'setup failed'; cause: string }
  /** All that changed until `at`, from the start of the run. */
  | { type: 'changes'; changes: Changes[]; at: Milliseconds }
  /** It heard of a rate that began at `start` so much too late. */
  | { type: 'late'; start: Milliseconds; by: Milliseconds }
  | { type: 'ended'; thread: number; end: ThreadEnd }
  /** What its process used in the measured window, once all its threads have ended. */
  | { type: 'used'; used: HostUse }
  /** It cannot run its share; with why, as a sentence. */
  | { type: 'fault'; message: string }
