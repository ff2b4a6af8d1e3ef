import { expect, test } from 'vitest'
import { summaryLine } from '../../../plugin/runtime/load-summary.ts'
import { aReport } from '../../builders/report.ts'

test('the line that annotates a load test counts iterations alone, as its percentiles do', () => {
  const report = aReport({ requests: 400, rps: 40, iterationRate: 20 })
  report.measuredArrivals = { ...report.measuredArrivals, passed: 190, failed: 10 }
  const line = summaryLine({ ...report, errorRate: 0.05 })
  expect(line).toMatch(/^200 iterations \(20\/s\): p50 [\d.]+ m?s, p99 [\d.]+ m?s, 5 % failed$/)
  expect(line).not.toContain('request')
})
