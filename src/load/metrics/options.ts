import { Fields, isHttpUrl, type OptionFault } from '../../ground/fields.ts'
import { given } from '../../ground/given.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import type { Milliseconds } from '../../ground/units.ts'
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
   * URL of a Pushgateway; user and password may stand in it. The job is `vitest-arazzo`, grouped by `labels`.
   * @default none
   * @example 'http://127.0.0.1:9091'
   */
  pushgateway?: string
  /**
   * URL of a collector that takes OTLP over HTTP, JSON. Without a path: `/v1/metrics`.
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
  /**
   * How often metrics are pushed; they are once more at the end. Default 10 s.
   * @example '5s'
   */
  every?: string | Milliseconds
  /**
   * Labels of all series. Load tests have the labels `test`, their full name, and `project`, unless they are given
   * here.
   * @default those of load tests
   * @example { team: 'shop' }
   */
  labels?: Record<string, string>
  /**
   * Text before the names of all series. Default: `arazzo_load_`.
   * @example 'shop_load_'
   */
  prefix?: string
}

/** The options of a run, read. */
export interface MetricsPlan extends Omit<MetricsOptions, 'every' | 'labels' | 'prefix'> {
  every: Milliseconds
  labels: Readonly<Record<string, string>>
  prefix: string
  /** Commit of the tested code, if known. */
  commit?: string
}

const KEYS: readonly (keyof MetricsOptions)[] = [
  ...(['port', 'pushgateway', 'otlp', 'headers', 'every', 'labels', 'prefix'] as const),
]
/** Labels that series have of their own. */
const TAKEN = new Set([
  ...['workflow', 'step', 'method', 'status', 'kind', 'state', 'target', 'budget', 'operator', 'unit', 'verdict'],
  ...['le', 'job', 'version', 'commit'],
])
/** Default prefix of all series. */
export const PREFIX = 'arazzo_load_'
const EVERY: Milliseconds = 10_000
const SHORTEST: Milliseconds = 100

/**
 * Reads `metrics` as users write it. Never throws and returns all faults at once.
 *
 * @param isDocument whether it is in a document, which may not choose destinations or read the environment.
 */
export function readMetrics(
  input: unknown,
  { isDocument = false }: { isDocument?: boolean } = {},
): { plan?: MetricsPlan; faults: OptionFault[] } {
  if (input === undefined) return { faults: [] }
  const faults: OptionFault[] = []
  if (!isObject(input)) {
    new Fields({}, 'metrics', faults).fault('', `${show(input)} is not an object`, 'Write { port: 9464 }.')
    return { faults }
  }
  const fields = new Fields(input, 'metrics', faults)
  fields.checkKeys(KEYS)
  if (isDocument)
    for (const key of ['pushgateway', 'otlp', 'headers'])
      if (fields.has(key))
        fields.fault(key, 'a document does not say where metrics are sent', "Move it to the plugin's options.")
  const port = fields.has('port') ? fields.count('port', 0, 0) : undefined
  if (port !== undefined && port > 65_535) fields.fault('port', `${port} is not a valid port`, 'Use 0 to 65535.')
  const pushgateway = readUrl(fields, 'pushgateway')
  const otlp = readUrl(fields, 'otlp')
  const headers = readHeaders(fields)
  if (headers !== undefined && !fields.has('otlp'))
    fields.fault('headers', 'they are those of OTLP requests, and there is no otlp', 'Add otlp, or remove them.')
  const every = fields.length('every', EVERY)
  if (every < SHORTEST) fields.fault('every', `${show(fields.get('every'))} is too often`, "Write '1s' or more.")
  const labels = readLabels(fields)
  const prefix = fields.get('prefix') ?? PREFIX
  if (typeof prefix !== 'string' || !/^([a-zA-Z_:][\w:]*)?$/.test(prefix))
    fields.fault('prefix', `${show(prefix)} cannot begin a name of Prometheus`, "Write 'load_'.")
  if (faults.length > 0) return { faults }
  return { plan: given({ port, pushgateway, otlp, headers, every, labels, prefix: prefix as string }), faults }
}

/**
 * The options of a load test on top of those of all. Headers are not sent to another collector than the one they are
 * for.
 */
export function joinMetrics(
  ofAll: MetricsOptions | undefined,
  own: MetricsOptions | undefined,
): MetricsOptions | undefined {
  if (own === undefined) return ofAll
  // Its faults are reported where it is read.
  if (ofAll === undefined || typeof own !== 'object' || own === null) return own
  const { headers, ...others } = ofAll
  const inherited = headers !== undefined && own.otlp === undefined ? { headers } : {}
  const labels = { ...ofAll.labels, ...own.labels }
  return { ...others, ...inherited, ...own, ...(Object.keys(labels).length > 0 && { labels }) }
}

function readUrl(fields: Fields, key: 'pushgateway' | 'otlp'): string | undefined {
  const value = fields.get(key)
  if (value === undefined) return undefined
  if (isHttpUrl(value)) return value
  // The URL may hold a password.
  const found = typeof value === 'string' ? 'it is not an http or https URL' : `${show(value)} is not a URL`
  const port = key === 'otlp' ? 4318 : 9091
  return fields.fault(key, found, `Write 'http://127.0.0.1:${port}'.`)
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

function readLabels(fields: Fields): Record<string, string> {
  const value = fields.get('labels') ?? {}
  if (!isObject(value)) {
    fields.fault('labels', `${show(value)} is not an object`, "Write { branch: 'main' }.")
    return {}
  }
  for (const [name, text] of Object.entries(value)) {
    if (!/^[a-zA-Z]\w*$/.test(name))
      fields.fault('labels', `"${name}" is not a valid name of a label`, 'Use letters, digits and underscores.')
    else if (TAKEN.has(name))
      fields.fault('labels', `series have a label "${name}" of their own`, 'Choose another name.')
    else if (typeof text !== 'string') fields.fault('labels', `"${name}" is ${show(text)}`, 'Write text.')
  }
  return value as Record<string, string>
}
