import { summaryOf } from '../../budget/figures.ts'
import { workOf } from '../../budget/metrics/resources.ts'
import { grouped } from '../../ground/group.ts'
import type { LoadReport } from '../../measure/report.ts'
import type { LoadResult } from '../../report/result.ts'
import type { SideName } from '../pair.ts'

/** A result and where it was read. */
export interface StoredRun {
  place: string
  result: LoadResult
}

/** Runs of load that one and the same start of the application responded to. */
type StoredLaunch = readonly StoredRun[]

/** Figures of a report that comparisons use. */
export function figuresOf(report: LoadReport) {
  const { measured, requests, arrivals, measuredArrivals, answers, steps, errors, target } = report
  const perRequest = target && workOf(target)
  const isMemoryRead = target !== undefined && target.samples > 0 && target.missing?.memory === undefined
  const trips = target?.missing?.node === undefined ? target?.node?.roundTrips : undefined
  return {
    measured,
    requests,
    iterations: measuredArrivals,
    started: arrivals.started,
    answers,
    responseTime: summaryOf(report, { of: 'iterations' })!,
    steps,
    errors,
    cpuTime: perRequest === undefined ? undefined : perRequest * requests,
    asked: requests,
    memory: isMemoryRead ? target.memoryPeak : undefined,
    memoryMeasure: target?.memoryMeasure,
    roundTrips: trips && trips.requests > 0 ? trips : undefined,
    memoryGrowth: isMemoryRead ? target.memoryGrowth?.per1000Requests?.value : undefined,
  }
}

/**
 * Runs by launch: those of one side whose application was the same process. Those that name none, as of an application
 * elsewhere, may be of one and the same.
 * @param isEach whether the user states that each run had a launch of its own.
 */
export function launchesOf(sides: Record<SideName, readonly StoredRun[]>, isEach: boolean) {
  return { base: ofSide(sides.base, isEach), head: ofSide(sides.head, isEach) }
}

function ofSide(runs: readonly StoredRun[], isEach: boolean): StoredLaunch[] {
  return isEach ? runs.map(run => [run]) : [...grouped(runs, run => processOf(run) ?? 'unknown').values()]
}

/** `pid 4711`, the root of the application's processes. */
export function processOf({ result }: StoredRun): string | undefined {
  const pid = result.report.target?.pid
  return pid === undefined ? undefined : `pid ${pid}`
}
