import type { Share } from '../ground/units.ts'
import type { LoadReport, StepStatistics } from '../measure/report.ts'

export interface StepShare {
  key: string
  step: StepStatistics
  /** Of the time that all requests of the measured window took. */
  share: Share
}

/** Steps by their share of the time of all requests, the largest first; those without any last. */
export function stepsByShare({ steps }: Pick<LoadReport, 'steps'>): StepShare[] {
  const timeOf = ({ serviceTime: { count, mean } }: StepStatistics) => (count > 0 ? count * mean : 0)
  const all = Object.entries(steps)
  const total = all.reduce((sum, [, step]) => sum + timeOf(step), 0)
  return all
    .map(([key, step]) => ({ key, step, share: total > 0 ? timeOf(step) / total : 0 }))
    .sort((a, b) => b.share - a.share)
}
