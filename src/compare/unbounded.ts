import { metricOf } from '../budget/metric.ts'
import type { RelativeBudget } from '../budget/relative.ts'

/** A figure that has no budget, in the form of one: that it changed is told, and nothing is allowed or forbidden. */
export function unbounded(
  metric: RelativeBudget['metric'],
  whose: Pick<RelativeBudget, 'step' | 'quantile'> = {},
): RelativeBudget {
  const { step, quantile } = whose
  const key = quantile === undefined ? metric : `p${Number((quantile * 100).toPrecision(12))}`
  const path = step === undefined ? [key] : ['steps', step, key]
  const { natural, unit } = metricOf({ metric })
  const ofTarget = metric === 'memory' || metric === 'cpuPerRequest'
  return {
    ...{ key: path.join('.'), path, metric, operator: natural, unit, title: path.join('.') },
    of: step !== undefined ? 'step' : ofTarget ? 'target' : 'iterations',
    ...whose,
    // A rate of errors may be nothing, of which there is no share.
    allowed: metric === 'errorRate' ? { amount: 0 } : { factor: 1 },
  }
}
