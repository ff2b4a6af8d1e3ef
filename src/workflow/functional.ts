import type { ArazzoDocument, ReadOptions } from '../document/model.ts'
import { READ_KEYS } from '../document/read-options.ts'
import { assertNoFaults } from '../ground/fields.ts'
import { pick } from '../ground/object.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { CookieKeep } from '../http/cookies.ts'
import { createHttp2Transport } from '../http/h2/pool.ts'
import type { Transport } from '../http/transport.ts'
import { createUndiciTransport, undiciClient } from '../http/undici.ts'
import { type Clock, realClock, systemTime } from '../measure/clock.ts'
import { Channels, connectedBy, type ImportModule } from './channel/connect.ts'
import type { ChannelsOption, ChannelUse } from './channel/transport.ts'
import { runOptionFaults, sourceFaults } from './check-options.ts'
import { readRef } from './find.ts'
import { prepareInputs } from './inputs.ts'
import { maskedRun } from './masking/records.ts'
import type { StepRun, WorkflowReport } from './outcome.ts'
import { compilePlan, type Plan, type PlanOptions } from './plan.ts'
import { User } from './user.ts'
import type { Observer } from './virtual-user.ts'

export interface RunOptions extends Omit<PlanOptions, 'connected' | 'runTime'> {
  /**
   * Carries the messages of steps on channels: a transport, a function that makes one, or the path of a module that
   * exports either as default (relative to the working directory); one for all AsyncAPI sources, or by the source's
   * name.
   */
  channels?: ChannelsOption
  inputs?: Readonly<Record<string, unknown>>
  /** Ends the run; the report's state is `failed`. */
  signal?: AbortSignal
  clock?: Clock
}

/** A run that goes forward one step at a time. */
export type FunctionalRun = Pick<SteppedRun, keyof SteppedRun>

/** @property runTime the timeout of the test that the run belongs to. */
export type OpenOptions = RunOptions & Pick<PlanOptions, 'runTime'>

/** The longest wait that a response may ask for of a run that nothing else bounds. */
const LONGEST_ASKED: Milliseconds = 60_000

/**
 * Throws ArazzoError for an unknown workflow, a missing server, or inputs that do not fit the workflow.
 *
 * @param keep cookies that it begins with.
 */
export function openRun(
  document: ArazzoDocument,
  workflowId: string,
  options: OpenOptions = {},
  importModule?: ImportModule,
  keep?: CookieKeep,
): FunctionalRun {
  const runTime = options.runTime || LONGEST_ASKED
  const plan = compilePlan(document, workflowId, { ...options, runTime, connected: connectedBy(options.channels) })
  const inputs = prepareInputs(plan.workflow, options.inputs ?? {})
  const channels = options.channels === undefined ? undefined : new Channels(options.channels, importModule)
  return new SteppedRun(plan, inputs, options, channels, keep)
}

class SteppedRun {
  /** Whether the run has come to its end. */
  isOver = false
  /** When it began, as a time of `systemTime`: exchanges count from then. Undefined before that. */
  startedAt: Milliseconds | undefined
  readonly #transport: Transport
  readonly #user: User
  readonly #inputs: Record<string, unknown>
  readonly #channels: Channels | undefined
  readonly #uses: readonly ChannelUse[]
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = () => this.#abort()
  #hasStarted = false
  #records: StepRun[] = []
  #wake: (() => void) | undefined

  constructor(
    plan: Plan,
    inputs: Record<string, unknown>,
    options: RunOptions,
    channels: Channels | undefined,
    keep: CookieKeep | undefined,
  ) {
    this.#channels = channels
    this.#uses = plan.channels
    this.#transport = transportOf(plan)
    this.#inputs = inputs
    this.#signal = options.signal
    const observer: Observer = {
      onAttempt: () => undefined,
      onStep: run => {
        this.#records.push(run)
        this.#wake?.()
      },
    }
    this.#user = new User(plan, this.#transport, options.clock ?? realClock, observer, undefined, channels, keep)
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** Performs one more attempt and resolves to its record; `undefined` when the run is over. */
  async next(): Promise<StepRun | undefined> {
    if (this.#signal?.aborted) this.#abort()
    if (!this.#hasStarted && this.#uses.length > 0) await this.#channels?.open(this.#uses)
    if (this.#records.length > 0 || this.isOver) return this.#records.shift()
    const news = new Promise<void>(resolve => {
      this.#wake = resolve
    })
    if (this.#hasStarted) this.#user.resume()
    else this.#start()
    await news
    this.#wake = undefined
    return this.#records.shift()
  }

  /** Report of the run so far. */
  report(): WorkflowReport {
    const report: WorkflowReport = {
      ...this.#user.report(),
      protocol: this.#transport.protocols?.join(' and ') || undefined,
    }
    return this.isOver
      ? report
      : { ...report, state: 'failed', because: report.because ?? 'the run has not come to its end' }
  }

  /** A record of it without the secrets that are known by now. */
  masked(record: StepRun): StepRun {
    return maskedRun(record, this.#user.secrets)
  }

  /** The report as it may be shown: without the secrets that are known by now. */
  shown(): WorkflowReport {
    const { secrets } = this.#user
    const report = this.report()
    const steps = report.steps.map((run): StepRun => {
      if ('outputs' in run) return { ...run, outputs: secrets.maskAll(run.outputs) }
      return 'because' in run ? { ...run, because: secrets.mask(run.because) } : run
    })
    return { ...report, outputs: secrets.maskAll(report.outputs), steps }
  }

  /** Names and values of the run so far: outputs of its passed steps, and its own. */
  known(): { values: Record<string, unknown>; secretNames: string[] } {
    const { secrets } = this.#user
    // A run that has not begun has no frame yet.
    const values = this.#hasStarted ? this.#user.known() : {}
    return { values, secretNames: Object.keys(values).filter(name => secrets.isWithin(values[name])) }
  }

  /** A text as it may be shown, in the same way. */
  mask(text: string): string {
    return this.#user.secrets.mask(text)
  }

  /** Abandons current requests and closes the connections. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#abort()
    // A workflow step that timed out has left its request without a response.
    this.#transport.abort()
    await this.#transport.close()
    await this.#channels?.close()
  }

  #start(): void {
    this.#hasStarted = true
    this.startedAt = systemTime()
    const onEnd = () => {
      this.isOver = true
      this.#wake?.()
    }
    this.#user.start(this.#inputs, onEnd, 0, true)
    this.#user.resume()
  }

  #abort(): void {
    if (this.isOver) return
    this.isOver = true
    this.#user.abort(() => this.#transport.abort())
    this.#wake?.()
  }
}

/** Connections of a run at most: each step in flight has one, and each request that a time-out has left behind. */
const CONNECTIONS = 128

function transportOf({ protocol, tls, requestsPerRun }: Pick<Plan, 'protocol' | 'tls' | 'requestsPerRun'>): Transport {
  const options = { connections: Math.max(CONNECTIONS, requestsPerRun), tls }
  if (protocol === 'h1') return createUndiciTransport(options)
  if (protocol === 'auto') undiciClient() // loaded here, no request waits for it
  return createHttp2Transport(options, protocol === 'auto' ? count => createUndiciTransport(options, count) : undefined)
}

export type WorkflowRef = string | { document: string | URL; workflowId?: string }

/**
 * Runs a workflow once. Failures of the workflow are in the report; rejects with ArazzoError only for misuse or an
 * invalid document, every problem in `.problems`, and with TypeError for options that there are not.
 */
export async function runWorkflow(ref: WorkflowRef, options: RunOptions & ReadOptions = {}): Promise<WorkflowReport> {
  assertNoFaults(runOptionFaults(ref, options))
  const { document, workflowId } = await readRef(ref, pick(options, READ_KEYS))
  assertNoFaults(sourceFaults(document, options))
  return toEnd(openRun(document, workflowId, options))
}

/** Goes on until the run is over, and closes it. */
export async function toEnd(run: FunctionalRun): Promise<WorkflowReport> {
  try {
    while (await run.next()) {}
    return run.report()
  } finally {
    await run.close()
  }
}
