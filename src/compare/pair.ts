import type { SideFigures } from '../budget/metrics/metric.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { SoakReading } from '../load/thread/duet/protocol.ts'
import type { AnswerGroup, ErrorGroup, LatencySummary, ThreadHealth } from '../measure/report.ts'
import type { Traits } from './differences.ts'

/** Build of the application: `head` is the change, `base` is compared with it. */
export type SideName = 'base' | 'head'

export const SIDES: readonly SideName[] = ['base', 'head']

/** One start of an application until its end. */
export interface Launch {
  /** `http://127.0.0.1:4711`; absent if it was not started for this. */
  origin?: string
  /** Base URL for all sources, or by the name of a source description; absent where the document's own hold. */
  servers?: string | Record<string, string>
  /** Root of its process tree; absent where that is not known, and then its CPU and memory are not either. */
  pid?: number
  /** Requests that earlier load tests made to it; absent if there was none. */
  asked?: number
  /** Its traits that are not in its code; absent if it was not started for this. */
  traits?: Traits
  /** Folder in which its Node processes tell their figures; absent without the probe. */
  probe?: string
  /** Profilers of its threads, if it was started with them. */
  profilers?: Profilers
  /** Resolves when it has ended, by itself or by `stop`. Absent for an application that was already running. */
  ended?(): Promise<LaunchEnd>
  /** Ends it; resolves when nothing of it is left. */
  stop(): Promise<void>
}

/** Profilers of the threads of a launch. */
interface Profilers {
  /** Reasons of threads that have no profile. */
  readonly refusals: ReadonlySet<string>
  /** How many threads there are. */
  readonly threads: number
  start(): Promise<void>
  /** Paths of the profiles, one for each thread. */
  stop(): Promise<string[]>
  /** Collects garbage. Paths of readings of the heap, one for each thread. */
  heap(): Promise<string[]>
}

/** How an application ended. */
export interface LaunchEnd {
  /** `exited with code 3`: goes on behind its subject. */
  how: string
  /** The last lines that it wrote, marked as such. */
  output: string[]
}

/** `heap`: profilers that watch allocations from the start. */
export type Loaded = 'probe' | 'profilers' | 'heap'

/** One of two builds, which can be started again and again. */
export interface Side {
  /**
   * Starts it afresh: a port, an environment and a data folder of its own. Rejects when it does not respond.
   * @param loaded what its Node processes load: the probe, or profilers as well. Default: nothing.
   */
  launch(signal: AbortSignal, loaded?: Loaded): Promise<Launch>
  /** Whether it runs already and cannot be started again: then each launch is the same, and tells less. */
  isFixed?: boolean
}

/** Figures of one side of a pair, while it had counted load. */
export interface LaunchFigures extends SideFigures {
  serviceTime: LatencySummary
  errors: ErrorGroup[]
  answers: AnswerGroup[]
  /** All iterations that began in that time, whole: those that the requests of `answers` belong to. */
  started: number
  /** Requests of its warm-up. */
  warmedUp: number
  /** All requests to it by the end of its last block. */
  askedInAll: number
  /** Why it could not be measured, or not to the end; then none of the figures counts. */
  cause?: string
}

/** A fresh base and a fresh head, under the same load in turns: the unit of sampling. */
export interface Pair extends Record<SideName, LaunchFigures> {
  /** How long it took, launches included. */
  took: Milliseconds
  /**
   * Pairs of blocks, what one of them took with all that lies between it and the next, and the relative deviation of
   * one by figure, to choose their number by; absent where there are fewer than two, or blocks without any.
   */
  blocks: { pairs: number; length: Milliseconds; took: Milliseconds; deviation: { requests?: number; work?: number } }
  /** `ln(head / base)` of CPU time a request as short turns typically have it; absent where there were none. */
  typicalChange?: number
  /**
   * `ln` of CPU time a request in the second half of the blocks to that in the first half, mean of both sides: below
   * zero if the launches were still warming up. Absent if it is not known.
   */
  drift?: number
  /** Memory of both while they had load for long; absent of a pair that had not. */
  soak?: readonly SoakReading[]
  /** `GET /items`, by the key of its step. */
  routes?: Readonly<Record<string, string>>
  /** Whether both were held to the same processor while they were measured. */
  isHeld?: boolean
  /** From when to when it was measured, by the system's monotonic clock. */
  window?: readonly [from: Milliseconds, to: Milliseconds]
  /** How the load thread, which is the same for both, fared from the first block to the last. */
  generator?: ThreadHealth
}

/** Between which requests of a launch the figures of pairs lie; undefined if there is no pair. */
export function measuredAt(pairs: readonly Pair[]): { from: number; to: number } | undefined {
  const launches = pairs.flatMap(pair => SIDES.map(side => pair[side]))
  if (launches.length === 0) return undefined
  const from = Math.min(...launches.map(({ warmedUp }) => warmedUp)) + 1
  return { from, to: Math.max(...launches.map(({ askedInAll }) => askedInAll)) }
}

/** Pair without its launches. */
export type MeasuredPair = Omit<Pair, 'took'>
