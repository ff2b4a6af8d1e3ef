import { expect, test } from 'vitest'
import { chartDataOf } from '../../../src/report/html/chart-data.ts'
import { aReport } from '../../builders/report.ts'
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

test('a short run has a point for each quarter of a second, with its own figures', () => {
  const second = aLongRun(2, ['login']).series[1]!
  const parts = [0, 250, 500, 750].map((start, i) => ({ ...second, start, length: 250, requests: 10 * i, p99: i }))
  const report = aReport({ series: [{ ...second, start: 0, errorKinds: { timeout: 8 }, errors: 8, parts }] })
  const { time, charts, span } = chartDataOf(report)
  expect([time, span]).toEqual([[0.125, 0.375, 0.625, 0.875], 1])
  const valuesOf = (title: string, of: string) =>
    charts.find(chart => chart.title === title)!.columns.find(({ label }) => label === of)!.values
  expect(valuesOf('Rate', 'requests')).toEqual([0, 40, 80, 120])
  expect(valuesOf('Response time of iterations', 'p99')).toEqual([0, 1, 2, 3])
  expect(valuesOf('Failed attempts by kind', 'timeout')).toEqual([8, 8, 8, 8])
})

test('an application alone has its name in the title', () => {
  expect(drawn(aLongRun(3, [])).slice(-2)).toEqual(["Application's CPU: CPU", "Application's memory: memory"])
})
