import { metricOf } from '../budget/metrics/index.ts'
import { formatShare, type Milliseconds, type Share } from '../ground/units.ts'
import type { Budget, Cause, RoundTrips } from '../measure/report.ts'
import { functionsIn } from './functions.ts'
import { placeOf } from './place.ts'
import { stacksOf, type Turn } from './profile.ts'

/** Profiles of one launch under load. */
export interface LoadProfile {
  /** Turns of each thread in the measured window. */
  threads: readonly (readonly Turn[])[]
  window: Milliseconds
  /** Requests in that time: all, and those of the budget's step. */
  requests: { all: number; own: number }
  /** Metered CPU time of a request without profilers, if it is known. */
  cost: Milliseconds | undefined
  /** Folder of the sources. */
  checkout: string
  /** Its round trips to other services, if they are known. */
  trips?: RoundTrips | undefined
  /** Whether another program has written them, whose rate of samples is a guess. */
  isUntimed?: boolean
  /** Mean time of a request. */
  serviceTime: Milliseconds
}

/** Functions that are named at most. */
export const MOST = 3
/** Part of a figure that busy time has to explain. */
const EXPLAINED: Share = 1 / 3
/** Turns are not measured well enough to explain a shorter latency: samples are taken each millisecond. */
const SHORTEST: Milliseconds = 10
const LEAST_SHARE: Share = 0.01
/**
 * Part of the CPU time that the threads need: on a busy machine, the thread that takes samples often runs only after a
 * short turn has ended, so that profiles miss up to two thirds of it (measured with turns of 1.5 ms).
 */
const LEAST_IN_THREADS: Share = 0.25

/**
 * Functions with the most busy time, if busy time explains why a budget was missed; otherwise that the application
 * waited.
 *
 * @param value missed figure, in the unit of the budget.
 */
export function causeOfMiss(profile: LoadProfile, budget: Budget, value: number): Cause {
  const { threads, window, cost, requests, isUntimed = false } = profile
  const all = threads.flat()
  const sum = (turns: readonly Turn[]) => turns.reduce((sum, { length }) => sum + length, 0)
  const each = threads.map(turns => sum(turns) / window)
  const busy = Math.min(1, Math.max(0, ...each))
  const inThreads = sum(all) / requests.all
  const longest = Math.max(0, ...all.map(({ length }) => length))
  const service = serviceOf(profile)
  const waited: Cause = { kind: 'waited', busy, longest, ...(service && { service }) }
  if (metricOf(budget).cause === 'CPU time')
    return cost !== undefined && !isUntimed && inThreads < cost * LEAST_IN_THREADS
      ? beyondThreads(inThreads / cost)
      : named(all)
  if (budget.unit !== 'milliseconds' || value < SHORTEST) return busy >= EXPLAINED ? named(all) : waited
  const stretch = value * EXPLAINED
  const long = all.filter(({ length }) => length >= stretch)
  // A request meets a turn that it causes, or one that runs when it comes to that thread.
  const loops = each.filter(share => share > busy / 10).length
  const met = long.reduce((met, { length }) => met + (length - stretch) / window / loops + 1 / requests.own, 0)
  return long.length > 0 && met >= (1 - quantileOf(budget)) / 2 ? named(long, stretch) : waited

  function named(turns: readonly Turn[], stretch?: Milliseconds): Cause {
    const time = sum(turns)
    const functions = [...functionsIn(stacksOf(turns), profile.checkout).values()]
    const known = (cost ?? inThreads) / inThreads
    const scale = (isUntimed ? known : Math.min(1, known)) / requests.all
    const found = functions
      .map(place => ({ place, share: place.time / 1_000 / time }))
      .filter(({ share }) => share >= LEAST_SHARE)
      .toSorted((a, b) => b.share - a.share)
      .slice(0, MOST)
      .map(({ place, share }) => ({ function: placeOf(place), share, time: share * time * scale }))
    if (found.length === 0)
      return { kind: 'not found', reason: 'its threads had no busy time while they were profiled' }
    return { kind: 'busy', functions: found, busy, ...(stretch !== undefined && { stretch }) }
  }
}

/** Service for which a request waits most. */
function serviceOf({ trips, serviceTime }: LoadProfile): Extract<Cause, { kind: 'waited' }>['service'] {
  if (trips === undefined || trips.requests === 0) return undefined
  const [most] = Object.entries(trips.to).toSorted(([, a], [, b]) => b.waited - a.waited)
  if (most === undefined) return undefined
  const [to, { count, waited }] = [most[0], most[1]]
  const time = waited / trips.requests
  const share = Math.min(1, time / serviceTime)
  return share >= EXPLAINED ? { to, trips: count / trips.requests, waited: time, share } : undefined
}

function quantileOf({ metric, quantile }: Budget): number {
  if (metric === 'percentile') return quantile ?? 0.5
  return metric === 'max' ? 1 : metric === 'eventLoopDelay' ? 0.99 : 0.5
}

const beyondThreads = (share: Share): Cause => ({
  kind: 'not found',
  reason:
    `the profiles have only ${formatShare(share, 2)} of the CPU time: the rest is in native threads (crypto, zlib, ` +
    'files, garbage collection) or in processes that are not profiled',
})
