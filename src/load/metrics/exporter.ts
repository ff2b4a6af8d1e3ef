import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { failed, failure } from '../../ground/fault.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { type Clock, epochTime, realClock } from '../../measure/clock.ts'
import type { LoadReport } from '../../measure/report.ts'
import { readSecret } from '../../workflow/security/options.ts'
import { figuresOf, type RunFigures } from './figures.ts'
import type { MetricsPlan } from './options.ts'
import { BOUNDS, CONTENT_TYPE, expose, type Metric, textOf } from './registry.ts'

/** How often metrics are pushed; they are once more at the end. */
const EVERY: Milliseconds = 10_000

export type MetricsExporter = Awaited<ReturnType<typeof openExporter>>

/**
 * Tells others of a run's figures while it runs, and once more when it has ended. Rejects when the port is taken, or a
 * secret is not there.
 */
export async function openExporter(plan: MetricsPlan, clock: Clock = realClock) {
  const collector = collectorOf(plan)
  let read: (() => RunFigures) | undefined
  let callOff = () => {}
  const page = () => (read ? textOf(expose(read(), plan)) : '') // empty before the run begins
  const endpoint = plan.port === undefined ? undefined : await openEndpoint(plan.port, page)
  const push = async (isLast: boolean): Promise<void> => {
    if (read === undefined) return
    const figuresNow = read
    const pushed = () => {
      const figures = figuresNow()
      return { metrics: expose(figures, plan), start: figures.startedAt, now: epochTime() }
    }
    await collector?.push(pushed, isLast)
  }
  return {
    /** Address for scraping. */
    url: endpoint?.url,
    /** The run begins. */
    start(figures: () => RunFigures): void {
      read = figures
      if (collector === undefined) return
      const tick = () => {
        void push(false)
        callOff = clock.after(EVERY, tick)
      }
      callOff = clock.after(EVERY, tick)
    },
    /** The run has ended: exports its verdicts. Resolves to the report, with export failures among its warnings. */
    async finish(report: LoadReport): Promise<LoadReport> {
      callOff()
      read = () => figuresOf(report)
      await push(true)
      const warning = collector?.warning()
      return warning === undefined ? report : { ...report, warnings: [...(report.warnings ?? []), warning] }
    },
    close(): void {
      callOff()
      endpoint?.close()
    },
  }
}

/** A page for Prometheus to scrape, on the loopback only. Rejects when the port is taken. */
async function openEndpoint(port: number, page: () => string) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (pathname !== '/metrics' || !isRead) {
      response.writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain' }).end('See /metrics.\n')
      return
    }
    const text = page()
    response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(request.method === 'HEAD' ? undefined : text)
  })
  server.unref()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const found = code === 'EADDRINUSE' ? `port ${port} is taken` : (cause as Error).message
    const advice = 'Give metrics.port another port, or 0 for a free one.'
    throw failure('open', 'the page of metrics', found, advice, { cause })
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Series to push. */
interface Pushed {
  metrics: Metric[]
  /** Milliseconds since the epoch. */
  start: Milliseconds
  now: Milliseconds
}

/** Destination of regular pushes, with the results. */
function destination({ protocol, host, pathname }: URL, push: (pushed: Pushed) => Promise<void>) {
  let [pushes, failures, last] = [0, 0, '']
  let inHand: Promise<void> | undefined
  const pushOnce = async (read: () => Pushed): Promise<void> => {
    pushes++
    try {
      await push(read())
    } catch (error) {
      failures++
      last = (error as Error).message || (error as NodeJS.ErrnoException).code || String(error)
    }
  }
  return {
    /**
     * Never rejects, also if the figures cannot be read. While one is on its way there is no other; the last one waits
     * for it.
     */
    async push(read: () => Pushed, isLast: boolean): Promise<void> {
      if (isLast) await inHand
      else if (inHand !== undefined) return
      inHand = pushOnce(read)
      await inHand
      inHand = undefined
    },
    /** Message for the user; undefined if all pushes succeeded. */
    warning(): string | undefined {
      if (failures === 0) return undefined
      const found = `${pushes === 1 ? '' : `${failures} of ${pushes} times `}${last}`
      const advice = 'Check that it runs there; the load itself was not affected.'
      return failed('push', `metrics to ${protocol}//${host}${pathname}`, found, advice)
    },
  }
}

/** Throws for a header whose variable or file is not there. */
function collectorOf({ otlp, headers = {} }: MetricsPlan) {
  if (otlp === undefined) return undefined
  const url = new URL(otlp)
  if (url.pathname === '/') url.pathname = '/v1/metrics'
  const own = Object.entries(headers).map(([name, secret]) => [
    name,
    readSecret(secret, `the header ${name} of metrics`),
  ])
  const all = { ...Object.fromEntries(own), 'content-type': 'application/json' }
  return destination(url, pushed => send(url, all, JSON.stringify(encodeOtlp(pushed))))
}

/** A push must not keep a run from ending. */
const LONGEST: Milliseconds = 5_000
const MOST_TEXT = 200

/**
 * Sends a body, without the global `fetch` that a test may have replaced. Rejects with the finding: `it responded with
 * 503 (no room)`.
 */
function send(url: URL, headers: Record<string, string>, body: string): Promise<void> {
  const bytes = Buffer.from(body)
  const { username, password } = url
  const decoded = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const options = {
    method: 'POST',
    headers: { ...headers, 'content-length': bytes.length },
    // Without an agent: no connection is left behind.
    agent: false,
    ...(username !== '' && { auth: decoded }),
  }
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        if (text.length < MOST_TEXT) text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode >= 200 && statusCode < 300) return resolve()
        const said = text.trim().replaceAll(/\s+/g, ' ').slice(0, MOST_TEXT)
        reject(new Error(`it responded with ${statusCode}${said === '' ? '' : ` (${said})`}`))
      })
    })
    sent.setTimeout(LONGEST, () => sent.destroy(new Error(`it did not respond in ${LONGEST / 1000} s`)))
    sent.on('error', reject)
    sent.end(bytes)
  })
}

/*
 * OpenTelemetry's metrics as JSON: ExportMetricsServiceRequest in the JSON mapping of Protocol Buffers, where 64-bit
 * integers are text. Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding and
 * opentelemetry/proto/metrics/v1/metrics.proto.
 */

/** Totals since the run began, not since the last request. */
const CUMULATIVE = 2

type Json = Record<string, unknown>

function encodeOtlp({ metrics, ...span }: Pushed): Json {
  const scope = { name: 'vitest-arazzo' }
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf({ 'service.name': 'vitest-arazzo' }) },
        scopeMetrics: [{ scope, metrics: metrics.filter(({ values }) => values.length > 0).map(encode) }],
      },
    ],
  }

  function encode({ name, help, type, values }: Metric): Json {
    const base = { name, description: help, unit: unitOf(name) }
    const dataPoints = values.map(value => pointOf(value, span))
    if (type === 'gauge') return { ...base, gauge: { dataPoints } }
    if (type === 'histogram') return { ...base, histogram: { aggregationTemporality: CUMULATIVE, dataPoints } }
    return { ...base, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } }
  }
}

function pointOf({ labels, value, buckets }: Metric['values'][number], { start, now }: Omit<Pushed, 'metrics'>): Json {
  const times = { startTimeUnixNano: nanoseconds(start), timeUnixNano: nanoseconds(now) }
  const point = { attributes: attributesOf(labels), ...times }
  if (buckets === undefined)
    return { ...point, ...(Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value }) }
  const count = String(buckets.reduce((sum, own) => sum + own, 0))
  return { ...point, sum: value, count, bucketCounts: buckets.map(String), explicitBounds: BOUNDS }
}

function nanoseconds(at: Milliseconds): string {
  return String(BigInt(Math.round(at)) * 1_000_000n)
}

function attributesOf(labels: Readonly<Record<string, string | number>>): Json[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }))
}

/**
 * Unit of a metric in the notation of UCUM, as OpenTelemetry has it. None where the name does not end in it:
 * collectors write it at the end of the names that they make for Prometheus, and `_ratio` for a gauge of unit 1.
 */
function unitOf(name: string): string {
  if (name.endsWith('_seconds')) return 's'
  if (name.endsWith('_bytes')) return 'By'
  return name.endsWith('_ratio') ? '1' : ''
}
