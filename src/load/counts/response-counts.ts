import type { Milliseconds } from '../../ground/units.ts'
import { DURATION_BOUNDS } from '../../measure/latency-counts.ts'
import type { AnswerGroup } from '../../measure/report.ts'

/**
 * Statuses of one step that are kept apart; further ones are counted together, so that no server can make series
 * without end.
 */
const MOST_STATUSES = 10
/** Key for a missing response. */
const NONE = 0
/** Stands for the statuses that come after the first ten. */
const OTHER = -1
/** Status of every event stream. */
const OK = 200

/**
 * Attempts at one step that got responses with one status: plain data, small, and adds up with that of other threads.
 */
export interface ResponseCounts {
  /** Key of the step. */
  step: string
  status: number
  requests: number
  durations: Milliseconds
  /** How many in each bucket, the last of which has no bound. */
  buckets: Uint32Array
  /** Failed attempts by kind. */
  errors: Record<string, number>
  /** Attempts that poll; see `isPolling`. */
  retried?: number
  events?: number
  /** Time to the first event of each stream, as `durations` and `buckets`. */
  firstEvents?: { durations: Milliseconds; buckets: Uint32Array }
}

/**
 * Counts every attempt of a thread, and hands the counts out interval by interval. A known response costs increments.
 */
export class ResponseCounter {
  readonly #keys: readonly string[]
  /** Counts of each status, by step. */
  readonly #steps: ResponseCounts[][]
  /** Counts of the status that came last, by step. */
  readonly #last: (ResponseCounts | undefined)[]
  readonly #statuses: Set<number>[]
  readonly #calls = new Map<string, ResponseCounts>()

  constructor(keys: readonly string[]) {
    this.#keys = keys
    this.#steps = keys.map(() => [])
    this.#last = keys.map(() => undefined)
    this.#statuses = keys.map(() => new Set())
  }

  /**
   * @param status undefined without a response.
   * @param duration undefined if it was not measured.
   * @param kind of the failure.
   */
  add(
    step: number,
    status: number | undefined,
    isRequest: boolean,
    duration: Milliseconds | undefined,
    kind: string | undefined,
  ): void {
    const given = status ?? NONE
    let counts = this.#last[step]
    if (counts?.status !== given) counts = this.#find(step, given)
    if (isRequest) counts.requests++
    if (duration !== undefined) {
      counts.durations += duration
      counts.buckets[durationBucketOf(duration)]!++
    }
    if (kind !== undefined) counts.errors[kind] = (counts.errors[kind] ?? 0) + 1
  }

  addRetried(step: number, status: number): void {
    const counts = this.#find(step, status)
    counts.retried = (counts.retried ?? 0) + 1
  }

  /** An event of a stream came. @param first how long it took, of the first one of a stream. */
  addEvent(step: number, first: Milliseconds | undefined): void {
    const counts = this.#find(step, OK)
    counts.events = (counts.events ?? 0) + 1
    if (first === undefined) return
    counts.firstEvents ??= { durations: 0, buckets: noDurations() }
    counts.firstEvents.durations += first
    counts.firstEvents.buckets[durationBucketOf(first)]!++
  }

  /** A step that runs a workflow failed by itself. */
  addCall(key: string, kind: string): void {
    let counts = this.#calls.get(key)
    if (counts === undefined) {
      counts = nothing(key, NONE)
      this.#calls.set(key, counts)
    }
    counts.errors[kind] = (counts.errors[kind] ?? 0) + 1
  }

  /** Counts since the last time; undefined when nothing was counted. */
  take(): ResponseCounts[] | undefined {
    const taken = [...this.#steps.flat(), ...this.#calls.values()]
    for (const [step, counts] of this.#steps.entries()) {
      if (counts.length === 0) continue
      this.#steps[step] = []
      this.#last[step] = undefined
    }
    this.#calls.clear()
    return taken.length === 0 ? undefined : taken
  }

  #find(step: number, given: number): ResponseCounts {
    const statuses = this.#statuses[step]!
    const isNamed = given === NONE || statuses.has(given) || statuses.size < MOST_STATUSES
    const status = isNamed ? given : OTHER
    if (isNamed && given !== NONE) statuses.add(given)
    const known = this.#steps[step]!
    let counts = known.find(counts => counts.status === status)
    if (counts === undefined) {
      counts = nothing(this.#keys[step]!, status)
      known.push(counts)
    }
    this.#last[step] = counts
    return counts
  }
}

/** Iterations that ended in one interval of one thread. */
interface Ended {
  latencySum: Milliseconds
  durationBuckets: Uint32Array
}

/** All that the threads have counted so far. */
export class ResponseTotals {
  readonly #groups = new Map<string, AnswerGroup>()
  readonly #methods: ReadonlyMap<string, string>
  readonly #named = new Map<string, number>()

  /** Iterations that passed or failed. */
  readonly iterationTimes = { durations: 0, buckets: [...noDurations()] }

  /** @param methods by key of the step; steps that run a workflow are absent. */
  constructor(methods: ReadonlyMap<string, string>) {
    this.#methods = methods
  }

  addIterations({ latencySum, durationBuckets }: Ended): void {
    this.iterationTimes.durations += latencySum
    for (const [i, count] of durationBuckets.entries()) this.iterationTimes.buckets[i]! += count
  }

  add(counted: readonly ResponseCounts[] | undefined): void {
    for (const counts of counted ?? []) {
      const group = this.#group(counts)
      group.requests += counts.requests
      group.durations += counts.durations
      for (let i = 0; i < counts.buckets.length; i++) group.buckets[i]! += counts.buckets[i]!
      for (const [kind, count] of Object.entries(counts.errors)) group.errors[kind] = (group.errors[kind] ?? 0) + count
      if (counts.retried !== undefined) group.retried = (group.retried ?? 0) + counts.retried
      addEvents(group, counts)
    }
  }

  /** Groups in the order in which they came first; the totals themselves, which go on. */
  get groups(): readonly AnswerGroup[] {
    return [...this.#groups.values()]
  }

  /** Threads may have met different statuses first: what is one too many together is among the others as well. */
  #group({ step, status }: ResponseCounts): AnswerGroup {
    const named = this.#named.get(step) ?? 0
    const isNew = status > NONE && !this.#groups.has(`${step}\n${status}`)
    const kept = isNew && named >= MOST_STATUSES ? OTHER : status
    const key = `${step}\n${kept}`
    let group = this.#groups.get(key)
    if (group === undefined) {
      if (kept > NONE) this.#named.set(step, named + 1)
      group = {
        step,
        method: this.#methods.get(step) ?? 'none',
        status: kept === NONE ? 'none' : kept === OTHER ? 'other' : String(kept),
        requests: 0,
        durations: 0,
        buckets: DURATION_BOUNDS.map(() => 0),
        errors: {},
      }
      group.buckets.push(0)
      this.#groups.set(key, group)
    }
    return group
  }
}

function addEvents(group: AnswerGroup, { events, firstEvents }: ResponseCounts): void {
  if (events !== undefined) group.events = (group.events ?? 0) + events
  if (firstEvents === undefined) return
  group.firstEvents ??= { durations: 0, buckets: [...noDurations()] }
  group.firstEvents.durations += firstEvents.durations
  for (const [i, count] of firstEvents.buckets.entries()) group.firstEvents.buckets[i]! += count
}

/**
 * The first bucket whose bound is not below a duration, as Prometheus counts them. Those of `intervals.ts` are finer
 * and cannot be added up to these: a bound lies within one of them. Most durations are short, and found by the first
 * looks.
 */
export function durationBucketOf(duration: Milliseconds): number {
  let bucket = 0
  while (duration > bounds[bucket]!) bucket++
  return bucket
}

/** Nothing is above undefined, so that a search ends behind the last. */
const bounds = Float64Array.from(DURATION_BOUNDS)

function nothing(step: string, status: number): ResponseCounts {
  return { step, status, requests: 0, durations: 0, buckets: noDurations(), errors: {} }
}

export const noDurations = (): Uint32Array => new Uint32Array(DURATION_BOUNDS.length + 1)
