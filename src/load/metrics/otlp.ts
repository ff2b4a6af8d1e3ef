import type { Milliseconds } from '../../ground/units.ts'
import type { Metric, MetricValue } from './text-format.ts'

/*
 * OpenTelemetry's metrics as JSON: ExportMetricsServiceRequest in the JSON mapping of Protocol Buffers, where 64-bit
 * integers are text. Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding and
 * opentelemetry/proto/metrics/v1/metrics.proto.
 */

/** Totals since the run began, not since the last request. */
const CUMULATIVE = 2

export interface Span {
  /** Milliseconds since the epoch. */
  start: Milliseconds
  now: Milliseconds
}

type Json = Record<string, unknown>

export function encodeOtlp(metrics: readonly Metric[], span: Span): Json {
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
