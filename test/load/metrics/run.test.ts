import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Store, startStore } from '../../../fixtures/load/store.ts'
import { readBudgets } from '../../../src/budget/read.ts'
import { runLoad } from '../../../src/hosts/run.ts'
import { renderMetrics } from '../../../src/load/metrics/figures.ts'
import { readExposition, type Sample } from '../../../src/measure/prometheus/query.ts'
import type { LoadReport } from '../../../src/measure/report.ts'
import { mergeReports } from '../../../src/report/merge.ts'
import { bare, parsed, valuesOf } from './parsed.ts'
import { startReceiver } from './receiver.ts'

const document = fileURLToPath(new URL('../../../fixtures/load/store.arazzo.yaml', import.meta.url))
const browse = `${document}#browse`

let store: Store
beforeEach(async () => {
  store = await startStore()
})
afterEach(() => store.kill())

const load = { vus: 2, iterations: 50, threads: 2 } as const

test('a run tells whoever scrapes it and a collector the same, and warns of one who is not there', async () => {
  store.delay = 2
  store.status = n => (n > 0 && n % 20 === 0 ? 503 : undefined)
  const [collector, gone] = await Promise.all([startReceiver(), startReceiver()])
  gone.close()
  const pages: string[] = []
  let page: Promise<unknown> | undefined
  const options = {
    workflow: browse,
    servers: store.url,
    budgets: { p95: '5s', errorRate: '90%', dropped: 0, steps: { list: { p50: '1ms' } } },
  }
  const read = readBudgets(options.budgets, { steps: ['login', 'list', 'item'], target: false })
  const report = await runLoad({
    ...options,
    load: { rps: 150, duration: '1500ms', warmUp: 0, threads: 2 },
    metrics: { port: 0, otlp: collector.url, headers: { 'x-key': { env: 'PATH' } } },
    onProgress: ({ metrics }) => {
      page ??= fetch(metrics!).then(async response => {
        expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
        pages.push(await response.text())
      })
    },
  })
  await page
  expect(report.warnings).toBeUndefined()

  // Meanwhile: of the first second, no verdicts yet.
  const meanwhile = parsed(pages[0]!)
  expect(meanwhile.requests_total).toMatchObject({ type: 'COUNTER' })
  expect(valuesOf(meanwhile.concurrency_limit, 'workflow')).toEqual({ browse: report.maxVus })
  expect(meanwhile.budget_bound?.metrics).toHaveLength(4)
  expect(meanwhile.budget_verdict?.metrics).toEqual([])
  expect(meanwhile.vus?.metrics).toHaveLength(1)
  expect(Number(meanwhile.generator_memory_bytes?.metrics[0]?.value)).toBeGreaterThan(1e7)

  // At the end: the text and the collector have what the report says.
  const text = await renderMetrics(report, { budgets: read.budgets })
  expectSame(text, report)

  const { method, path, headers, body } = collector.received.at(-1)!
  expect([method, path]).toEqual(['POST', '/v1/metrics'])
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-key': process.env.PATH })
  expectOtlp(JSON.parse(body), text, report)

  // Somebody who is not there, and somebody who refuses, are warned of; the run is as good as any.
  const refusing = await startReceiver(503, 'no room\n')
  const told = async (otlp: string) => {
    const other = await runLoad({ ...options, load, metrics: { otlp } })
    expect(other).toMatchObject({ state: 'completed', arrivals: { due: 100 } })
    expect(mergeReports([other, other]).warnings).toEqual(other.warnings)
    return other.warnings
  }
  expect(await told(`http://me:secret@127.0.0.1:${gone.port}`)).toEqual([
    expect.stringMatching(
      /^Failed to push metrics to http:\/\/127\.0\.0\.1:\d+\/v1\/metrics: connect ECONNREFUSED .*\. Check that/,
    ),
  ])
  expect(await told(`${refusing.url}/otlp`)).toEqual([
    `Failed to push metrics to ${refusing.url}/otlp: it responded with 503 (no room). Check that it runs there; the load itself was not affected.`,
  ])
  for (const { close } of [collector, refusing]) close()
})

function expectSame(body: string, report: LoadReport): void {
  const families = parsed(body)
  const requests = valuesOf(families.requests_total, 'step', 'method', 'status')
  expect(requests).toEqual(
    Object.fromEntries(
      report.answers.map(({ step, method, status, requests }) => [`${step} ${method} ${status}`, requests]),
    ),
  )
  // As many as the server has seen.
  expect(requests['login POST 200']! + (requests['login POST 503'] ?? 0)).toBe(store.seen['POST /login'])
  expect(Object.values(requests).reduce((sum, count) => sum + count, 0)).toBe(
    Object.values(store.seen).reduce((sum, count) => sum + count, 0),
  )
  expect(Object.keys(requests).filter(key => key.endsWith(' 503'))).not.toEqual([])
  // The parser makes one of all histograms of a name, whatever their labels: those are looked at by our own reader.
  expect(families.request_duration_seconds).toMatchObject({ type: 'HISTOGRAM', metrics: [{ buckets: {} }] })
  const samples = new Map([...readExposition(body)].map(([name, values]) => [bare(name), values]))
  const passedAndFailed = report.arrivals.passed + report.arrivals.failed
  expect(samples.get('iteration_duration_seconds_count')).toMatchObject([{ value: passedAndFailed }])
  expect(report.iterationTimes!.buckets.reduce((sum, count) => sum + count, 0)).toBe(passedAndFailed)
  for (const { labels, value } of samples.get('request_duration_seconds_count')!) {
    const isOf = (sample: Sample) => ['step', 'method', 'status'].every(name => sample.labels[name] === labels[name])
    const buckets = samples.get('request_duration_seconds_bucket')!.filter(isOf)
    expect(requests[`${labels.step} ${labels.method} ${labels.status}`]).toBe(value)
    expect(buckets.at(-1)).toMatchObject({ value, labels: { le: '+Inf' } })
    expect(buckets.map(({ value }) => value)).toEqual(buckets.map(({ value }) => value).sort((a, b) => a - b))
    expect(samples.get('request_duration_seconds_sum')!.find(isOf)!.value).toBeGreaterThan(0.0015 * value)
  }
  const errors = valuesOf(families.errors_total, 'status', 'kind')
  expect(Object.keys(errors)).toEqual(['503 criterion'])
  expect(report.series.reduce((sum, { errors }) => sum + errors, 0)).toBe(
    families.errors_total!.metrics.reduce((sum, { value }) => sum + Number(value), 0),
  )
  const { passed, failed, aborted, dropped } = report.arrivals
  expect(valuesOf(families.iterations_total, 'state')).toEqual({ passed, failed, aborted })
  expect(valuesOf(families.dropped_total, 'workflow')).toEqual({ browse: dropped })
  expect(valuesOf(families.vus, 'workflow')).toEqual({ browse: 0 })
  expect(valuesOf(families.budget_bound, 'budget', 'operator', 'unit')).toEqual({
    'p95 <= seconds': 5,
    'errorRate <= ratio': 0.9,
    'dropped <= count': 0,
    'steps.list.p50 <= seconds': 0.001,
  })
  expect(valuesOf(families.budget_value, 'budget')['steps.list.p50']).toBeCloseTo(
    report.steps.list!.serviceTime.p50 / 1000,
  )
  const verdicts = valuesOf(families.budget_verdict, 'budget', 'verdict')
  for (const { budget, verdict } of report.verdicts) expect(verdicts[`${budget} ${verdict}`]).toBe(1)
  expect(Object.values(verdicts).filter(value => value === 1)).toHaveLength(report.verdicts.length)
}

interface Point {
  attributes: { key: string; value: { stringValue: string } }[]
  startTimeUnixNano: string
  timeUnixNano: string
  asInt?: string
  asDouble?: number
  count?: string
  sum?: number
  bucketCounts?: string[]
  explicitBounds?: number[]
}
type Points = { dataPoints: Point[]; aggregationTemporality?: number; isMonotonic?: boolean }
interface OtlpMetric {
  name: string
  unit: string
  description: string
  sum?: Points
  gauge?: Points
  histogram?: Points
}

/** What the receiver of an ExportMetricsServiceRequest relies on, and that the figures are those of the text. */
function expectOtlp(
  request: { resourceMetrics: { resource: object; scopeMetrics: { scope: object; metrics: OtlpMetric[] }[] }[] },
  body: string,
  report: LoadReport,
): void {
  const [{ resource, scopeMetrics }] = request.resourceMetrics as [(typeof request.resourceMetrics)[number]]
  expect(resource).toEqual({ attributes: [{ key: 'service.name', value: { stringValue: 'vitest-arazzo' } }] })
  const [{ scope, metrics }] = scopeMetrics as [(typeof scopeMetrics)[number]]
  expect(scope).toEqual({ name: 'vitest-arazzo' })
  const families = parsed(body)
  const told = Object.values(families).filter(({ metrics }) => metrics.length > 0)
  expect(metrics.map(({ name }) => name).sort()).toEqual(told.map(({ name }) => name).sort())
  const start = Date.parse(report.startedAt)
  for (const metric of metrics) {
    const { sum, gauge, histogram } = metric
    // Collectors add a unit that the name does not end in, and `_ratio` for a gauge of 1.
    const endings: Record<string, string> = { s: '_seconds', By: '_bytes', '1': '_ratio' }
    if (metric.unit !== '') expect(metric.name.endsWith(endings[metric.unit] ?? '?'), metric.name).toBe(true)
    expect([sum, gauge, histogram].filter(Boolean), metric.name).toHaveLength(1)
    if (sum) expect(sum).toMatchObject({ aggregationTemporality: 2, isMonotonic: true })
    if (histogram) expect(histogram.aggregationTemporality).toBe(2)
    for (const point of (sum ?? gauge ?? histogram)!.dataPoints) {
      expect(BigInt(point.startTimeUnixNano) / 1_000_000n).toBe(BigInt(start))
      expect(BigInt(point.timeUnixNano)).toBeGreaterThan(BigInt(point.startTimeUnixNano))
      if (histogram) {
        expect(point.bucketCounts).toHaveLength(point.explicitBounds!.length + 1)
        const counted = point.bucketCounts!.reduce((total, count) => total + Number(count), 0)
        expect(point.count).toBe(String(counted))
        expect([...point.explicitBounds!].sort((a, b) => a - b)).toEqual(point.explicitBounds)
      } else expect([typeof point.asInt, typeof point.asDouble].sort()).toContain('undefined')
    }
  }
  const requests = metrics.find(({ name }) => bare(name) === 'requests_total')!.sum!.dataPoints
  expect(requests.map(({ asInt }) => Number(asInt)).sort()).toEqual(
    families.requests_total!.metrics.map(({ value }) => Number(value)).sort(),
  )
  const durations = metrics.find(({ name }) => bare(name) === 'request_duration_seconds')!
  expect(durations.unit).toBe('s')
  expect(durations.histogram!.dataPoints.map(({ count }) => Number(count)).sort()).toEqual(
    requests.map(({ asInt }) => Number(asInt)).sort(),
  )
}

test('a page on a port that is taken is refused before anything is sent; so is a secret that is not there', async () => {
  const other = await startReceiver()
  const run = (metrics: object) => runLoad({ workflow: browse, servers: store.url, load, metrics })
  await expect(run({ port: other.port })).rejects.toThrow(
    `Failed to open the page of metrics: port ${other.port} is taken. Give metrics.port another port, or 0 for a free one.`,
  )
  await expect(run({ otlp: other.url, headers: { a: { env: 'NOT_SET_ANYWHERE' } } })).rejects.toThrow(
    'Failed to read the header a of metrics: the environment has no NOT_SET_ANYWHERE.',
  )
  await expect(run({ pot: 1 })).rejects.toThrow(/there is no such key\. Did you mean "port"\?/)
  expect(store.seen).toEqual({})
  other.close()
})
