import type { Budget, Budgets } from '../../budget/budget.ts'
import type { Extension } from '../../document/model.ts'
import type { Location, ProblemCode } from '../../ground/errors.ts'
import type { Milliseconds, PerSecond } from '../../ground/units.ts'
import type { ConnectionOptions } from '../../http/transport-options.ts'
import type { Interval } from '../../measure/report.ts'
import type { LoadShape } from '../../measure/shape.ts'
import type { TargetOptions } from '../../measure/target.ts'
import type { ChannelsOption } from '../../workflow/channel/transport.ts'
import type { CheckMode } from '../../workflow/checks/check-rule.ts'
import type { SecurityOptions } from '../../workflow/security/options.ts'
import type { InputSource } from '../feed/source.ts'
import type { AgentsOptions } from './agents.ts'
import type { Setup, Teardown } from './hooks.ts'

export interface LoadOptions {
  /**
   * `path#workflowId`; a document with one workflow needs no `#`.
   * @example './shop.arazzo.yaml#checkout'
   */
  workflow: string | { document: string | URL; workflowId?: string }
  /**
   * How much load, and for how long.
   * @example { rps: 500, duration: '30s', rampUp: '5s' }
   */
  load: LoadShape
  /**
   * Budgets of the load; each is judged separately.
   * @default none: the load has to run, and a part of it to pass
   * @example { p95: '100ms', errorRate: '0.1%', memory: '200MB' }
   */
  budgets?: Budgets
  /**
   * Inputs of the workflow: the same for all iterations, or a feed of them. Paths of files are relative as that of
   * `workflow` is.
   * @default those of the plugin, and the schema's defaults
   * @example { rows: './users.csv', order: 'unique' }
   */
  inputs?: InputSource
  /**
   * Setup before the load: a workflow (`#login`, `./reset.arazzo.yaml#reset`) or a function, once per run, or `{ run,
   * vu }`: once per run and once per virtual user, before its first iteration. Its outputs are inputs of the workflow,
   * unless these are given otherwise, and its cookies are those of the user. It is not measured. If it fails, the run
   * ends and has failed.
   * @default none
   * @example { run: './reset.arazzo.yaml#reset', vu: '#login' }
   */
  setup?: Setup
  /**
   * Teardown after the load, in the same forms, also after a failed or cancelled one; with `iteration` after each
   * iteration. It is not measured. If it fails, the run has failed.
   * @default none
   * @example { iteration: '#remove' }
   */
  teardown?: Teardown
  /**
   * Address of requests, for all sources or by the source's name. Without a path (`http://127.0.0.1:3000`) the path of
   * the description's server is kept. With a path, also `/`, it is the whole base.
   * @default the application that the plugin starts, else the server of the description
   * @example 'http://127.0.0.1:3000'
   */
  servers?: string | Record<string, string>
  /**
   * Whether responses are validated against the OpenAPI descriptions: all of them while that takes a thread less than
   * 20 % of a core, else as many as that allows (at least the first ten of each step and 1 %, and all once one had a
   * fault), and the report says how many. A body that says it is JSON has to be JSON, and an encoded one (gzip) has to
   * decode, even if nothing reads it. Only `error`, the default, counts as a failure. `all` is as `error`, and
   * validates all, regardless of the cost.
   *
   * @default 'error'
   * @example 'all'
   */
  checks?: CheckMode
  /**
   * Credentials for the security schemes of the OpenAPI descriptions: by source, then by scheme.
   * @default those of the plugin
   * @example { shop: { bearerAuth: { env: 'SHOP_TOKEN' } } }
   */
  security?: SecurityOptions
  /** Whether redirects are followed, among the servers of the workflow. Default false. */
  followRedirects?: boolean
  /**
   * Whether each request names a trace in a header `traceparent` (W3C Trace Context): a trace for each iteration, a
   * span for each request. A header of that name in the document wins. The slowest requests and failures name their
   * trace.
   * @default false
   * @example true
   */
  traceparent?: boolean
  /**
   * The application, whose memory and CPU budgets are about; its name where the plugin starts several: `'api'`.
   * @default the only application that the plugin starts
   * @example { pid: 4711 }
   */
  target?: TargetOptions | string
  /**
   * Further measured targets, by name: `{ db: { pid: 4711 } }`. Its budgets are `targets: { db: { memory: '1GB' } }`.
   * Of several applications that the plugin starts, each is available by its name, except the one that is the target.
   * @default those of the plugin
   * @example { db: { pid: 4711 } }
   */
  targets?: Record<string, TargetOptions | string>
  /**
   * HTTP transport: `wire` is made for load and uses the least CPU per request, `undici` is used by functional runs.
   * Default `auto`: `wire` wherever possible. The report names the used one, and the reason.
   */
  transport?: 'auto' | 'wire' | 'undici'
  /**
   * The version of HTTP: `h1` is HTTP/1.1, `h2` HTTP/2, negotiated by TLS (ALPN) and without TLS spoken at once (prior
   * knowledge), never silently HTTP/1.1; `auto` takes what TLS negotiates, and HTTP/1.1 without TLS. Not with
   * `transport: 'wire'` or `'undici'`, which speak HTTP/1.1, where it is `h2`. The report names what was spoken.
   * @default 'h1'
   * @example 'auto'
   */
  protocol?: 'auto' | 'h1' | 'h2'
  /**
   * How many connections there are, and how they are kept.
   * @default those of its fields
   * @example { max: 64 }
   */
  connections?: ConnectionOptions
  /**
   * Carries the messages of steps on channels: the path of a module whose default export is a transport or a function
   * that makes one, which each load thread imports; one for all AsyncAPI sources, or by the source's name. A message
   * sent or received counts as a request.
   * @default those of the plugin
   * @example './channels.ts'
   */
  channels?: ChannelsOption
  /**
   * Hosts other than loopback that may be loaded.
   * @default loopback only
   * @example ['staging.example.com']
   */
  allowHosts?: string[]
  /**
   * Agents on other hosts that run the load together, instead of threads of this process: see docs/guide/hosts.md.
   * Rates and users are those of the whole. False: threads of this process run it, also where the plugin has agents.
   * @default those of the plugin
   * @example { nats: 'nats://nats.example:4222', count: 4 }
   */
  agents?: AgentsOptions | false
  /**
   * Port of a page for Prometheus to scrape during the run: `http://127.0.0.1:<port>/metrics`. 0: a free one. Not
   * within Vitest, where `reports.metrics` of the plugin is that of all load tests.
   * @default no page
   * @example 9464
   */
  metrics?: number
  /**
   * Globs of the files that can affect the load test, from the root of the project. If none of the files that differ
   * from the base is one of them, nor a document, the test file, a lock file or Vitest's configuration, its comparison
   * passes at once and says so. Not on the default branch.
   * @default those of the plugin; without any, each change affects it
   * @example ['src/**', 'migrations/**']
   */
  affected?: string[]
  /** Result of a budget that the run could not decide. Default `fail`. */
  onInconclusive?: 'fail' | 'warn' | 'skip'
  /**
   * How long a request may take, from when it is sent until the last byte of its response: milliseconds, or text such
   * as '30s'; 0: no limit. The `timeout` of a step has precedence. An event stream has to begin within it.
   * @default 10 s
   * @example '30s'
   */
  requestTimeout?: Milliseconds | string
  /**
   * An authority that certificates of TLS are trusted by, in addition to those of Node.js: the path of a PEM file
   * (relative to what `workflow` is relative to), or its text.
   * @default none
   * @example './certificates/ca.pem'
   */
  ca?: string
  /**
   * Ends the run early; what was measured is reported as cut short. Without one, the first Ctrl-C does that, unless the
   * process listens for SIGINT itself; the second ends the process.
   * @default none
   * @example AbortSignal.timeout(60_000)
   */
  signal?: AbortSignal
  /**
   * Called about once a second during the run.
   * @default no callback
   * @example progress => console.log(progress)
   */
  onProgress?: (progress: Progress) => void
  /**
   * Files to read in place of the URLs in `sourceDescriptions`, by source name; relative to the document.
   * @default those of the plugin
   * @example { shop: './openapi.yaml' }
   */
  sources?: Readonly<Record<string, string>>
  /**
   * Overrides how serious a kind of problem is.
   * @default those of the plugin
   * @example { 'newer-field': 'off' }
   */
  severities?: Readonly<Partial<Record<ProblemCode, 'error' | 'warning' | 'off'>>>
}

/** State of a run in progress, for watchers. */
export interface Progress {
  elapsed: Milliseconds
  /** Length of the whole plan; absent when the plan is a number of iterations or a search. */
  total?: Milliseconds
  /** Share of the plan, 0 to 1; of a search, which is over when it is over, a guess. */
  done: number
  /** The rate that a search tries at the moment, in requests a second, and which one it is, from 1. */
  probe?: { rate: number; number: number }
  phase: Interval['phase']
  last: Interval
  /** P95 of the last seconds in which iterations ended, this one included. */
  recent?: readonly Milliseconds[]
  /** Names of hosts that were lost; absent where none was. */
  lost?: readonly string[]
  /** How long no response has come although iterations are in flight; absent if it is less than 2 s. */
  silent?: Milliseconds
  /**
   * Requests a second that the plan asked for in the last interval; absent where it asks for none, as in closed models.
   */
  wanted?: PerSecond
  /** Address for scraping during the run. */
  metrics?: string
  /** Budgets of the run; absent without budgets. */
  budgets?: readonly Budget[]
  /** Totals so far, warm-up included. */
  passed: number
  failed: number
  requests: number
}

/** Place of a part of an extension, by its JSON Pointer; if it is not in the text, the nearest thing around it. */
export function placeWithin(extension: Extension, pointer: string): Location {
  const { places, at } = extension
  if (pointer === '') return places[''] ?? at
  return places[pointer] ?? placeWithin(extension, pointer.slice(0, pointer.lastIndexOf('/')))
}
