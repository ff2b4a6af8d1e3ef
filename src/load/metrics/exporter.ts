import { Buffer } from 'node:buffer'
import { once } from 'node:events'
import { createServer, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { failed, failure } from '../../ground/fault.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { epochTime, realClock } from '../../measure/clock.ts'
import type { LoadReport } from '../../measure/report.ts'
import { readSecret } from '../../workflow/security/options.ts'
import { figuresOf, type RunFigures } from './figures.ts'
import type { MetricsPlan } from './options.ts'
import { CONTENT_TYPE, type Exposed, expose, type Metric, type MetricValue } from './registry.ts'

/** Tells others of a run's figures while it runs, and once more when it has ended. */
export class MetricsExporter {
  readonly #plan: MetricsPlan
  readonly #destinations: readonly Destination[]
  #endpoint: Endpoint | undefined
  #read: (() => RunFigures) | undefined
  #callOff = () => {}

  private constructor(plan: MetricsPlan) {
    this.#plan = plan
    this.#destinations = destinationsOf(plan)
  }

  /** Rejects when the port is taken, or a secret is not there. */
  static async open(plan: MetricsPlan): Promise<MetricsExporter> {
    const exporter = new MetricsExporter(plan)
    const { port } = plan
    if (port !== undefined) exporter.#endpoint = await openEndpoint(port, () => exporter.#expose())
    return exporter
  }

  /** Address for scraping. */
  get url(): string | undefined {
    return this.#endpoint?.url
  }

  /** The run begins. */
  start(read: () => RunFigures): void {
    this.#read = read
    if (this.#destinations.length === 0) return
    const tick = () => {
      void this.#push('push')
      this.#callOff = realClock.after(this.#plan.every, tick)
    }
    this.#callOff = realClock.after(this.#plan.every, tick)
  }

  /** The run has ended: exports its verdicts. Resolves to the report, with export failures among its warnings. */
  async finish(report: LoadReport): Promise<LoadReport> {
    this.#callOff()
    this.#read = () => figuresOf(report)
    await this.#push('pushLast')
    const told = this.#destinations.flatMap(({ warning }) => warning ?? [])
    return told.length === 0 ? report : { ...report, warnings: [...(report.warnings ?? []), ...told] }
  }

  close(): void {
    this.#callOff()
    this.#endpoint?.close()
  }

  #expose(): Exposed | undefined {
    return this.#read && expose(this.#read(), this.#plan)
  }

  async #push(how: 'push' | 'pushLast'): Promise<void> {
    const read = this.#read
    if (read === undefined) return
    const pushed = () => {
      const figures = read()
      return { exposed: expose(figures, this.#plan), start: figures.startedAt, now: epochTime() }
    }
    await Promise.all(this.#destinations.map(destination => destination[how](pushed)))
  }
}

interface Endpoint {
  /** `http://127.0.0.1:9464/metrics`. */
  url: string
  close(): void
}

/** A page for Prometheus to scrape, on the loopback only. Rejects when the port is taken. */
async function openEndpoint(port: number, read: () => Exposed | undefined): Promise<Endpoint> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (pathname !== '/metrics' || !isRead) {
      response.writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain' }).end('See /metrics.\n')
      return
    }
    const exposed = read()
    // Before the run begins there is nothing to tell.
    const text = exposed?.text() ?? ''
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

/** Series to push, of a run that began at `start`. Milliseconds since the epoch. */
interface Pushed {
  exposed: Exposed
  start: Milliseconds
  now: Milliseconds
}

const JOB = 'vitest-arazzo'

/** Destination of regular pushes, with the results. */
class Destination {
  readonly #url: URL
  readonly #push: (pushed: Pushed) => Promise<void>
  #pushes = 0
  #failures = 0
  #last = ''
  #inHand: Promise<void> | undefined

  constructor(url: URL, push: (pushed: Pushed) => Promise<void>) {
    this.#url = url
    this.#push = push
  }

  /** Never rejects, also if the figures cannot be read. While one is on its way there is no other. */
  async push(read: () => Pushed): Promise<void> {
    if (this.#inHand !== undefined) return
    this.#inHand = this.#pushOnce(read)
    await this.#inHand
    this.#inHand = undefined
  }

  /** The last: waits for the one on its way first. */
  async pushLast(read: () => Pushed): Promise<void> {
    await this.#inHand
    this.#inHand = undefined
    await this.push(read)
  }

  /** Message for the user; undefined if all pushes succeeded. */
  get warning(): string | undefined {
    if (this.#failures === 0) return undefined
    const { protocol, host, pathname } = this.#url
    const times = this.#pushes === 1 ? '' : `${this.#failures} of ${this.#pushes} times `
    return failed(
      'push',
      `metrics to ${protocol}//${host}${pathname}`,
      `${times}${this.#last}`,
      'Check that it runs there; the load itself was not affected.',
    )
  }

  async #pushOnce(read: () => Pushed): Promise<void> {
    this.#pushes++
    try {
      await this.#push(read())
    } catch (error) {
      this.#failures++
      this.#last = (error as Error).message || (error as NodeJS.ErrnoException).code || String(error)
    }
  }
}

/** Throws for a header whose variable or file is not there. */
function destinationsOf({ pushgateway, otlp, headers = {}, labels }: MetricsPlan): Destination[] {
  const destinations: Destination[] = []
  if (pushgateway !== undefined) {
    const url = pathBelow(pushgateway, groupPath(labels))
    destinations.push(
      new Destination(url, async ({ exposed }) =>
        send(url, 'PUT', { 'content-type': exposed.contentType }, exposed.text()),
      ),
    )
  }
  if (otlp !== undefined) {
    const url = new URL(otlp)
    if (url.pathname === '/') url.pathname = '/v1/metrics'
    const own = Object.entries(headers).map(([name, secret]) => [
      name,
      readSecret(secret, `the header ${name} of metrics`),
    ])
    const all = { ...Object.fromEntries(own), 'content-type': 'application/json' }
    destinations.push(
      new Destination(url, async ({ exposed, ...span }) =>
        send(url, 'POST', all, JSON.stringify(encodeOtlp(exposed.metrics(), span))),
      ),
    )
  }
  return destinations
}

function pathBelow(base: string, path: string): URL {
  const url = new URL(base)
  url.pathname = url.pathname.replace(/\/$/, '') + path
  return url
}

/**
 * The grouping key: what is pushed replaces what was pushed under the same key. Values are Base64, which alone may hold
 * slashes and be empty. Source: https://github.com/prometheus/pushgateway#url
 */
function groupPath(labels: MetricsPlan['labels']): string {
  const groups = Object.entries(labels).map(([name, value]) => {
    const encoded = value === '' ? '=' : Buffer.from(value).toString('base64url')
    return `/${name}@base64/${encoded}`
  })
  return `/metrics/job/${JOB}${groups.join('')}`
}

/** A push must not keep a run from ending. */
const LONGEST: Milliseconds = 5_000
const MOST_TEXT = 200

/**
 * Sends a body, without the global `fetch` that a test may have replaced. Rejects with the finding: `it responded with
 * 503 (no room)`.
 */
function send(url: URL, method: 'PUT' | 'POST', headers: Record<string, string>, body: string): Promise<void> {
  const bytes = Buffer.from(body)
  const { username, password } = url
  const decoded = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const options = {
    method,
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

interface Span {
  /** Milliseconds since the epoch. */
  start: Milliseconds
  now: Milliseconds
}

type Json = Record<string, unknown>

function encodeOtlp(metrics: readonly Metric[], span: Span): Json {
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
    if (type === 'histogram')
      return { ...base, histogram: { aggregationTemporality: CUMULATIVE, dataPoints: histograms(name, values, span) } }
    const dataPoints = values.map(value => numberPoint(value, span))
    if (type === 'gauge') return { ...base, gauge: { dataPoints } }
    return { ...base, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints } }
  }
}

function numberPoint({ labels, value }: MetricValue, span: Span): Json {
  const number = Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value }
  return { attributes: attributesOf(labels), ...timesOf(span), ...number }
}

/** Prometheus counts up to each bound, OpenTelemetry between them. */
function histograms(name: string, values: readonly MetricValue[], span: Span): Json[] {
  const points = new Map<string, { point: Json; bounds: number[]; counts: string[]; below: number }>()
  for (const { labels, value, metricName } of values) {
    const { le, ...others } = labels
    const key = JSON.stringify(others)
    let known = points.get(key)
    if (known === undefined) {
      known = { point: { attributes: attributesOf(others), ...timesOf(span) }, bounds: [], counts: [], below: 0 }
      points.set(key, known)
    }
    if (metricName === `${name}_sum`) known.point.sum = value
    else if (metricName === `${name}_count`) known.point.count = String(value)
    else {
      if (le !== '+Inf') known.bounds.push(Number(le))
      known.counts.push(String(value - known.below))
      known.below = value
    }
  }
  return [...points.values()].map(({ point, bounds, counts }) => ({
    ...point,
    bucketCounts: counts,
    explicitBounds: bounds,
  }))
}

function timesOf({ start, now }: Span): Json {
  return { startTimeUnixNano: nanoseconds(start), timeUnixNano: nanoseconds(now) }
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
