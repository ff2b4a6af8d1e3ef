import type { LatencySummary, LoadReport } from '../measure/report.ts'
import { plain } from '../plain.ts'
import { formatCount, formatMs, formatRate } from '../units.ts'
import type { Colors } from './color.ts'
import { alignColumns, type Row } from './columns.ts'

const HEADER = ['requests', 'RPS', 'p50', 'p95', 'p99', 'max', 'errors']

/**
 * Requests, rates, latencies and errors of the iterations and of each step. In an open model iterations have two rows:
 * response time, which budgets judge, and service time below it. Steps have service time.
 */
export function latencyTable(report: LoadReport, width: number, colors: Colors): string[] {
  const perSecond = (requests: number) =>
    formatRate(report.measured > 0 ? (requests / report.measured) * 1000 : 0)
  const paintErrors = (errors: number) => (errors > 0 ? colors.red : undefined)
  const { requests, responseTime, serviceTime, measuredArrivals } = report
  const open = report.model === 'open'
  const rows: Row[] = [
    { name: '', cells: HEADER, paint: colors.dim },
    {
      name: open ? 'iterations (response time)' : 'iterations',
      cells: [
        formatCount(requests),
        formatRate(report.rps),
        ...latencies(open ? responseTime : serviceTime),
        formatCount(measuredArrivals.failed),
      ],
      paint: paintErrors(measuredArrivals.failed),
    },
    ...(open ? [{ name: '  service time', cells: ['', '', ...latencies(serviceTime), ''] }] : []),
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
