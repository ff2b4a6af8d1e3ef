import { comparedOf, METRICS, metricOf } from '../budget/metrics/index.ts'
import type { RelativeBudget } from '../budget/relative.ts'

type Key = RelativeBudget['metric']

/** Figures that every comparison tells, since a first one has budgets of them: the most telling comes first. */
export const ALWAYS_TOLD = (Object.keys(METRICS) as Key[]).filter(metric => comparedOf({ metric })?.usual).reverse()

/** Budget form of a figure without a budget: a change is shown, and nothing is allowed or forbidden. */
export function unbounded(
  metric: RelativeBudget['metric'],
  whose: Pick<RelativeBudget, 'step' | 'quantile'> = {},
): RelativeBudget {
  const { step, quantile } = whose
  const key = quantile === undefined ? metric : `p${Number((quantile * 100).toPrecision(12))}`
  const path = step === undefined ? [key] : ['steps', step, key]
  const { natural, unit, family } = metricOf({ metric })
  return {
    ...{ key: path.join('.'), path, metric, operator: natural, unit: unit.name, title: path.join('.') },
    of: step !== undefined ? 'step' : family === 'resources' ? 'target' : 'iterations',
    ...whose,
    // A rate of errors may be nothing, of which there is no share.
    allowed: comparedOf({ metric })?.isAmount ? { amount: 0 } : { factor: 1 },
  }
}
