import type { EnvironmentFiles } from '../../../ground/environment.ts'
import type { Bytes, Milliseconds } from '../../../ground/units.ts'
import type { AnswerGroup, LoadReport, RoundTrips, ThreadHealth } from '../../../measure/report.ts'
import type { PlanOptions } from '../../../workflow/plan.ts'
import type { Supplied, ThreadQuery } from '../../feed/feed.ts'
import type { HookWorkflow } from '../../plan/hooks.ts'
import type { LoadPlan } from '../../plan/load-plan.ts'
import type { LoadOptions } from '../../plan/options.ts'
import type { RunTask } from '../protocol.ts'
import type { Recorded } from '../recorder.ts'

/** Task of a comparison thread, for all launches; plain data. */
export interface DuetTask extends HookWorkflow, Pick<RunTask, 'inputs' | 'connections'> {
  /** Keys of the steps, by their number. */
  steps: readonly string[]
  /** Load of a side while it has its turn. */
  plan: LoadPlan
  /** Time for requests in progress at the end of a turn. */
  grace: Milliseconds
  transport: LoadOptions['transport']
  measures: Measures
  /** Values of `.env` files, for credentials. */
  environment?: EnvironmentFiles | undefined
}

/** Figures to measure. They determine how blocks are made. */
export interface Measures {
  /** Latencies and rates, which take a load that goes on for a while. */
  times: boolean
  /** CPU time, whose noise is that of the machine: the shorter the turns, the more of it hits both sides alike. */
  work: boolean
}

/** One of two: of the application's two builds. */
export type Place = 0 | 1

/** Address and process of a side. */
export interface SideTask {
  servers?: PlanOptions['servers']
  pid?: number
  /** Folder in which its Node processes tell their figures, if they have the probe. */
  probe?: string
}

/** Warm-up of each side: rounds of so many iterations. */
export type WarmUp = readonly number[]

/** When a warm-up ends at the latest. */
export interface WarmUpBounds {
  /** Requests to each side. */
  requests: number
  time: Milliseconds
  /** Whether it has all of these requests, however early it is steady and however long they take. */
  isWhole?: boolean
  /** Whether it has these requests or this time, however early it is steady. */
  isFull?: boolean
  /** The longest time of a round whose usual time is known. Default: 10 s. */
  patience?: Milliseconds
  /** Whether the launches have had load before: then it may end sooner. */
  isUsed?: boolean
}

/** A pair of launches to be loaded. */
export interface PairTask {
  sides: readonly [SideTask, SideTask]
  /** Pairs of blocks. */
  blocks: number
  /** The order of turns is drawn from it. */
  seed: number
  /** Length of a block, including its unmeasured beginning. */
  length: Milliseconds
  /** A slice of a block, where blocks are sliced. */
  slice?: Milliseconds | undefined
  /** Whether their lengths are found anew, blocks made longer for iterations that take long. */
  mayStretch: boolean
  discard: Milliseconds
  /** The one of earlier launches; absent for the first, which finds it. */
  warmUp?: WarmUp
  /** Bounds of the first one. */
  warmUpBounds: WarmUpBounds
  /** How long both have load at once between the warm-up and the turns, to see how their memory grows. Default: 0. */
  soak?: Milliseconds
  /** Whether it is found what a request to each step costs. */
  isPriced: boolean
  /** Whether other load tests may have the launches after this, which are not held then. Default: no. */
  mayGoOn?: boolean
  /** The processor to which both are held from the end of the warm-up on. */
  processor?: number | undefined
}

/** A look at both after as many iterations of each. */
export interface SoakReading {
  /** Requests to each side, of its warm-up too. */
  requests: number
  memory: readonly [Bytes, Bytes]
}

export type ToDuetThread =
  | { type: 'pair'; task: PairTask }
  /** Ends the current pair at once. */
  | { type: 'stop' }
  /** Inputs that a side asked for. */
  | { type: 'supplied'; side: Place; supplied: Supplied }

export type FromDuetThread =
  /** It has loaded the engine, and waits for pairs. */
  | { type: 'ready' }
  /** It goes on: a round of the warm-up, or a block, is over. */
  | { type: 'beat' }
  | { type: 'ask'; side: Place; query: ThreadQuery }
  | { type: 'pair'; result: PairResult }
  /** A fault of ours. */
  | { type: 'fault'; error: Error }

/** A look at a side at the end of one of its blocks. */
export interface BlockReading extends SliceUse {
  /** Whether the block was sliced. */
  isSliced?: boolean
  /** Responses in its measured time so far. */
  requests: number
  memory?: Bytes
}

/** CPU time of a side from the end of its previous turn to that of a slice, or from the warm-up to that of a block. */
export interface SliceUse {
  /** Requests that were sent to it in that time. */
  asked: number
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
  /** Time that counted of the turns that it had to their end. */
  measured: Milliseconds
  /** The first at the end of the warm-up, then one after each of its blocks, the last at the end of all. */
  readings: BlockReading[]
  /** One for each slice, in their order. */
  slices: SliceUse[]
  /** CPU times of requests to each step by a single user, by step number; NaN if unknown. */
  prices: Milliseconds[][]
  /** Round trips of its Node processes in its blocks; absent without the probe. */
  roundTrips?: RoundTrips
  /** Requests of its warm-up. */
  warmedUp: number
  /** Iterations of its warm-up that ended, and those of them that failed; none of a load with a rate or pacing. */
  warmUp?: { failed: number; of: number }
  /** Time of its turns, including requests in progress at their ends. */
  inTurns: Milliseconds
}

export interface PairResult {
  sides: readonly [SideResult, SideResult]
  warmUp?: WarmUp
  length: Milliseconds
  slice?: Milliseconds
  /** Whether both were held to the processor. */
  isHeld: boolean
  /** Looks at both while their memory may grow; absent of a pair without such a time. */
  soak?: readonly SoakReading[]
  /** From the first block to the last, by the system's monotonic clock. */
  window: readonly [from: Milliseconds, to: Milliseconds]
  /** Health of the thread from the first block to the last. */
  health?: ThreadHealth
}
