import { errorRateOf } from './error-rate.ts'
import {
  asked,
  byName,
  bytes,
  cores,
  count,
  field,
  flag,
  list,
  milliseconds,
  moment,
  number,
  type Of,
  object,
  oneOf,
  opaque,
  optional,
  perSecond,
  share,
  text,
} from './kinds.ts'
import { capacity, mergeCapacity } from './report/capacity.ts'
import { errors, examples, mergeErrors, mergeResponses, mergeSlowest, responses, slow } from './report/failures.ts'
import { hookFigures, mergeHooks } from './report/hooks.ts'
import { host, mergeHosts } from './report/host.ts'
import { change, interval, mergeChanges, mergeSeries, mergeWindows, settling, window } from './report/interval.ts'
import { iterations } from './report/iterations.ts'
import { latencies, mergeSteps, step } from './report/latency.ts'
import { thread } from './report/thread.ts'
import { mergeUsage, USAGE, usage } from './report/usage.ts'
import { budget, doubt, mergeDoubts, verdict } from './report/verdict.ts'
import {
  all,
  atOnce,
  distinct,
  each,
  fields,
  first,
  greater,
  lesser,
  type Merging,
  max,
  mean,
  names,
  ordered,
  phrases,
  places,
  type Rule,
  rate,
  sum,
  time,
  turns,
} from './rules.ts'
import type { LoadShape } from './shape.ts'

/** Whether a run went to its end with all of its load: with less of that, figures are better than they would be. */
export const isWhole = ({ state, doubts }: Pick<LoadReport, 'state' | 'doubts'>): boolean =>
  state === 'completed' && !doubts.some(({ kind }) => kind === 'lost host')

/*
 * Content of a report, described once: for each field its meaning, its unit and schema, and the rule for merging two
 * runs. The types of TypeScript, the schema of result.json, `schemas/result.v1.json` and every sum (over threads, over
 * results) come from here.
 */

export type * from './report/capacity.ts'
export type * from './report/cause.ts'
export type * from './report/failures.ts'
export type * from './report/hooks.ts'
export type * from './report/host.ts'
export type * from './report/interval.ts'
export type * from './report/iterations.ts'
export type * from './report/latency.ts'
export type * from './report/thread.ts'
export type * from './report/usage.ts'
export type * from './report/verdict.ts'

const END = {
  /** Key of the budget. */
  budget: text,
  /** Time from the beginning of the measured window. */
  at: milliseconds,
  /** Value of the budget's metric then, in the unit of the budget. */
  value: optional(number),
}
type End = Of<typeof END>

const WORKFLOW = {
  /** Path of the document. */
  file: text,
  /** Id of the workflow, as it stands in the document. */
  workflowId: text,
}

const STREAMS = {
  /** One for each time that a request was sent over HTTP/2. */
  count: field(count, sum),
  /** How many were in flight on its connection when one was begun, itself included, in the mean. */
  mean: field(
    number,
    mean<{ count: number }>(({ count }) => count),
  ),
  /** The most that were in flight on a connection. */
  most: field(count, max),
}

const TRANSPORT = {
  /** `wire`, `undici` or `http2`. */
  name: field(text, phrases(' and ')),
  /** Why it was chosen. */
  why: field(text, phrases('; ')),
  /** Versions of HTTP that were spoken: `h1`, `h2` or `h1 and h2`; absent if no request was sent. */
  protocol: field(optional(text), phrases(' and ')),
  /** Streams of HTTP/2; absent where it was not spoken. */
  streams: field(optional(object(STREAMS)), fields(STREAMS)),
  /** Over the whole run. */
  connectionsOpened: field(count, sum),
  /** Ended while they were still wanted, which the server had not announced. */
  connectionsLost: field(count, sum),
  /** Opened in the place of one that had ended; among `connectionsOpened`. */
  connectionsReopened: field(count, sum),
  /** Requests on a connection that had carried one before. */
  requestsReused: field(count, sum),
  /** Requests of the whole run, each once. */
  requestsSent: field(count, sum),
  /** Requests sent again, since a kept connection that had been idle ended under them; none when absent. */
  requestsResent: field(optional(count), sum),
  /** Requests sent again, since the server said that it had not processed them (HTTP/2); none when absent. */
  requestsRefused: field(optional(count), sum),
  /** Requests that had to wait for a free connection. */
  requestsWaited: field(count, sum),
  /** How long all requests that waited for a free connection did so. */
  waitingTime: field(milliseconds, sum),
}

const ENVIRONMENT = {
  /** `v20.20.2`. */
  node: field(text, phrases(', ')),
  /** `Linux 6.1.0`. */
  system: field(text, phrases(', ')),
  /** `x64`. */
  architecture: field(text, phrases(', ')),
  /** Model of the processor; `unknown` where the system does not tell. */
  processor: field(text, phrases(', ')),
  /** Cores that this process may use. */
  cores: field(count, max),
  memory: field(bytes, max),
  /** Cores that the CPU quota of its container pays for; absent without one. */
  cpuQuota: field(optional(cores), max),
  /** Memory that its container may use; absent where that is all there is. */
  memoryLimit: field(optional(bytes), max),
}

/** Environment of a run. Figures of different environments cannot be compared. */
export interface Environment extends Of<typeof ENVIRONMENT> {}

const DRIFT = {
  /** How long that half was. */
  over: milliseconds,
  /** Mean latency of iterations, first and then. */
  latency: object({ from: milliseconds, to: milliseconds }),
  /** Iterations a second, first and then. */
  rate: object({ from: perSecond, to: perSecond }),
  /**
   * Change by which the larger is above the smaller, of the figure that changed most; a latency that changed by less
   * than 0.2 ms has not.
   */
  change: share,
}

const CUT = {
  /** Time from the start of the run. */
  at: milliseconds,
  /** Otherwise it was ended by its ceiling. */
  steady: flag,
  /** Observation that ended the warm-up, in words. */
  because: text,
  /**
   * Its last half, halved: mean latency and rate of iterations in the first and the second one; absent when too few
   * ended to tell.
   */
  drift: optional(object(DRIFT)),
}

const ARRIVALS = {
  /** Iterations that were to start: started and dropped. */
  due: field(count, sum),
  /** Iterations that never started. */
  dropped: field(count, sum),
  /** Iterations that passed, failed or were aborted. */
  started: field(count, sum),
  /** Iterations that met all criteria. */
  passed: field(count, sum),
  /** Iterations that did not meet one, or had no response after the graceful stop. */
  failed: field(count, sum),
  /** Iterations that the package itself ended: the run was cut short, or their user was between two requests. */
  aborted: field(count, sum),
}

const GENERATOR = {
  ...USAGE,
  /** How late iterations started, by the generator's own doing. */
  lateness: latencies,
  /** Time in which the busiest thread had work. */
  eventLoopUtilization: field(share, max),
  /** Each load thread, as far as it came back. */
  threads: field(
    list(thread),
    turns(all(), (a, b) => [...a, ...b]),
  ),
}

const TIMES = {
  /** Their response times, added up. */
  durations: field(milliseconds, sum),
  /** Buckets like those of `answers`. */
  buckets: field(list(count), places(sum)),
}

const STATES = ['completed', 'cut short', 'not run'] as const

/** Error rate of both. */
const errorRate: Rule<number> = (_a, _b, { of }) => {
  const reports = of as readonly { measuredArrivals: Of<typeof ARRIVALS> }[]
  const count = (name: 'passed' | 'failed') =>
    reports.reduce((total, { measuredArrivals }) => total + measuredArrivals[name], 0)
  return errorRateOf({ passed: count('passed'), failed: count('failed') }) ?? 0
}

interface Ended {
  endedBy?: End
  alsoEndedBy?: End[]
}

/** Budgets that ended runs, each once. Each one was missed, also if other runs kept it. */
function endsOf({ of, isParallel, spans: [before] }: Merging): End[] {
  const later = isParallel ? 0 : before.measured
  const [first, second] = (of as readonly [Ended, Ended]).map(({ endedBy, alsoEndedBy = [] }) =>
    endedBy === undefined ? [] : [endedBy, ...alsoEndedBy],
  ) as [End[], End[]]
  const all = ordered([...first, ...second.map(end => ({ ...end, at: end.at + later }))], ({ at }) => at)
  return all.filter(({ budget }, i) => all.findIndex(end => end.budget === budget) === i)
}

/** Stands for what is absent, and is never looked at. */
const nobody: End = { budget: '', at: 0 }
const othersOf = ([, ...others]: End[]) => (others.length > 0 ? others : undefined)

export const REPORT = {
  /** `not run`: no iteration ever passed its first request; `cause` says why. `cut short`: ended before its plan. */
  state: field(oneOf(...STATES), (a, b) => (a === b ? a : 'cut short')),
  /** Why it is not `completed`. */
  cause: field(optional(text), phrases('; ')),
  /**
   * The budget for which the run was ended (`abortOnFail`): its key, when (from the beginning of the measured window),
   * and its value then.
   */
  endedBy: asked(optional(object(END)), (_a, _b, at) => endsOf(at)[0], nobody),
  /** Further budgets of several runs as one, for which one of them was ended. */
  alsoEndedBy: asked(optional(list(object(END))), (_a, _b, at) => othersOf(endsOf(at)), []),
  /** Workflow of the load. */
  workflow: field(object(WORKFLOW), lesser),
  /** The load, as it was written. */
  shape: field(opaque<LoadShape>(), lesser),
  /** `open`: arrivals are due at fixed times, regardless of the server. `closed`: users wait for their responses. */
  model: field(oneOf('open', 'closed'), lesser),
  /** HTTP transport, and its connections over the whole run. */
  transport: field(object(TRANSPORT), fields(TRANSPORT)),
  startedAt: field(moment, (a, b) => (Date.parse(a) <= Date.parse(b) ? a : b)),
  /** Environment of the run. */
  environment: field(object(ENVIRONMENT), fields(ENVIRONMENT)),
  /** Length of the measured window. */
  measured: field(milliseconds, time),
  /** Time before the measured window: warm-up and ramp-up. */
  warmUp: field(milliseconds, turns(max, first)),
  /**
   * How the end of the warm-up was found, where it lasts until the load is steady (`warmUp: 'auto'`); absent when it
   * was not reached. A warm-up that never became steady says more than one that did.
   */
  warmUpCut: field(
    optional(object(CUT)),
    greater(({ steady }) => (steady ? 0 : 1)),
  ),
  /** Load threads. */
  threads: field(count, atOnce),
  /** Maximum virtual users at once, over all threads. */
  maxVus: field(count, atOnce),
  /**
   * Iterations of the whole run, warm-up and ramps included: due = started + dropped, started = passed + failed +
   * aborted.
   */
  arrivals: field(object(ARRIVALS), fields(ARRIVALS)),
  /** Arrivals within the measured window. */
  measuredArrivals: field(object(ARRIVALS), fields(ARRIVALS)),
  /** Responses within the measured window, with any status. */
  requests: field(count, sum),
  rps: field(perSecond, rate),
  /** Rate of iterations that passed or failed within the measured window. */
  iterationRate: field(perSecond, rate),
  /** Failed iterations as a share of all that passed or failed. */
  errorRate: field(share, errorRate),
  /**
   * Iterations of `measuredArrivals`, from when they were due. Those without a response after the graceful stop count
   * with the time they had waited; those aborted in a run cut short do not count.
   */
  responseTime: latencies,
  /** Iterations, from when they started. */
  serviceTime: latencies,
  /** Statistics by step: `login`, and `workflowId.stepId` for steps of nested workflows. */
  steps: field(byName(step), mergeSteps),
  /**
   * Statistics of the requests of all steps together. For several merged runs they are added up again from their steps.
   */
  allRequests: field(step, first),
  /** Failures by cause, most frequent first. */
  errors: field(list(errors), mergeErrors),
  /** Sent requests and their responses over the whole run, by step and status. */
  answers: field(list(responses), mergeResponses),
  /** Response times of iterations of the whole run that passed or failed. */
  iterationTimes: field(object(TIMES), fields(TIMES)),
  /** Slowest requests, up to three of each step, the slowest first. */
  slowest: field(list(slow), mergeSlowest),
  /** Requests that passed, up to three of each step, with their responses. */
  examples,
  /** A typical iteration and the slowest one; absent if none was measured. */
  iterations,
  /**
   * JSON bodies, over the whole run, of which long values that are not read, or the rest behind the last value that is,
   * were passed over unchecked, because all of them could not be checked without slowing the load: a fault there, or a
   * name that comes again, was not seen. Absent when all were checked in full.
   */
  bodiesReadInPart: field(optional(count), sum),
  /** The application. */
  target: field(optional(usage), mergeUsage),
  /** Other measured targets, by their name in `targets`. */
  targets: field(optional(byName(usage)), names(mergeUsage)),
  /** The load generator itself. */
  generator: field(object(GENERATOR), fields(GENERATOR)),
  /**
   * Budgets of processes for which one of several runs has no figure, and why, by key. It failed them by itself, and
   * what the others read says nothing of it.
   */
  unread: field(optional(byName(text)), names(lesser)),
  /** Second by second. */
  series: field(list(interval), mergeSeries),
  /** Every change of the limit, in adaptive runs. */
  limitChanges: field(optional(list(change)), mergeChanges, []),
  /**
   * Whether the limit has settled, in adaptive runs. One that has not says more than one that has.
   */
  limitSettling: field(
    optional(settling),
    greater(({ settled }) => (settled ? 0 : 1)),
  ),
  /** Result of a search for the capacity. The measured window then runs at the rate that held. */
  capacity: field(optional(capacity), mergeCapacity),
  /** Windows by budget, for those that have to hold in every window. */
  windows: field(optional(byName(list(window))), mergeWindows, {}),
  /** Budgets that the run was judged by, as they were read. */
  budgets: field(list(budget), distinct()),
  /** Results of the setups and teardowns of the load test. Their requests are in no other figure. */
  hooks: field(optional(list(hookFigures)), mergeHooks),
  /** Hosts that ran the load together; absent where it ran in one process. */
  hosts: field(optional(list(host)), mergeHosts),
  /** Reasons to distrust the numbers. */
  doubts: field(list(doubt), mergeDoubts),
  /** A merged report is judged again. */
  verdicts: field(list(verdict), () => []),
  /** Problems that are not part of the load and do not affect its figures. */
  warnings: field(optional(list(text)), each),
}

/**
 * Report of a run of load. Plain data: it is sent between threads, converted to JSON and back, and two of the same plan
 * can be merged.
 */
export interface LoadReport extends Of<typeof REPORT> {}

/** Report as one with another; of parts of reports, the parts. */
export const mergeReport: Rule<LoadReport> = fields(REPORT)
