import { type Fields, keysOf } from '../../ground/fields.ts'

/** Destination of a run's metrics, during the run. */
export interface MetricsOptions {
  /**
   * Port of a page for Prometheus to scrape during the run: `http://127.0.0.1:<port>/metrics`. 0: a free one.
   * @default no page
   * @example 9464
   */
  port?: number
}

/** The options of a run, read. */
export interface MetricsPlan extends MetricsOptions {
  /** Labels of all series. */
  labels?: Readonly<Record<string, string>>
  /** Commit of the tested code, if known. */
  commit?: string
}

const KEYS = keysOf<MetricsOptions>({ port: true })

/** Reads `metrics` among options as users write them; undefined without a page. Never throws. */
export function readMetrics(options: Fields): MetricsPlan | undefined {
  const fields = options.has('metrics') ? options.within('metrics', 'Write { port: 9464 }.') : undefined
  fields?.checkKeys(KEYS)
  if (!fields?.has('port')) return undefined
  const port = fields.count('port', 0, 0)
  if (port > 65_535) fields.fault('port', `${port} is not a valid port`, 'Use 0 to 65535.')
  return { port }
}
