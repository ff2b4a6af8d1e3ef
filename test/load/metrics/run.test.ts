import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Store, startStore } from '../../../fixtures/load/store.ts'
import { readBudgets } from '../../../src/budget/read.ts'
import { runLoad } from '../../../src/hosts/run.ts'
import { renderMetrics } from '../../../src/load/metrics/figures.ts'
import { readExposition, type Sample } from '../../../src/measure/prometheus/query.ts'
import type { LoadReport } from '../../../src/measure/report.ts'
import { bare, parsed, valuesOf } from './parsed.ts'

const document = fileURLToPath(new URL('../../../fixtures/load/store.arazzo.yaml', import.meta.url))
const browse = `${document}#browse`

let store: Store
beforeEach(async () => {
  store = await startStore()
})
afterEach(() => store.kill())

const load = { vus: 2, iterations: 50, threads: 2 } as const

test('a run tells whoever scrapes it, and its file has what the report says', async () => {
  store.delay = 2
  store.status = n => (n > 0 && n % 20 === 0 ? 503 : undefined)
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
    metrics: 0,
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

  // At the end, the text has what the report says.
  expectSame(await renderMetrics(report, { budgets: read.budgets }), report)
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

test('a page on a port that is taken is refused before anything is sent', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const run = (metrics: number) => runLoad({ workflow: browse, servers: store.url, load, metrics })
  await expect(run(port)).rejects.toThrow(
    `Failed to open the page of metrics: port ${port} is taken. Give metrics another port, or 0 for a free one.`,
  )
  await expect(run(-1)).rejects.toThrow('Failed to read metrics: it is -1. Write a port from 0 to 65535: 9464.')
  expect(store.seen).toEqual({})
  other.close()
})
