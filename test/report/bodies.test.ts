import { expect, test } from 'vitest'
import { renderLoadReport } from '../../src/report/table.ts'
import { aStep, latencies } from '../builders/report.ts'
import { aLongRun } from './html/a-long-run.ts'

test('a report is shown without the latencies of requests if the histogram of a step cannot be read', () => {
  const serviceTime = { ...latencies([5, 9]), histogram: 'no histogram' }
  const report = aLongRun(2, ['login'], { steps: { login: aStep({ serviceTime }) } })
  expect(renderLoadReport(report, { name: 'n', verbose: true, color: false })).toMatch(/^ *login +\d/m)
})
