import type { ReadOptions } from '../src/document/model.ts'
import { checkReadOptions } from '../src/document/read-options.ts'
import { assertNoFaults, Fields, GLOBS, isGlobs, isText, keysOf, type OptionFault } from '../src/ground/fields.ts'
import { given } from '../src/ground/given.ts'
import { isObject } from '../src/ground/object.ts'
import { show } from '../src/ground/show.ts'
import { tried } from '../src/ground/tried.ts'
import { parseDuration } from '../src/ground/units.ts'
import { quoted } from '../src/ground/words.ts'
import { authorityOf } from '../src/http/authority.ts'
import type { StaticInputs } from '../src/load/feed/source.ts'
import { readMetrics } from '../src/load/metrics/options.ts'
import { addressFaults, unknownApplication } from '../src/load/plan/addresses.ts'
import { type AgentsOptions, agentsFrom } from '../src/load/plan/agents.ts'
import { ANY_ORIGIN, chooseTargets } from '../src/load/plan/application-targets.ts'
import type { LoadOptions } from '../src/load/plan/options.ts'
import { readSuiteHooks, type SuiteHook, type SuiteSetups, type SuiteTeardowns } from '../src/load/suites/hooks.ts'
import { readTargets } from '../src/measure/target.ts'
import { withAbsolutePaths } from '../src/workflow/channel/connect.ts'
import { CHECK_MODES, type CheckMode } from '../src/workflow/checks/check-rule.ts'
import { CONDUCT } from '../src/workflow/conduct.ts'
import type { RunOptions } from '../src/workflow/functional.ts'
import { checkSecurity, type SecurityOptions } from '../src/workflow/security/options.ts'
import { type CompareOptions, checkCompare } from './compare/options.ts'
import type { OutsideProfiler } from './compare/outside-profilers.ts'
import { type ServerOptions, speaksHttp } from './server/options.ts'
import { applicationNames, checkServers, optionsIn, type SeveralServers } from './server/several.ts'

/**
 * Faults of the plugin's `servers` and `compare` if applications have names: the options must say which one is meant.
 */
function checkAddresses(options: Fields, names: readonly string[], http: readonly string[]): void {
  const [first, second] = names
  const server = options.get('server')
  const isNone = first === undefined ? !speaksHttp(server) : http.length === 0
  if (isNone && !options.has('servers'))
    return options.fault(
      'servers',
      'no application speaks HTTP, so that requests would go to the server of the description',
      "Write where they go: 'http://127.0.0.1:3000', or {} for that server.",
    )
  if (first === undefined) return
  const servers = options.get('servers')
  if (second !== undefined && options.has('compare'))
    options.fault('compare', 'it compares one application, and there are several', 'Give their tests another project.')
  if (http.length > 1 && servers === undefined) {
    const found = `there are several applications (${quoted(http)}), and requests may go to any of them`
    const advice = `Write which: '${http[0]}', or one for each source: { shop: '${http[0]}' }.`
    return options.fault('servers', found, advice)
  }
  if (typeof servers === 'string') checkText(options, 'servers', servers, names, http)
  else if (isObject(servers)) {
    const fields = options.part('servers', servers)
    for (const source of fields.keys) checkText(fields, source, fields.get(source), names, http)
  }
}

function checkText(fields: Fields, key: string, text: unknown, names: readonly string[], http: readonly string[]) {
  if (typeof text !== 'string' || http.includes(text)) return
  const [silent] = names.filter(name => !http.includes(name) && (text === name || text.includes(`{${name}.url}`)))
  if (silent !== undefined) return fields.fault(key, `application "${silent}" does not speak HTTP`, 'Write another.')
  if (APPLICATION_LIKE.test(text)) {
    const { found, advice } = unknownApplication(text, names)
    fields.fault(key, found, advice)
  }
  if (names.length > 1 && text.includes('{port}'))
    fields.fault(key, 'several applications have a port', `Write which: {${http[0] ?? names[0]}.port}.`)
  for (const { found, advice } of addressFaults(text, names)) fields.fault(key, found, advice)
}

/** Text that is neither a URL nor a path. */
const APPLICATION_LIKE = /^[A-Za-z][\w-]*$/

/** Options of `arazzo()`. All are optional. */
export interface ArazzoOptions extends ReadOptions {
  /**
   * The application under test: started before the tests, ended after them. Its URL is the default of `servers`.
   * Several applications are given by name: `{ api: { command, url, dependsOn: ['db'] }, db: { command, url } }`;
   * `servers` then says which of them receives requests. A key of a single application cannot be a name.
   * @default none: it runs already
   * @example { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }
   */
  server?: ServerOptions | SeveralServers
  /**
   * Base of the application, for relative budgets: `p99: 'base + 10%'`. Both sides are started by `server`, several
   * times, each with its own port and folder: write `{port}` there, and `{dir}` for the data folder. The variables
   * VITEST_ARAZZO_BASE, a folder as `{ cwd }`, and VITEST_ARAZZO_BASE_COMMIT override this base; the other fields still
   * apply.
   * @default none
   * @example { git: 'merge-base', setup: 'npm ci && npm run build' }
   */
  compare?: CompareOptions
  /**
   * Whether the cause of a budget of latency, rate, CPU time or memory is looked for in the code once it is decided:
   * `'auto'` after it has failed, `true` also if it has not, `false` never. A Node.js application that the plugin
   * starts gets the load once more with a profiler; in a comparison (`compare`) in five more pairs of launches. The
   * verdict does not depend on it. For applications in other languages, give a profiler: a command that writes
   * collapsed stacks or a profile of pprof to `{file}`, or a URL that responds with one. `{pid}`, `{port}` and
   * `{seconds}` are replaced.
   * @default 'auto'
   * @example { command: 'py-spy record -d {seconds} -f raw --full-filenames -p {pid} -o {file}' }
   */
  cause?: 'auto' | boolean | OutsideProfiler
  /**
   * How long a look for a cause may take, as text or in milliseconds.
   * @default '12s', in a comparison '30s'
   * @example '1m'
   */
  maxCauseDuration?: string | number
  /**
   * Address of requests, for all sources or by the source's name; `{port}` is the port of `server`. Without a path
   * (`http://127.0.0.1:3000`) the path of the description's server is kept. With a path, also `/`, it is the whole
   * base. With several applications, the name of one stands for its address (`'api'`), and `{api.url}` and `{api.port}`
   * are replaced. Default: the application that `server` starts, else the server of the description.
   * @example 'http://127.0.0.1:3000'
   */
  servers?: string | Record<string, string>
  /**
   * Inputs of the workflows; `{ env: 'NAME' }` is read from the environment and never shown.
   * @default none
   * @example { username: 'demo', password: { env: 'DEMO_PASSWORD' } }
   */
  inputs?: StaticInputs
  /**
   * Setup before the suites of each document: a workflow (`./reset.arazzo.yaml#reset`) or a function that a module
   * exports (`./reset.ts`, `./data.ts#reset`), once per document, or `{ run, vu }`: once per document and before each
   * run of a workflow. Its outputs are inputs of the workflows, unless these are given otherwise. It is not a test; if
   * it fails, all tests of the document fail. Paths are relative to Vite's root.
   * @default none
   * @example './test/reset.ts'
   */
  setup?: string | SuiteSetups
  /**
   * Teardown after them, in the same forms, also after a failure; with `iteration` it cleans up after each run of a
   * workflow. If it fails, the run fails.
   * @default none
   * @example './test/data.ts#remove'
   */
  teardown?: string | SuiteTeardowns
  /**
   * Whether responses are checked against the OpenAPI descriptions. `'error'`, the default, fails the step, `'warn'`
   * only notes it. A body that says it is JSON has to be JSON, and an encoded one (gzip) has to decode, even if nothing
   * reads it. `'all'` is as `'error'`, and checks each body under load too.
   *
   * @default 'error'
   * @example 'warn'
   */
  checks?: CheckMode
  /** Whether redirects are followed; else the redirect is the response. Default: false. */
  followRedirects?: boolean
  /**
   * Whether each request names a trace in a header `traceparent` (W3C Trace Context): a trace for each run of a
   * workflow, a span for each request. A header of that name in the document wins.
   * @default false
   * @example true
   */
  traceparent?: boolean
  /**
   * The version of HTTP: `'h1'` is HTTP/1.1, `'h2'` HTTP/2, negotiated by TLS (ALPN) and without TLS spoken at once
   * (prior knowledge), never silently HTTP/1.1; `'auto'` takes what TLS negotiates, and HTTP/1.1 without TLS.
   * @default 'h1'
   * @example 'auto'
   */
  protocol?: RunOptions['protocol']
  /**
   * Carries the messages of steps on channels: the path of a module (relative to Vite's root) whose default export is a
   * transport, or a function that makes one for each run; one for all AsyncAPI sources, or by the source's name.
   * @default none
   * @example './channels.ts'
   */
  channels?: string | Record<string, string>
  /**
   * How long a request may take, from when it is sent until the last byte of its response: milliseconds, or text such
   * as '30s'; 0: no limit. The `timeout` of a step has precedence. An event stream has to begin within it.
   * @default 10 s
   * @example '30s'
   */
  requestTimeout?: number | string
  /**
   * An authority that certificates of TLS are trusted by, in addition to those of Node.js: the path of a PEM file
   * (relative to Vite's root), or its text.
   * @default none
   * @example './certificates/ca.pem'
   */
  ca?: string
  /**
   * Credentials for the security schemes of the OpenAPI descriptions: by source, then by scheme. Never shown.
   * @default none
   * @example { shop: { bearerAuth: { env: 'SHOP_TOKEN' } } }
   */
  security?: SecurityOptions
  /**
   * Name of the Vitest project, or names of those, that run the documents below their roots. Default: each that has
   * the plugin and does not run in a browser.
   * @example 'api'
   */
  project?: string | string[]
  /**
   * Hosts other than loopback that may be loaded.
   * @default loopback only
   * @example ['staging.example.com']
   */
  allowHosts?: string[]
  /**
   * Agents on other hosts that run load tests, instead of threads of this machine.
   * @default none
   * @example { nats: 'nats://nats.example:4222', creds: { env: 'NATS_CREDS' }, count: 4 }
   */
  agents?: AgentsOptions
  /**
   * The application that load tests measure, where that is not the process of `server`: `{ pid }` or `{ prometheus: url
   * }`, or the name of one of several applications. `{port}` in a URL is the port of `server`, and `{api.port}` that of
   * one of several.
   * @default the process of `server`
   * @example { prometheus: 'http://127.0.0.1:{port}/metrics' }
   */
  target?: LoadOptions['target']
  /**
   * Further targets that load tests measure, by name. Several applications are available by their own names.
   * @default none
   * @example { db: { pid: 4711 } }
   */
  targets?: LoadOptions['targets']
  /** HTTP transport under load. Default: `'auto'`, which uses `'wire'` wherever possible. */
  transport?: LoadOptions['transport']
  /**
   * Globs of the files that can affect load tests, from the root of the project; a load test's own replace them. If
   * none of the files that differ from the base is one of them, nor a document, the test file, a lock file or Vitest's
   * configuration, comparisons pass at once and say so. Not on the default branch.
   * @default each change affects them
   * @example ['src/**', 'migrations/**']
   */
  affected?: LoadOptions['affected']
  /** Result of a budget that a run could not decide. Default: `'fail'`. */
  onInconclusive?: 'fail' | 'warn' | 'skip'
  /**
   * Folder for the files of load tests (a page, a result, a summary and metrics each), and where their metrics go.
   * Default: `{ folder: '.vitest-arazzo' }`; with false, no files are written.
   * @example { folder: '.vitest-arazzo', keep: 5 }
   */
  reports?: boolean | ReportsOptions
}

/** Name of the plugin in Vite and Vitest. */
export const PLUGIN_NAME = 'vitest-arazzo'

/** Public `api` of the plugin, for other plugins. */
export interface PluginApi {
  /** Empty if the options are invalid. */
  options: ArazzoOptions
  /** Fault of the options. */
  fault?: Error
}

interface ReportsOptions {
  /**
   * Relative to the project's root. A folder that nothing else uses: one that holds the project or files of others is
   * refused.
   * @default '.vitest-arazzo'
   * @example './reports'
   */
  folder?: string
  /**
   * Earlier runs of a load test that are kept with the last one. Default: 1; 20 for a load test that is compared on
   * the default branch.
   * @example 5
   */
  keep?: number
  /**
   * Port of a page for Prometheus to scrape while load tests run: `http://127.0.0.1:<port>/metrics`. 0: a free one.
   * Every load test also writes `metrics.prom` among its files.
   * @default no page
   * @example 9464
   */
  metrics?: number
}

/** Options with files, whose paths are relative to the root, by absolute paths. */
export function filesOf({ ca, channels, agents }: ArazzoOptions, root: string) {
  return given<Pick<ArazzoOptions, 'ca' | 'channels' | 'agents'>>({
    ca: ca && authorityOf(ca, root),
    channels: channels && (withAbsolutePaths(channels, root) as ArazzoOptions['channels']),
    agents: agents && agentsFrom(root, agents),
  })
}

/** Options that tests get as they are. */
export const AS_WRITTEN = [
  ...CONDUCT,
  ...(['inputs', 'servers', 'sources', 'severities', 'allowHosts', 'target', 'targets'] as const),
  ...(['transport', 'affected', 'onInconclusive'] as const),
]

type Kind = { is: (value: unknown) => boolean; advice: string }

const isDuration = (value: unknown) => Number.isFinite(tried(() => parseDuration(value)))
const object = (example: string): Kind => ({ is: isObject, advice: `Write an object: ${example}.` })

const flag: Kind = { is: value => typeof value === 'boolean', advice: 'Write true or false.' }
const word = (...words: [string, string, string]): Kind => ({
  is: value => words.some(one => one === value),
  advice: `Write '${words[0]}', '${words[1]}' or '${words[2]}'.`,
})

/** Whether a value says how an application of another language is profiled. */
function isProfiler(value: unknown): boolean {
  if (!isObject(value)) return false
  const { command, url, ...others } = value
  // An unknown key has a fault of its own.
  if (Object.keys(others).length > 0) return true
  if (command !== undefined && url !== undefined) return false
  if (typeof command === 'string') return command.includes('{file}')
  return typeof url === 'string' && /^https?:\/\//.test(url)
}

const kinds: Record<keyof ArazzoOptions, Kind> = {
  server: {
    is: value => isObject(value) || Array.isArray(value),
    advice: "Write an object: { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }.",
  },
  compare: object("{ git: 'merge-base', setup: 'npm ci && npm run build' }"),
  cause: {
    is: value => value === 'auto' || typeof value === 'boolean' || isProfiler(value),
    advice: "Write 'auto', true, false, or a profiler: { command: 'py-spy record ... -o {file}' } or { url }.",
  },
  maxCauseDuration: { is: isDuration, advice: "Write milliseconds or text with a unit: '30s'." },
  servers: { is: () => true, advice: '' },
  inputs: object("{ username: 'demo', password: { env: 'DEMO_PASSWORD' } }"),
  // Faults are reported by the code that reads them.
  setup: { is: () => true, advice: '' },
  teardown: { is: () => true, advice: '' },
  sources: object("{ shop: './openapi.yaml' }"),
  severities: object("{ 'newer-field': 'off' }"),
  checks: { is: () => true, advice: '' },
  followRedirects: flag,
  traceparent: flag,
  protocol: word('auto', 'h1', 'h2'),
  channels: { is: () => true, advice: '' },
  requestTimeout: { is: isDuration, advice: "Write milliseconds or text with a unit: '30s'." },
  ca: { is: isText, advice: "Write the path of a PEM file, or its text: './certificates/ca.pem'." },
  security: {
    is: isObject,
    advice: "Write an object by source and scheme: { shop: { apiKey: { env: 'SHOP_KEY' } } }.",
  },
  project: {
    is: value => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
    advice: "Write the name of one of Vitest's projects, or a list of names.",
  },
  allowHosts: {
    is: value => Array.isArray(value) && value.every(isText),
    advice: "Write a list of host names: ['staging.example.com'].",
  },
  // Each load test reports its faults.
  agents: object("{ nats: 'nats://nats.example:4222', count: 4 }"),
  target: { is: () => true, advice: '' },
  targets: { is: () => true, advice: '' },
  transport: word('auto', 'wire', 'undici'),
  affected: { is: isGlobs, advice: GLOBS },
  onInconclusive: word('fail', 'warn', 'skip'),
  reports: {
    is: value => typeof value === 'boolean' || isObject(value),
    advice: "Write true, false, or { folder: '.vitest-arazzo', keep: 5 }.",
  },
}

const SERVERS = "Write a URL, or an object with one for each source: { shop: 'http://127.0.0.1:3000' }."
const CHANNELS =
  'Functions cannot be given to the workers that run tests: write the path of a module with a default export, ' +
  "'./channels.ts', or an object with one for each source."

/** Stands for where an application will be. */
const ANYWHERE = { origin: ANY_ORIGIN, node: false }

const reportKeys = keysOf<ReportsOptions>({ folder: true, keep: true, metrics: true })

/** Functions cannot be given to the workers that run tests. */
const NO_FUNCTION = "Functions cannot be given to the workers that run tests: write the path of a module, './reset.ts'."

/** Reads the setups and teardowns of all documents; paths are relative to a folder. */
function hooksIn(fields: Fields, folder: string): SuiteHook[] {
  const before = fields.faults.length
  const hooks = readSuiteHooks(fields, { of: 'plugin', folder })
  for (const fault of fields.faults.slice(before)) if (/function/.test(fault.found)) fault.advice = NO_FUNCTION
  return hooks
}

/** The setups and teardowns of all documents of a project with this root. */
export function suiteHooksOf({ setup, teardown }: ArazzoOptions, root: string): SuiteHook[] {
  return setup === undefined && teardown === undefined ? [] : hooksIn(new Fields({ setup, teardown }, ''), root)
}

/** Throws one error that lists everything that is wrong with the options themselves. */
export function checkOptions(options: unknown): asserts options is ArazzoOptions {
  assertNoFaults(faultsOf(options))
}

function faultsOf(options: unknown): OptionFault[] {
  if (!isObject(options)) {
    const found = `they are ${show(options)}`
    return [{ path: '', verb: 'read', thing: 'the options of arazzo()', found, advice: 'Write an object.' }]
  }
  const fields = new Fields(options, '')
  fields.checkKeys(Object.keys(kinds))
  for (const [key, { is, advice }] of Object.entries(kinds)) fields.expect(key, is, advice)
  fields.expectTexts('servers', SERVERS)
  fields.expectTexts('channels', CHANNELS)
  fields.word('checks', CHECK_MODES, 'error')
  const objects = Object.entries(options).filter(
    ([key, value]) =>
      (isObject(value) || key === 'server') && (kinds as Record<string, Kind | undefined>)[key]?.is(value),
  )
  checkWithin(new Fields(Object.fromEntries(objects), '', fields.faults))
  const names = applicationNames(options.server)
  const places = names.length > 0 ? names.map(name => ({ name, ...ANYWHERE })) : [ANYWHERE]
  const chosen = chooseTargets(options, places)
  const { problems } = readTargets(chosen.options)
  checkAddresses(fields, names, httpNames(options.server))
  hooksIn(fields, '/')
  return [...fields.faults, ...chosen.faults, ...problems].map(fault => ({ ...fault, thing: `option ${fault.thing}` }))
}

/** The names of those among them to which requests may go. */
function httpNames(server: unknown): string[] {
  const all = optionsIn(server as SeveralServers)
  return applicationNames(server).filter((_, i) => speaksHttp(all[i]))
}

/** Faults inside of objects that need more than a type check. */
function checkWithin(fields: Fields): void {
  checkReadOptions(fields)
  checkSecurity(fields)
  if (isObject(fields.get('cause'))) fields.within('cause', kinds.cause.advice)?.checkKeys(['command', 'url'])
  const reports = fields.has('reports') ? fields.within('reports', kinds.reports.advice) : undefined
  reports?.checkKeys(reportKeys)
  reports?.expect('folder', isText, 'Write the path of a folder.')
  reports?.count('keep', 0, 0)
  if (reports) readMetrics(reports)
  if (fields.has('server')) checkServers(fields)
  if (fields.has('compare')) checkCompare(fields)
}
