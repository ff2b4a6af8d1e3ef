import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderMetrics } from '../../../src/load/metrics/figures.ts'
import { readExposition } from '../../../src/measure/prometheus/query.ts'
import { aSimulatedRun } from '../../report/html/a-simulated-run.ts'

interface Panel {
  id: number
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets: { expr: string; legendFormat?: string }[]
}

const dashboard = JSON.parse(readFileSync('grafana/load.json', 'utf8')) as {
  panels: Panel[]
  templating: { list: { name: string; definition?: string }[] }
}
const targets = dashboard.panels.flatMap(({ targets }) => targets)
const simulated = aSimulatedRun({
  ...{ seconds: 20, steps: ['login', 'pay'], failing: [10, 14] as const },
  budgets: { p99: '10ms', rps: 100 },
  over: { iterationTimes: { durations: 900, buckets: [0, 0, 0, 0, 0, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] } },
})
/** One of whose steps reads event streams. */
const report = {
  ...simulated,
  answers: [
    ...simulated.answers,
    { ...simulated.answers[0]!, events: 3, firstEvents: { durations: 900, buckets: [1, 2] } },
  ],
}
/** Labels that Prometheus and pushes add. */
const ADDED = ['le', 'job', 'instance', 'test', 'project']

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

test('no panel lies on another, and Grafana has a name, an id and a variable for each', () => {
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24)
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
  })
  expect(new Set(cells).size).toBe(cells.length)
  const ids = dashboard.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const variables = new Set(dashboard.templating.list.map(({ name }) => name))
  for (const [, name] of JSON.stringify(dashboard).matchAll(/\$\{?([a-z]\w*)/g)) expect([...variables]).toContain(name)
})

test('load tests side by side stay apart, and what is not known yet is not shown as none', () => {
  for (const { expr } of targets) {
    const ofRuns = expr.match(/\{workflow=~"\$workflow", test=~"\$test", project=~"\$project", instance=~"\$instance"/g)
    expect(ofRuns, expr).not.toBeNull()
    expect(expr).not.toContain('vector(')
    // Bounds, times and rates of two load tests make no sum.
    if (/budget_(bound|value)|histogram_quantile|\brate\(/.test(expr))
      expect(expr).toMatch(/ by \((le, )?workflow, test, project, instance/)
    for (const [name] of expr.matchAll(/arazzo_load_\w+_(?:bucket|sum|count)\b/g))
      expect(expr, name).toMatch(new RegExp(`(?:rate|increase)\\(${name}`))
    if (expr.includes('_verdict') || expr.includes('_state')) expect(expr).toContain('last_over_time(')
  }
})

test('how a run ended is told, also of one that did not run and so has no verdicts', async () => {
  const stateOf = async (state: typeof report.state) => {
    const samples = readExposition(await renderMetrics({ ...report, state }, { prefix: '' }))
    return samples.get('run_state')!.flatMap(({ labels, value }) => (value === 1 ? labels.state : []))
  }
  for (const state of ['completed', 'cut short', 'not run'] as const) expect(await stateOf(state)).toEqual([state])
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
