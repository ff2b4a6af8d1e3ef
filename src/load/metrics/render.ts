import type { Budget } from '../../budget/budget.ts'
import { assertNoFaults, fieldsOf, keysOf } from '../../ground/fields.ts'
import type { LoadReport } from '../../measure/report.ts'
import { figuresOf } from './figures.ts'
import type { Naming } from './registry.ts'

interface RenderMetricsOptions extends Naming {
  /** Budgets to show. Default: those of the run. */
  budgets?: readonly Budget[]
}

const KEYS = keysOf<RenderMetricsOptions>({ budgets: true, prefix: true, labels: true, commit: true })

/**
 * A run as metrics, in the text format of Prometheus: what the page for scrapes would have shown at its end.
 * Throws a TypeError for options that there are not.
 */
export async function renderMetrics(report: LoadReport, options: RenderMetricsOptions = {}): Promise<string> {
  const fields = fieldsOf(options, "Write an object: { prefix: 'load_' }.")
  fields.checkKeys(KEYS)
  assertNoFaults(fields.faults)
  const { budgets, ...naming } = options
  const { expose } = await import('./registry.ts')
  return expose(figuresOf(report, budgets), naming).text()
}
