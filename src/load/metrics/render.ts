import type { Budget } from '../../budget/budget.ts'
import type { LoadReport } from '../../measure/report.ts'
import { figuresOf } from './figures.ts'
import type { Naming } from './registry.ts'

/**
 * A run as metrics, in the text format of Prometheus: what the page for scrapes would have shown at its end.
 *
 * @param budgets those that the run was judged by, for their bounds and values; default: none.
 */
export async function renderMetrics(
  report: LoadReport,
  { budgets = [], ...naming }: Naming & { budgets?: readonly Budget[] } = {},
): Promise<string> {
  const { expose } = await import('./registry.ts')
  return expose(figuresOf(report, budgets), naming).text()
}
