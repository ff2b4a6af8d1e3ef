import { plain } from '../ground/plain.ts'
import { formatCount, formatMs, formatRate } from '../ground/units.ts'
import type { LatencySummary, LoadReport } from '../measure/report.ts'
import type { Colors } from './color.ts'
import { alignColumns, type Row } from './columns.ts'

const HEADER = ['count', 'rate', 'p50', 'p95', 'p99', 'max', 'failed']

/** Attempts at steps that failed, of which an iteration may have several and pass. */
export function failedAttempts({ steps }: LoadReport): number {
  return Object.values(steps).reduce((sum, { errors }) => sum + errors, 0)
}

/**
 * Counts, rates, latencies and failures: first of the iterations, then of the requests, in all and of each step. In an
 * open model iterations have two rows: response time, which budgets judge, and service time below it. Steps have
 * service time.
 */
export function latencyTable(report: LoadReport, width: number, colors: Colors): string[] {
  const perSecond = (count: number) => formatRate(report.measured > 0 ? (count / report.measured) * 1000 : 0)
  const paintErrors = (errors: number) => (errors > 0 ? colors.red : undefined)
  const { requests, responseTime, serviceTime, measuredArrivals } = report
  const { passed, failed } = measuredArrivals
  const open = report.model === 'open'
  const rows: Row[] = [
    { name: '', cells: HEADER, paint: colors.dim },
    {
      name: open ? 'iterations (response time)' : 'iterations',
      cells: [
        formatCount(passed + failed),
        formatRate(report.iterationRate),
        ...latencies(open ? responseTime : serviceTime),
        formatCount(failed),
      ],
      paint: paintErrors(failed),
    },
    ...(open ? [{ name: '  service time', cells: ['', '', ...latencies(serviceTime), ''] }] : []),
    {
      name: 'requests',
      cells: [formatCount(requests), formatRate(report.rps), '', '', '', '', formatCount(failedAttempts(report))],
    },
    ...Object.entries(report.steps).map(([key, step]) => ({
      name: `  ${plain(key)}`,
      cells: [
        formatCount(step.requests),
        perSecond(step.requests),
        ...latencies(step.serviceTime),
        formatCount(step.errors),
      ],
      paint: paintErrors(step.errors),
    })),
  ]
  return alignColumns(rows, width)
}

function latencies({ count, p50, p95, p99, max }: LatencySummary): string[] {
  return [p50, p95, p99, max].map(value => (count > 0 ? formatMs(value) : '-'))
}
