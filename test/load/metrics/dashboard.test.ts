import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderMetrics } from '../../../src/load/metrics/render.ts'
import { readExposition } from '../../../src/measure/prometheus/exposition.ts'
import { aSimulatedRun } from '../../report/html/a-simulated-run.ts'

interface Panel {
  title: string
  targets: { expr: string; legendFormat?: string }[]
}

const dashboard = JSON.parse(readFileSync('grafana/load.json', 'utf8')) as {
  panels: Panel[]
  templating: { list: { definition?: string }[] }
}
const targets = dashboard.panels.flatMap(({ targets }) => targets)
const report = aSimulatedRun({
  ...{ seconds: 20, steps: ['login', 'pay'], failing: [10, 14] as const },
  budgets: { p99: '10ms', rps: 100 },
  over: { iterationTimes: { durations: 900, buckets: [0, 0, 0, 0, 0, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] } },
})
/** Labels that Prometheus and Grafana add. */
const ADDED = ['le']

test('every name and label in the dashboard is one that a run exposes, and every series is shown', async () => {
  const samples = readExposition(await renderMetrics(report, { commit: '1a2b3c4d5' }))
  const used = new Set<string>()
  for (const { expr, legendFormat = '' } of targets) {
    const names = expr.match(/arazzo_load_\w+/g) ?? []
    expect(names, expr).not.toEqual([])
    const labels = new Set(ADDED)
    for (const name of names) {
      expect([...samples.keys()], expr).toContain(name)
      used.add(name.replace(/_(bucket|sum|count)$/, ''))
      for (const { labels: own } of samples.get(name)!) for (const label of Object.keys(own)) labels.add(label)
    }
    const selected = Array.from(expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g), ([, label]) => label!)
    const grouped = Array.from(expr.matchAll(/by \(([^)]*)\)/g), ([, list]) => list!.split(/,\s*/)).flat()
    const shown = Array.from(legendFormat.matchAll(/\{\{(\w+)\}\}/g), ([, label]) => label!)
    for (const label of [...selected, ...grouped, ...shown])
      expect([...labels], `${expr} ${legendFormat}`).toContain(label)
  }
  const families = new Set([...samples.keys()].map(name => name.replace(/_(bucket|sum|count)$/, '')))
  expect([...families].sort()).toEqual([...used].sort())
  for (const { definition } of dashboard.templating.list)
    if (definition !== undefined) expect([...samples.keys()]).toContain(/arazzo_load_\w+/.exec(definition)![0])
})

test('it goes with the package, and response times of iterations are a histogram from 50 us on', async () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).files).toContain('grafana')
  const samples = readExposition(await renderMetrics(report, { prefix: '', commit: '1a2b3c4d5' }))
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(samples.get('info')).toEqual([
    expect.objectContaining({ value: 1, labels: { workflow: 'checkout', version, commit: '1a2b3c4d5' } }),
  ])
  const buckets = samples.get('iteration_duration_seconds_bucket')!
  expect(buckets.slice(0, 6).map(({ labels }) => labels.le)).toEqual([
    '0.00005',
    '0.0001',
    '0.00025',
    '0.0005',
    '0.001',
    '0.0025',
  ])
  expect(buckets.map(({ value }) => value).slice(4)).toEqual([0, 2, 5, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 10])
  expect(samples.get('iteration_duration_seconds_sum')![0]!.value).toBe(0.9)
})

test('results of versions before have fewer buckets, which keep their bounds', async () => {
  const old = { ...report.answers[0]!, buckets: [7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2] }
  const samples = readExposition(await renderMetrics({ ...report, answers: [old] }, { prefix: '' }))
  const buckets = samples.get('request_duration_seconds_bucket')!
  expect([buckets[0]!, buckets.at(-1)!].map(({ labels, value }) => [labels.le, value])).toEqual([
    ['0.0005', 7],
    ['+Inf', 9],
  ])
})
