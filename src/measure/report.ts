import type { Bytes, Milliseconds, PerSecond, Share } from '../ground/units.ts'
import type { AnswerGroup } from './answers.ts'
import type { Environment } from './environment.ts'
import type { Growth } from './growth.ts'
import type { LoadShape } from './shape.ts'
import type { ThreadHealth } from './thread-health.ts'

/** Figures in milliseconds. `histogram` is HdrHistogram V2, compressed, base64, in microseconds: summaries merge. */
export interface LatencySummary {
  count: number
  min: Milliseconds
  mean: Milliseconds
  max: Milliseconds
  stddev: Milliseconds
  p50: Milliseconds
  p90: Milliseconds
  p95: Milliseconds
  p99: Milliseconds
  p999: Milliseconds
  histogram: string
  /**
   * The same values without what the load generator itself may have added to each: starts that came late, answers that were there before
   * its thread got to them. As `histogram`; absent where it added nothing that is worth a word.
   */
  undelayed?: string
}

/** What a set of processes used over the measured window. */
export interface ResourceUsage {
  /** Highest resident set of the whole tree, in bytes. */
  memoryPeak: Bytes
  memoryMean: Bytes
  /** Resident set when the window began and ended. */
  memoryStart: Bytes
  memoryEnd: Bytes
  /** How the memory grows, in bytes; absent with fewer than three readings. */
  memoryGrowth?: { perMinute: Growth; per1000Requests?: Growth }
  /** Mean CPU over the window as a share of one core: 1.5 is one core and a half. */
  cpu: Share
  /** CPU spent for each request that was answered meanwhile. */
  cpuPerRequest?: Milliseconds
  cores: number
  /** What Node processes tell of themselves, where the probe is loaded into them. */
  node?: NodeUsage
  /** Series of a Prometheus target, by the name that they were given. */
  series?: Record<string, SeriesUsage>
  samples: number
  /** What was measured: `pid 4711 and 2 children`. */
  of: string
  /** What was never read, and why: `memory`, `cpu` (which are then 0), `node`, `series.queue`. */
  missing?: Record<string, string>
  /** Why the readings ended before the window did. */
  lost?: string
}

/** What happened within the Node processes of an application, over the measured window. */
export interface NodeUsage {
  /** How late their event loops came round; of the process that was latest. */
  eventLoopDelay: { p50: Milliseconds; p99: Milliseconds; max: Milliseconds }
  /** Of the busiest process. */
  eventLoopUtilization: Share
  /** Heaps in use at the same time, added up: at the last look, and the most that was seen. */
  heap: Bytes
  heapPeak: Bytes
  /** Pauses for the garbage collector, of all processes. */
  gc: { count: number; total: Milliseconds; longest: Milliseconds }
  processes: number
}

/** The values of a series over the measured window. */
export interface SeriesUsage {
  min: number
  mean: number
  max: number
  last: number
}

/** What a target used in one second. */
export interface TargetInterval {
  memory: Bytes
  cpu: Share
  heap?: Bytes
  series?: Record<string, number>
}

/** One second of a run. Counts are of that second. */
export interface Interval {
  /** From the start of the run (warm-up included). */
  start: Milliseconds
  length: Milliseconds
  phase: 'warm-up' | 'ramp-up' | 'search' | 'measured' | 'ramp-down'
  due: number
  started: number
  dropped: number
  passed: number
  failed: number
  requests: number
  errors: number
  /** Iterations in flight at its end. */
  inFlight: number
  /** Iteration latency within this second (response time in open models, service time in closed ones). */
  p50: Milliseconds
  p95: Milliseconds
  p99: Milliseconds
  mean: Milliseconds
  /** 99 of 100 iterations that began in it did so at most so late, by the generator's own doing; absent where none can be late. */
  lateness?: Milliseconds
  target?: TargetInterval
  /** Of the named targets. */
  targets?: Record<string, TargetInterval>
  /** Virtual users allowed at its end, in adaptive runs. */
  limit?: number
}

/** A change of the limit of an adaptive run. */
export interface LimitChange {
  /** From the start of the run. */
  at: Milliseconds
  /** Virtual users before and after. */
  from: number
  to: number
  /** Mean or percentile of the service time of the iterations that ended in the window before. */
  signal: Milliseconds
  /** `mean 62.3 ms is over 50 ms`. */
  because: string
}

/** A request and its answer as readers want them: secrets masked, long bodies shortened. */
export interface ShownExchange {
  /** `GET`; `send` or `receive` for a message. */
  method: string
  /** Of a message the address of its channel. */
  url: string
  headers: Record<string, string>
  body?: string
  /** The answer, or the message; absent where none came. */
  response?: { status?: number; headers: Record<string, string>; body?: string }
  /** Why there was none, or why it could not be used. */
  failure?: string
}

/** One failure of many with the same cause. The criterion and its place are those of its group. */
export interface FailureExemplar extends ShownExchange {
  /** From the start of the run. */
  at: Milliseconds
  /** Until the answer, or until it was given up. */
  latency: Milliseconds
  /** From 1. */
  thread: number
}

/** One of the slowest requests of the measured window, secrets masked. */
export interface SlowRequest {
  /** The step's key, as in `steps`. */
  step: string
  latency: Milliseconds
  /** When it was sent, from the start of the run. */
  at: Milliseconds
  /** From 1. */
  thread: number
  /** `GET http://127.0.0.1:3000/items/7`. */
  request: string
  /** Absent where no answer came, and of a message. */
  status?: number
  /** How it failed, if it did: `criterion`, `timeout`. */
  failure?: string
}

/**
 * What keeps a rate from being held: the responses take too long, or too many fail, or the generator cannot make it, or others on the machine
 * had the CPU.
 */
export type CapacityLimit = 'latency' | 'errorRate' | 'generator' | 'machine'

/** One rate that a search for the capacity tried. */
export interface CapacityProbe {
  /** From the start of the run, when its arrivals began to count, and for how long they did. */
  at: Milliseconds
  length: Milliseconds
  /** Requests a second that were aimed at, and that were answered. */
  rate: PerSecond
  achieved: PerSecond
  /** Iterations that were due in it and ended. */
  iterations: number
  /** The figure that is judged, of their response times (within 2.2 %). */
  latency: Milliseconds
  errorRate: Share
  held: boolean
  /** It was held for a part of the time only, which was enough to go higher. */
  isShort: boolean
  /** Requests piled up. */
  ranAway: boolean
  /** Why it was not held. */
  limitedBy?: CapacityLimit
  /** `p99 312 ms is over 100 ms (given up after 1.2 s)`. */
  because: string
  /** Who else had the CPU, or stood still, while it was missed: such a miss says nothing of the application. */
  disturbedBy?: string
  /** It is the measured window. */
  isMeasured?: boolean
}

/** The highest rate that holds, found by trying. Rates are requests a second. */
export interface Capacity {
  /** What iterations had to keep: `p99 < 100 ms`, and at most this share failed. */
  latency: string
  errorRate: Share
  /** How near the search was to come, and the highest rate that it might try. */
  within: Share
  to: PerSecond
  /** How long a rate had to hold; absent in results of versions that did not tell. */
  hold?: Milliseconds
  /** The highest rate that held; 0 when none did. Whether it did so once more in the measured window, its probe tells. */
  held: PerSecond
  /** The lowest rate that did not; absent when all that were tried did. */
  missed?: PerSecond
  /**
   * What would take two tries by chance to be wrong, or three: rates up to `from` hold, rates from `to` on do not (absent: for none is that certain). Wider than from
   * `held` to `missed` where rates held one time and were missed another. Absent in results of versions that did not tell.
   */
  certain?: { from: PerSecond; to?: PerSecond }
  /** Why `missed` was missed, in a word and in a sentence. */
  limitedBy?: CapacityLimit
  because?: string
  /** Every rate that was tried, in the order of time: the curve of rate against latency. */
  probes: CapacityProbe[]
}

/** Failures with one cause. */
export interface ErrorGroup {
  /** The step's key, as in `steps`, or that of a step that runs a workflow. */
  step: string
  /** `criterion`, `openapi`, `output`, `timeout`, `refused`, `reset`, `aborted`, `protocol`, `request`, `runaway`. */
  kind: string
  /** One line: `$statusCode == 200 is not met (503)`. */
  message: string
  count: number
  at?: { file: string; line: number; column: number }
  /** The first three of each thread, three in all. */
  exemplars: FailureExemplar[]
}

/** A reason to distrust the numbers. */
export type Doubt =
  | { kind: 'generator saturated'; eventLoopUtilization: Share; text: string }
  /** `isShared`: the application runs on the same machine, and may have been starved as much; what it waited is not known. */
  | { kind: 'generator starved'; share: Share; longest: Milliseconds; isShared?: true; text: string }
  /** Others on the machine had the application's CPU: `longest` is the most that its threads waited within a second. */
  | { kind: 'application starved'; share: Share; longest: Milliseconds; text: string }
  | { kind: 'late starts'; p99: Milliseconds; text: string }
  /** The load threads got late to answers that were there: `waited` is the share of the window they had no core. */
  | { kind: 'late answers'; p99: Milliseconds; waited?: Share; text: string }
  /** The search for the capacity ended at what the generator can make. */
  | { kind: 'generator limit'; rate: PerSecond; text: string }
  /** The search for the capacity ended at a rate that was missed only while others on the machine had the CPU. */
  | { kind: 'machine limit'; rate: PerSecond; text: string }
  | { kind: 'dropped arrivals'; dropped: number; due: number; text: string }
  /** Arrivals that found all virtual users busy, and began when one was free. */
  | { kind: 'waits for users'; waited: number; due: number; text: string }
  | { kind: 'too few samples'; quantile: number; count: number; needed: number; text: string }
  /** `change` as in `warmUpCut.drift`; the others are what the measured window itself tells of how it went on. */
  | {
      kind: 'warm-up never steady'
      waited: Milliseconds
      change?: Share
      latency?: Reach
      /** Of high percentiles, which may be those of its beginning. */
      tail?: Reach
      rate?: Reach
      text: string
    }
  | { kind: 'cut short'; measured: Milliseconds; planned: Milliseconds; text: string }
  /** Stretches of time in which nothing could be done: the longest, and which share of the window they make up. */
  | {
      kind: 'GC pauses' | 'stolen CPU' | 'throttled CPU' | 'stood still' | 'clock jump'
      longest: Milliseconds
      share: Share
      text: string
    }
  /** Processes of the application, or of a named target, ended in the measured window, and others may have taken their place. */
  | { kind: 'target changed'; ended: number[]; began: number[]; target?: string; text: string }

/** By which shares a figure that still changes may come to lie below what was measured, and above. */
export interface Reach {
  below: Share
  above: Share
}

/** What a verdict was made by, in the metric's own unit: milliseconds, a second, shares of one, bytes. */
export interface Judged {
  value: number
  bound: number
  /**
   * Between which the value would lie without the doubts, and with as many samples as one likes (95 % confidence). An end that is
   * absent is not known. Where both keep to the bound, or neither does, the verdict is certain.
   */
  lower?: number
  upper?: number
  /** The doubts that touch the value, and between which values it would lie without each. */
  doubts: { kind: Doubt['kind'] | 'own delay'; lower?: number; upper?: number }[]
}

/** One budget, judged. */
export interface Verdict {
  /** `p99`, `steps.login.p99`, `memory`. */
  budget: string
  /** `p99 <= 100 ms`. */
  title: string
  /** The value as text with its unit: `87.2 ms`; `no data` when there is none. */
  value: string
  verdict: 'pass' | 'fail' | 'inconclusive'
  /** One or more sentences: what was seen, why, what to do. Empty for a pass. */
  because: string
  /** A footnote: doubts that touch the value and do not change the verdict, with what it would be without them. */
  note?: string
  /** Absent where there are no data. */
  judged?: Judged
}

export interface StepStatistics {
  /** Sent within the measured window, answered or not. */
  requests: number
  /** Attempts that failed; those whose request could not be built are no requests. */
  errors: number
  /** Of requests that reached a server: until the answer, or until it was given up. */
  serviceTime: LatencySummary
}

/** How a budget of windows did in each of them. */
export interface WindowFigure {
  /** From the beginning of the measured window. */
  start: Milliseconds
  length: Milliseconds
  /** In the budget's own unit; absent when there is nothing to judge. */
  value?: number
  count: number
  /** Whether it was kept: `open` where a percentile's confidence limits lie on both sides of the bound. */
  standing: 'kept' | 'missed' | 'open'
}

/** What a run of load measured. Plain data: it crosses threads, goes to JSON and back, and two of the same plan merge. */
export interface LoadReport {
  /** `not run`: no iteration ever passed its first request; `cause` says why. `cut short`: ended before its plan. */
  state: 'completed' | 'cut short' | 'not run'
  cause?: string
  /** The budget for which the run was ended (`abortOnFail`): its key, when (from the beginning of the measured window), and its value then. */
  endedBy?: { budget: string; at: Milliseconds; value?: number }
  /** Of several runs as one: further budgets for which one of them was ended. */
  alsoEndedBy?: NonNullable<LoadReport['endedBy']>[]
  workflow: { file: string; workflowId: string }
  shape: LoadShape
  model: 'open' | 'closed'
  /** Who spoke HTTP, and how connections fared over the whole run. */
  transport: {
    name: string
    why: string
    connectionsOpened: number
    /** Ended while they were still wanted. */
    connectionsLost: number
    /** Opened in the place of one that had ended; among `connectionsOpened`. */
    connectionsReopened: number
    /** Requests on a connection that had carried one before. */
    requestsReused: number
    /** Requests sent once again, since a kept connection had ended under them; none when absent. */
    requestsResent?: number
    /** Requests that had to wait for a free connection, and how long all of them waited. */
    requestsWaited: number
    waitingTime: Milliseconds
  }
  /** ISO 8601. */
  startedAt: string
  /** Where it ran. */
  environment?: Environment
  /** Length of the measured window. */
  measured: Milliseconds
  /** What ran before the measured window: warm-up and ramp-up. */
  warmUp: Milliseconds
  /** How the end of the warm-up was found, where it lasts until the load is steady (`warmUp: 'auto'`); absent when it was not reached. */
  warmUpCut?: {
    /** From the start of the run. */
    at: Milliseconds
    /** Otherwise it was ended by its ceiling. */
    steady: boolean
    because: string
    /** Its last half, halved: mean latency and rate of iterations in the first and the second one; absent when too few ended to tell. */
    drift?: {
      over: Milliseconds
      latency: { from: Milliseconds; to: Milliseconds }
      rate: { from: PerSecond; to: PerSecond }
      /** By how much the larger is above the smaller, of the figure that changed most; a change of the latency by less than 0.2 ms is none. */
      change: Share
    }
  }
  threads: number
  /** Most virtual users at once, over all threads. */
  maxVus: number
  /** Iterations of the whole run, warm-up and ramps included: due = started + dropped, started = passed + failed + aborted. */
  arrivals: { due: number; dropped: number; started: number; passed: number; failed: number; aborted: number }
  /** The same within the measured window. */
  measuredArrivals: {
    due: number
    dropped: number
    started: number
    passed: number
    failed: number
    aborted: number
  }
  /** Answered within the measured window, whatever the answer. */
  requests: number
  rps: PerSecond
  /** Of iterations that passed or failed within the measured window. */
  iterationRate: PerSecond
  /** Failed iterations as a share of finished ones. */
  errorRate: Share
  /**
   * Iterations of `measuredArrivals`, from when they were due. Those aborted after the graceful stop count with the time they had
   * waited; those of a run cut short do not count.
   */
  responseTime: LatencySummary
  /** Iterations, from when they started. */
  serviceTime: LatencySummary
  /** By step: `login`, and `workflowId.stepId` for steps of nested workflows. */
  steps: Record<string, StepStatistics>
  errors: ErrorGroup[]
  /** What was sent and how it was answered, over the whole run: by step and status. */
  answers: AnswerGroup[]
  /** Up to three of each step, the slowest first. */
  slowest?: SlowRequest[]
  /**
   * JSON bodies, over the whole run, whose rest behind the last value that is read was passed over, because all of them could not be
   * read without slowing the load: a fault there, or a name that comes again, was not seen. Absent when all were read to the end.
   */
  bodiesReadInPart?: number
  /** The application. */
  target?: ResourceUsage
  /** What else was measured, by the name that `targets` gives it. */
  targets?: Record<string, ResourceUsage>
  generator: ResourceUsage & {
    lateness: LatencySummary
    /** Of the busiest thread. */
    eventLoopUtilization: Share
    /** Each load thread, as far as it came back. */
    threads: ThreadHealth[]
  }
  series: Interval[]
  /** Every change of the limit, in adaptive runs. */
  limitChanges?: LimitChange[]
  /** What a search for the capacity found; the measured window is then at the rate that held. */
  capacity?: Capacity
  /** By budget, for those that have to hold in every window. */
  windows?: Record<string, WindowFigure[]>
  doubts: Doubt[]
  verdicts: Verdict[]
  /** What went wrong beside the load, and says nothing against its figures. */
  warnings?: string[]
}
