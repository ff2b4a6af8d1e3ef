import type { Milliseconds, Share } from '../../ground/units.ts'
import type { LatencySummary } from '../../measure/report.ts'
import { usableCores } from '../plan/cores.ts'
import type { LoadPlan } from '../plan/load-plan.ts'

/** Delays above this count, if they also exceed a tenth of the measured latency. */
const LATE: Milliseconds = 5
const LATE_SHARE: Share = 0.1

/** Delay from which on a doubt is worth telling. */
export function notable(responseTime: LatencySummary): Milliseconds {
  return Math.max(LATE, LATE_SHARE * responseTime.p99)
}

export function moreThreads({ threads }: LoadPlan): string {
  const cores = usableCores()
  return threads < cores
    ? `use more threads (threads: ${Math.min(cores, threads * 2)})`
    : 'use a machine with more cores'
}
