import type { Milliseconds, PerSecond, Share } from '../../ground/units.ts'
import type { Interval } from '../../measure/report.ts'
import { addCounts, emptyCounts, type IntervalCounts, intervalOf } from '../counts/intervals.ts'
import type { ResponseCounts } from '../counts/response-counts.ts'
import type { Slice } from '../counts/watched.ts'
import { iterationsOf, type LoadPlan, lengthOf, meanOf } from '../plan/load-plan.ts'
import type { Progress } from '../plan/options.ts'

type Used = Pick<Interval, 'target' | 'targets'>

/**
 * Joins the intervals of all threads: one is complete when every remaining thread has reported it.
 *
 * @param used what the application and other targets use at the moment.
 * @param limit users allowed at the moment, in adaptive runs.
 */
export function joinIntervals(
  threads: number,
  used: () => Used,
  onInterval: (interval: Interval, watched: Slice[] | undefined) => void,
  limit: () => number | undefined = () => undefined,
) {
  const intervals: Interval[] = []
  /** Intervals by start, which is the same in all threads. */
  const open = new Map<number, ReturnType<typeof begin>>()
  const remaining = new Set(Array.from({ length: threads }, (_, thread) => thread))
  const closeComplete = () => {
    for (const [start, { sum, steps, from, used, limit }] of [...open].sort(([a], [b]) => a - b)) {
      for (const thread of remaining) if (!from.has(thread)) return
      open.delete(start)
      const interval: Interval = { ...intervalOf(sum), ...steps.figures, ...used, limit }
      intervals.push(interval)
      onInterval(interval, sum.watched)
    }
  }
  const begin = ({ start, phase }: IntervalCounts) => {
    const sum = emptyCounts(start, phase)
    return { sum, steps: new StepSeconds(), from: new Set<number>(), used: used(), limit: limit() }
  }
  return {
    intervals,
    add(thread: number, counts: IntervalCounts): void {
      const one = open.get(counts.start) ?? begin(counts)
      open.set(counts.start, one)
      addCounts(one.sum, counts)
      one.steps.add(counts.responses)
      one.from.add(thread)
      closeComplete()
    },
    /** The thread tells no more. */
    end(thread: number): void {
      remaining.delete(thread)
      closeComplete()
    },
  }
}

/** Seconds whose P95 is kept. */
const RECENT = 12

/** Less time without a response is not worth a word. */
const SILENCE: Milliseconds = 2_000

/**
 * Adds intervals up to what a watcher sees.
 *
 * @param planNow plan as it is known by now.
 * @param searchNow rate that a search tries at the moment, if any, and how far the search has come.
 * @param lostNow names of hosts that were lost.
 */
export function addProgress(
  planNow: () => LoadPlan,
  searchNow: () => { rate?: PerSecond; number?: number; done: Share } | undefined = () => undefined,
  lostNow: () => readonly string[] = () => [],
): (last: Interval) => Progress {
  let [passed, failed, requests, measured] = [0, 0, 0, 0]
  /** When a response came last, or nothing was in flight. */
  let respondedAt: Milliseconds = 0
  let recent: Milliseconds[] = []
  return last => {
    if (last.passed + last.failed > 0) recent = [...recent, last.p95].slice(-RECENT)
    passed += last.passed
    failed += last.failed
    requests += last.requests
    if (last.phase === 'measured') measured += last.passed + last.failed
    const elapsed = last.start + last.length
    if (last.requests > 0 || last.inFlight === 0) respondedAt = elapsed
    const silent = elapsed - respondedAt
    const [plan, search, lost] = [planNow(), searchNow(), lostNow()]
    const isCounted = plan.kind === 'iterations'
    const share = isCounted ? measured / iterationsOf(plan) : elapsed / lengthOf(plan)
    const { rate, number, done = share } = search ?? {}
    return {
      elapsed,
      total: isCounted || search !== undefined ? undefined : lengthOf(plan),
      done: Math.min(1, done),
      ...(rate !== undefined && number !== undefined && { probe: { rate, number } }),
      phase: last.phase,
      last,
      recent,
      lost: lost.length > 0 ? lost : undefined,
      silent: silent >= SILENCE ? silent : undefined,
      wanted: rate ?? wantedIn(plan, last, requests, passed + failed),
      passed,
      failed,
      requests,
    }
  }
}

/** Requests a second that the plan asks for; of a plan in iterations, by what these have made so far. */
function wantedIn(plan: LoadPlan, { start, length }: Interval, requests: number, ended: number): PerSecond | undefined {
  if (plan.kind !== 'rps' && plan.kind !== 'rate') return undefined
  const rate = meanOf(plan.curve, start, start + length)
  if (rate === undefined || plan.kind === 'rps') return rate
  return ended > 0 ? (rate * requests) / ended : undefined
}

/** Counts of an interval for each step, of all threads. */
class StepSeconds {
  readonly #requests = new Map<string, number>()
  readonly #times = new Map<string, number>()
  readonly #kinds = new Map<string, number>()

  add(counted: readonly ResponseCounts[] | undefined): void {
    for (const { step, requests, durations, errors } of counted ?? []) {
      add(this.#requests, step, requests)
      add(this.#times, step, durations)
      for (const [kind, count] of Object.entries(errors)) add(this.#kinds, kind, count)
    }
  }

  /** Absent what there was nothing of. */
  get figures(): Pick<Interval, 'stepRequests' | 'stepTimes' | 'errorKinds'> {
    return { stepRequests: byName(this.#requests), stepTimes: byName(this.#times), errorKinds: byName(this.#kinds) }
  }
}

function add(to: Map<string, number>, name: string, value: number): void {
  if (value > 0) to.set(name, (to.get(name) ?? 0) + value)
}

/** Five digits are enough of times, of which thousands are kept. */
function byName(values: ReadonlyMap<string, number>): Record<string, number> | undefined {
  if (values.size === 0) return undefined
  const short = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(5)))
  return Object.fromEntries([...values].map(([name, value]) => [name, short(value)]))
}
