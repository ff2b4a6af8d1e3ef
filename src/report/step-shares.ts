import type { Share } from '../ground/units.ts'
import type { LatencySummary, LoadReport, StepStatistics } from '../measure/report.ts'

export interface StepShare {
  key: string
  step: StepStatistics
  /** Share of the time of iterations. */
  share: Share
}

/** Steps by their share of an iteration, the largest first; those without responses last. */
export function stepsByShare({ steps, serviceTime }: Pick<LoadReport, 'steps' | 'serviceTime'>): StepShare[] {
  const timeOf = ({ count, mean }: LatencySummary) => (count > 0 ? count * mean : 0)
  const all = Object.entries(steps)
  const total = timeOf(serviceTime)
  return all
    .map(([key, step]) => ({ key, step, share: total > 0 ? Math.min(1, timeOf(step.serviceTime) / total) : 0 }))
    .sort((a, b) => b.share - a.share)
}
