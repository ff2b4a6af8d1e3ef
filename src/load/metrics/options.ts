import { type Fields, isHttpUrl, keysOf } from '../../ground/fields.ts'
import { given } from '../../ground/given.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { isSecretReference, type Secret } from '../../workflow/security/options.ts'

/** Destination of a run's metrics, during the run and at its end. */
export interface MetricsOptions {
  /**
   * Port of a page for Prometheus to scrape during the run: `http://127.0.0.1:<port>/metrics`. 0: a free one.
   * @default no page
   * @example 9464
   */
  port?: number
  /**
   * URL of a collector that takes OTLP over HTTP, JSON: every 10 s, and at the end. Without a path: `/v1/metrics`.
   * @default none
   * @example 'http://127.0.0.1:4318'
   */
  otlp?: string
  /**
   * Headers of OTLP requests; values are never shown.
   * @default none
   * @example { authorization: { env: 'OTLP_TOKEN' } }
   */
  headers?: Record<string, Secret>
}

/** The options of a run, read. */
export interface MetricsPlan extends MetricsOptions {
  /** Labels of all series. */
  labels?: Readonly<Record<string, string>>
  /** Commit of the tested code, if known. */
  commit?: string
}

const KEYS = keysOf<MetricsOptions>({ port: true, otlp: true, headers: true })

/** Reads `metrics` among options as users write them. Never throws. */
export function readMetrics(options: Fields): MetricsPlan | undefined {
  const fields = options.has('metrics') ? options.within('metrics', 'Write { port: 9464 }.') : undefined
  if (fields === undefined) return undefined
  fields.checkKeys(KEYS)
  const port = fields.has('port') ? fields.count('port', 0, 0) : undefined
  if (port !== undefined && port > 65_535) fields.fault('port', `${port} is not a valid port`, 'Use 0 to 65535.')
  const otlp = readUrl(fields)
  const headers = readHeaders(fields)
  if (headers !== undefined && !fields.has('otlp'))
    fields.fault('headers', 'they are those of OTLP requests, and there is no otlp', 'Add otlp, or remove them.')
  return given({ port, otlp, headers })
}

function readUrl(fields: Fields): string | undefined {
  const value = fields.get('otlp')
  if (value === undefined || isHttpUrl(value)) return value
  // The URL may hold a password.
  const found = typeof value === 'string' ? 'it is not an http or https URL' : `${show(value)} is not a URL`
  return fields.fault('otlp', found, "Write 'http://127.0.0.1:4318'.")
}

function readHeaders(fields: Fields): Record<string, Secret> | undefined {
  const value = fields.get('headers')
  if (value === undefined) return undefined
  const isSecret = (secret: unknown) => typeof secret === 'string' || isSecretReference(secret)
  if (isObject(value) && Object.values(value).every(isSecret)) return value as Record<string, Secret>
  const advice = "Write an object of names and values: { authorization: { env: 'OTLP_TOKEN' } }."
  return fields.fault(
    'headers',
    isObject(value) ? 'one of them is not text' : `${show(value)} is not an object`,
    advice,
  )
}
