import type { StoredComparison } from '../../src/compare/stored.ts'
import { formatCount, formatMs, formatRate, formatShare } from '../../src/ground/units.ts'
import type { LatencySummary, LoadReport } from '../../src/measure/report.ts'
import type { WrittenFiles } from '../../src/report/files.ts'

/** `5,983 requests (199/s); iterations: p50 3.1 ms, p99 12.4 ms, 0 % failed`: as budgets see them. */
export function summaryLine(report: LoadReport): string {
  const { p50, p99 } = report.model === 'open' ? report.responseTime : report.serviceTime
  const iterations = [`p50 ${formatMs(p50)}`, `p99 ${formatMs(p99)}`, `${formatShare(report.errorRate)} failed`]
  const requests = `${formatCount(report.requests)} requests (${formatRate(report.rps)})`
  return `${requests}; iterations: ${iterations.join(', ')}`
}

type WithoutHistogram<T> = T extends LatencySummary
  ? Omit<T, 'histogram' | 'undelayed'>
  : T extends (infer Item)[]
    ? WithoutHistogram<Item>[]
    : T extends object
      ? { [Key in keyof T]: WithoutHistogram<T[Key]> }
      : T

/** A report as reporters need it. */
export type CompactReport = WithoutHistogram<LoadReport>

/** Leaves the histograms behind: they are most of a report, and of use only to what merges reports. */
export function withoutHistograms(report: LoadReport): CompactReport {
  return JSON.parse(
    JSON.stringify(report, (key, value) => (key === 'histogram' || key === 'undelayed' ? undefined : value)),
  )
}

declare module 'vitest' {
  interface TaskMeta {
    /** What a load test measured. */
    load?: CompactReport
    /** How it compares with its base. */
    comparison?: StoredComparison
    /** Where its files are. */
    loadFiles?: WrittenFiles
  }
}
