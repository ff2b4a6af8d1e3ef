import type { Milliseconds } from '../ground/units.ts'
import type { Transport } from '../http/transport.ts'
import type { Clock } from '../measure/clock.ts'
import type { Channels } from './channel/connect.ts'
import type { Client } from './client.ts'
import type { BranchEnd } from './fork.ts'
import type { Lane } from './lane.ts'
import type { Plan } from './plan.ts'
import type { RunRecord } from './run-record.ts'
import type { Secrets } from './secrets.ts'
import type { Authorizer } from './security/authorizer.ts'
import type { Thought } from './thought.ts'
import type { Observer } from './virtual-user.ts'

/** Objects that all lanes of a virtual user share. */
export interface LaneTools {
  readonly plan: Plan
  readonly transport: Transport
  readonly clock: Clock
  readonly observer: Observer
  readonly secrets: Secrets
  readonly client: Client
  readonly authorizer: Authorizer
  readonly thought: Thought
  readonly record: RunRecord
  /** Draws the time to think. */
  readonly think: (() => Milliseconds) | undefined
  readonly channels: Channels | undefined
}

/** The virtual user whose steps a lane performs. */
export interface LaneOwner {
  /** Whether no step begins before the user continues. */
  readonly isHeld: boolean
  /** A step is come to. Returns whether it may be performed, or the run is given up. */
  visits(): boolean
  /** An attempt was recorded: a stepwise run waits after each. */
  onRecorded(): void
  /** The lane has something to do: it is driven now, or as soon as another one that is being driven has to wait. */
  drive(lane: Lane): void
  /** Lane for a step that runs at the same time as others. */
  takeLane(): Lane
  giveBack(lane: Lane): void
  /** The run has ended. */
  onLaneEnded(end: BranchEnd): void
}
