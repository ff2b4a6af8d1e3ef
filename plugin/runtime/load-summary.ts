import type { StoredComparison } from '../../src/compare/comparison.ts'
import { formatCount, formatMs, formatRate, formatShare } from '../../src/ground/units.ts'
import { counted } from '../../src/ground/words.ts'
import type { LatencySummary, LoadReport } from '../../src/measure/report.ts'
import type { WrittenFiles } from '../../src/report/files.ts'

/** `1,995 iterations (199/s): p50 3.1 ms, p99 12.4 ms, 0 % failed, 12 dropped`: as budgets see them. */
export function summaryLine(report: LoadReport): string {
  const { p50, p99 } = report.model === 'open' ? report.responseTime : report.serviceTime
  const { passed, failed, aborted, dropped } = report.measuredArrivals
  const losses = Object.entries({ aborted, dropped }).filter(([, count]) => count > 0)
  const figures = [`p50 ${formatMs(p50)}`, `p99 ${formatMs(p99)}`, `${formatShare(report.errorRate)} failed`]
  figures.push(...losses.map(([what, count]) => `${formatCount(count)} ${what}`))
  return `${counted(passed + failed, 'iteration')} (${formatRate(report.iterationRate)}): ${figures.join(', ')}`
}

type WithoutHistogram<T> = T extends LatencySummary
  ? Omit<T, 'histogram' | 'undelayed' | 'undisturbed' | 'cut'>
  : T extends (infer Item)[]
    ? WithoutHistogram<Item>[]
    : T extends object
      ? { [Key in keyof T]: WithoutHistogram<T[Key]> }
      : T

/** A report as reporters need it. */
export type CompactReport = WithoutHistogram<LoadReport>

const HISTOGRAMS = new Set(['histogram', 'undelayed', 'undisturbed', 'cut'])

/** Leaves the histograms behind: they are most of a report, and of use only to what merges reports. */
export function withoutHistograms(report: LoadReport): CompactReport {
  return JSON.parse(JSON.stringify(report, (key, value) => (HISTOGRAMS.has(key) ? undefined : value)))
}

declare module 'vitest' {
  interface TaskMeta {
    /** Report of a load test. */
    load?: CompactReport
    /** How it compares with its base. */
    comparison?: StoredComparison
    /** Folder of its files. */
    loadFiles?: WrittenFiles
  }
}
