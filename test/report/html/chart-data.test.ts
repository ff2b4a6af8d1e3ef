import { expect, test } from 'vitest'
import { chartDataOf } from '../../../src/report/html/chart-data.ts'
import { aLongRun } from './a-long-run.ts'

const drawn = (report: ReturnType<typeof aLongRun>) =>
  chartDataOf(report).charts.map(({ title, columns }) => `${title}: ${columns.map(({ label }) => label).join(', ')}`)

test('each target is a line in the charts of CPU and memory; each series has a chart', () => {
  const report = aLongRun(3, [])
  const series = report.series.map((interval, i) => ({
    ...interval,
    target: { memory: 90e6, cpu: 0.5, heap: 40e6 + i },
    targets: { db: { memory: 200e6, cpu: 0.25, series: { queue: i } } },
  }))
  const several = { ...report, series }
  expect(drawn(several).slice(-3)).toEqual([
    'CPU: application CPU, db CPU',
    'Memory: application memory, db memory, application heap',
    'db queue: queue',
  ])
  const { charts } = chartDataOf(several)
  expect(charts.at(-3)!.columns.map(({ values }) => values[0])).toEqual([50, 25])
  expect(charts.at(-2)!.columns.map(({ values }) => values[0])).toEqual([90, 200, 40])
  expect(charts.at(-1)!.columns[0]!.values).toEqual([0, 1, 2])
})

test('an application alone has its name in the title', () => {
  expect(drawn(aLongRun(3, [])).slice(-2)).toEqual(["Application's CPU: CPU", "Application's memory: memory"])
})
