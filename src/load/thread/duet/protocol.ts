import type { ArazzoDocument } from '../../../document/model.ts'
import type { EnvironmentFiles } from '../../../ground/environment.ts'
import type { Bytes, Milliseconds } from '../../../ground/units.ts'
import type { TransportOptions } from '../../../http/transport.ts'
import type { AnswerGroup, LoadReport, ThreadHealth } from '../../../measure/report.ts'
import type { PlanOptions } from '../../../workflow/plan.ts'
import type { FeedPlan } from '../../feed/read.ts'
import type { LoadPlan } from '../../plan/load-plan.ts'
import type { LoadOptions } from '../../plan/options.ts'
import type { Asked, Supplied } from '../protocol.ts'
import type { Recorded } from '../recorder.ts'

/** What the thread of a comparison is told once, for all launches; plain data. */
export interface DuetTask {
  document: ArazzoDocument
  workflowId: string
  planOptions: PlanOptions
  /** Keys of the steps, by their number. */
  steps: readonly string[]
  /** Load of a side while it has its turn. */
  plan: LoadPlan
  /** How long what is in flight at the end of a turn may take. */
  grace: Milliseconds
  inputs: FeedPlan
  transport: LoadOptions['transport']
  connections: TransportOptions
  /** What `.env` files say, for credentials. */
  environment?: EnvironmentFiles | undefined
}

/** One of two: of the application's two builds. */
export type Place = 0 | 1

/** Where a side runs. */
export interface SideTask {
  servers?: PlanOptions['servers']
  pid?: number
}

/** Warm-up of each side: rounds in turns, of so many iterations on both. */
export type WarmUp = readonly number[]

/** A pair of launches to be loaded. */
export interface PairTask {
  sides: readonly [SideTask, SideTask]
  /** Who has each block. */
  turns: readonly Place[]
  /** A block, with what is discarded of it at its beginning. */
  length: Milliseconds
  /** Whether blocks may be made longer for iterations that take long. */
  mayStretch: boolean
  discard: Milliseconds
  /** The one of earlier launches; absent for the first, which finds it. */
  warmUp?: WarmUp
  /** What the first one may take on both sides together, but for its last rounds. */
  warmUpTime: Milliseconds
}

export type DuetTold =
  | { type: 'pair'; task: PairTask }
  /** Ends the pair in hand at once. */
  | { type: 'stop' }
  /** Inputs that a side asked for. */
  | { type: 'supplied'; side: Place; supplied: Supplied }

export type DuetSaid =
  /** It has loaded the engine, and waits for pairs. */
  | { type: 'ready' }
  /** It goes on: a round of the warm-up, or a block, is over. */
  | { type: 'beat' }
  | { type: 'ask'; side: Place; asked: Asked }
  | { type: 'pair'; result: PairResult }
  /** A fault of ours. */
  | { type: 'fault'; error: Error }

/** A look at a side at the end of one of its turns. */
export interface TurnReading {
  /** Requests that were sent to it since the warm-up. */
  asked: number
  /** Responses in its measured blocks so far. */
  requests: number
  memory?: Bytes
  cpuTime?: Milliseconds
}

export interface SideResult {
  cause?: string
  recorded?: Recorded
  answers: AnswerGroup[]
  requests: number
  /** Responses to an iteration, of all from the end of the warm-up; absent where none ended. */
  requestsPerIteration?: number
  iterations: LoadReport['measuredArrivals']
  /** All iterations from the end of the warm-up. */
  started: number
  /** Blocks that it had to their end. */
  blocks: number
  /** The first at the end of the warm-up, then one after each of its turns, the last at the end of all. */
  readings: TurnReading[]
  /** Requests of its warm-up. */
  warmedUp: number
}

export interface PairResult {
  sides: readonly [SideResult, SideResult]
  warmUp?: WarmUp
  length: Milliseconds
  /** Health of the thread from the first block to the last. */
  health?: ThreadHealth
  /** It was told to stop. */
  isStopped: boolean
}
