import type { Budget, Budgets } from '../../budget/budget.ts'
import type { ReadOptions } from '../../document/model.ts'
import type { Milliseconds, PerSecond } from '../../ground/units.ts'
import type { TransportOptions } from '../../http/transport.ts'
import type { Interval } from '../../measure/report.ts'
import type { LoadShape } from '../../measure/shape.ts'
import type { TargetOptions } from '../../measure/target.ts'
import type { ChannelsOption } from '../../workflow/channel/transport.ts'
import type { CheckMode } from '../../workflow/checks/operation-checks.ts'
import type { SecurityOptions } from '../../workflow/security/options.ts'
import type { InputSource } from '../feed/source.ts'
import type { MetricsOptions } from '../metrics/options.ts'
import type { Setup, Teardown } from './hooks.ts'

export interface LoadOptions {
  /** `path#workflowId`; a document with one workflow needs no `#`. */
  workflow: string | { document: string | URL; workflowId?: string }
  /** How much load, and for how long. */
  load: LoadShape
  /** What is allowed; each is judged by itself. */
  budgets?: Budgets
  /**
   * Inputs of the workflow: the same for all iterations, or a feed of them. Paths of files are relative as that of
   * `workflow` is.
   */
  inputs?: InputSource
  /**
   * What runs before the load: a workflow (`#login`, `./reset.arazzo.yaml#reset`) or a function, once a run, or
   * `{ run, vu }`: once a run and once a virtual user, before its first iteration. Its outputs are inputs of the
   * workflow where they are not given otherwise, and its cookies those of the user. It is not measured; the run ends
   * when it fails, and has failed.
   */
  setup?: Setup
  /**
   * What runs after the load, in the same forms, also after one that failed or was called off; with `iteration` after
   * each iteration. It is not measured; the run has failed when it fails.
   */
  teardown?: Teardown
  /** Base URL of all sources, or by the source's name. */
  servers?: string | Record<string, string>
  /**
   * Whether responses are held against the OpenAPI descriptions: all failures and a sample of successes (the first ten
   * of each step and thread, then 1 %). Only `error`, the default, counts as a failure.
   */
  checks?: CheckMode
  /** Credentials for the security schemes of the OpenAPI descriptions: by source, then by scheme. */
  security?: SecurityOptions
  /** The folder of files that responses may name for requests that send files. Default: none. */
  files?: string
  /** Whether redirects are followed, among the servers of the workflow. Default false. */
  followRedirects?: boolean
  /** The application, whose memory and CPU budgets are about. */
  target?: TargetOptions
  /** What else is measured, by name: `{ db: { pid: 4711 } }`. Its budgets are `targets: { db: { memory: '1GB' } }`. */
  targets?: Record<string, TargetOptions>
  /**
   * Who speaks HTTP: `wire` is made for load and spends the least CPU on a request, `undici` is what functional runs
   * use. Default `auto`: `wire` wherever it goes. The report names the one used, and why.
   */
  transport?: 'auto' | 'wire' | 'undici'
  /** How connections are kept, and how long they are waited for. */
  connections?: TransportOptions
  /**
   * Carries the messages of steps on channels: the path of a module whose default export is a transport or a function
   * that makes one, which each load thread imports; one for all AsyncAPI sources, or by the source's name. A message
   * sent or received counts as a request.
   */
  channels?: ChannelsOption
  /** Hosts other than loopback that may be loaded. */
  allowHosts?: string[]
  /** Where the figures of the run go as metrics of Prometheus or OpenTelemetry, while it runs and at its end. */
  metrics?: MetricsOptions
  /** What becomes of a budget that the run could not decide. Default `fail`. */
  onInconclusive?: 'fail' | 'warn' | 'skip'
  /** Step visits after which an iteration is given up as a runaway. Default 10,000. */
  maxVisits?: number
  /**
   * The longest wait that a response may ask for before a retry (`Retry-After`): milliseconds, or text such as '30s'.
   * The step has failed when it asks for more. Default: the step's timeout, where it has one, and the longest time that
   * the load may take.
   */
  maxRetryAfter?: Milliseconds | string
  /**
   * Ends the run early; what was measured is reported as cut short. Without one, the first Ctrl-C does that, unless the
   * process listens for SIGINT itself; the second ends the process.
   */
  signal?: AbortSignal
  /** Called about once a second while the run goes on. */
  onProgress?: (progress: Progress) => void
  /** How the document is read. */
  read?: ReadOptions
}

/** What a watcher sees while a run goes on. */
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
  /**
   * Requests a second that the plan asked for in the last interval; absent where it asks for none, as in closed models.
   */
  wanted?: PerSecond
  /** Where the figures can be scraped meanwhile. */
  metrics?: string
  /** What the run is judged by; absent without budgets. */
  budgets?: readonly Budget[]
  /** Totals so far, warm-up included. */
  passed: number
  failed: number
  requests: number
}
