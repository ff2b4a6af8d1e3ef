import { failed } from '../../ground/fault.ts'

export interface Metric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  values: MetricValue[]
}

export type Labels = Readonly<Record<string, string | number>>

export interface MetricValue {
  labels: Labels
  value: number
  /** Name of a sample of a histogram: `…_bucket`, `…_sum`, `…_count`. */
  metricName?: string
}

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A name as the text format has them; without, scrapers refuse the page as a whole. */
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

export function checkedName(name: string): string {
  if (NAME.test(name)) return name
  const advice = 'Use letters, digits, underscores and colons, and no digit at the beginning.'
  throw new TypeError(failed('expose', `the metric ${JSON.stringify(name)}`, 'Prometheus has no such names', advice))
}

/** Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
export function textOf(metrics: readonly Metric[]): string {
  const blocks = metrics.map(({ name, help, type, values }) =>
    [
      `# HELP ${name} ${escaped(help)}`,
      `# TYPE ${name} ${type}`,
      ...values.map(({ metricName = name, labels, value }) => `${metricName}${inBraces(labels)} ${written(value)}`),
    ].join('\n'),
  )
  return `${blocks.join('\n\n')}\n`
}

function inBraces(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(String(value)).replaceAll('"', '\\"')}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

function written(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}
