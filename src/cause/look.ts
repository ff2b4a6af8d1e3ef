import { performance } from 'node:perf_hooks'
import type { Launch } from '../compare/pair.ts'
import { formatMs, type Milliseconds } from '../ground/units.ts'
import { epochTime, systemTime } from '../measure/clock.ts'
import type { LoadReport } from '../measure/report.ts'
import { profileIn, type Turn, turnsIn } from './profile.ts'
import type { CpuProfile } from './profiler/protocol.ts'

export interface LookOptions {
  /** Starts the application with profilers. */
  launch(signal: AbortSignal): Promise<Launch>
  /** Puts the load on a launch. */
  load(launch: Launch, times: LoadTimes, signal: AbortSignal): Promise<LoadReport>
  signal: AbortSignal
  maxDuration: Milliseconds
}

/** How long a launch has load: before anything counts, and after that. */
interface LoadTimes {
  warmUp: Milliseconds
  duration: Milliseconds
}

const WARM_UP: Milliseconds = 1_500
/** Time after the load: requests in flight end, profiles are written and read. */
const AFTER: Milliseconds = 3_000
/** A shorter load has too few requests. */
const LEAST: Milliseconds = 1_000

/** Profiles of one launch under load. */
export interface Look {
  report: LoadReport
  /** Turns of each thread in the measured window. */
  threads: readonly (readonly Turn[])[]
  profiles: readonly CpuProfile[]
}

/** Profiles one launch under load. Rejects with the reason if that cannot be done. */
export function lookAtTime(options: LookOptions): Promise<Look> {
  return launched(options, 5_000, async (launch, times, signal) => {
    await launch.profilers!.start()
    assertProfiled(launch)
    const report = await options.load(launch, times, signal)
    // The report has the moment of its beginning by the clock of the day.
    const from = systemTime() - (epochTime() - Date.parse(report.startedAt)) + times.warmUp
    const profiles = (await launch.profilers!.stop()).flatMap(path => profileIn(path) ?? [])
    const threads = profiles.map(profile => turnsIn(profile, from * 1_000, (from + report.measured) * 1_000))
    if (threads.length === 0) throw new Error(whyNone(launch))
    if (report.requests === 0) throw new Error('it got no request of the load')
    return { report, threads, profiles }
  })
}

/** Starts the application for one look, and ends it. */
export async function launched<T>(
  { launch, signal, maxDuration }: LookOptions,
  most: Milliseconds,
  look: (launch: Launch, times: LoadTimes, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = performance.now() + maxDuration
  const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(maxDuration))])
  const made = await launch(limit)
  try {
    if (made.profilers === undefined) throw new Error('it was not started with a profiler')
    const left = Math.min(most, end - performance.now() - WARM_UP - AFTER)
    if (left < LEAST) throw new Error(`there was no time left for the load after its start (${formatMs(maxDuration)})`)
    return await look(made, { warmUp: WARM_UP, duration: left }, limit)
  } finally {
    await made.stop()
  }
}

/** Throws the reason if no thread of a launch has a profiler. */
export function assertProfiled(launch: Launch): void {
  if (launch.profilers!.refusals.size > 0 || launch.profilers!.threads === 0) throw new Error(whyNone(launch))
}

const whyNone = ({ profilers }: Launch): string =>
  [...(profilers?.refusals ?? [])][0] ?? 'none of its processes is one of Node.js that could be profiled'
