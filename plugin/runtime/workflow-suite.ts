import { Buffer } from 'node:buffer'
import { deserialize } from 'node:v8'
import { afterAll, describe, type TestContext } from 'vitest'
import type { ArazzoDocument, Step, Workflow } from '../../src/document/model.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { claimOf, failed, isUserError } from '../../src/ground/fault.ts'
import { plain } from '../../src/ground/plain.ts'
import { shownShort } from '../../src/ground/show.ts'
import { stackOf } from '../../src/ground/stack.ts'
import { clearTimeout, LONGEST_TIMER, setTimeout } from '../../src/ground/timers.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import type { InputRow, InputSource } from '../../src/load/feed/source.ts'
import type { ResolvedInputs } from '../../src/load/plan/inputs.ts'
import { type HookFailure, type SharedCleanUp, SuiteHookError } from '../../src/load/suites/hooks.ts'
import {
  optionsOfDocument,
  readSuiteOptions,
  type SuiteOptions,
  suiteFeed,
  suiteInputs,
  tagProblems,
} from '../../src/load/suites/options.ts'
import type { SuiteRow } from '../../src/load/suites/rows.ts'
import { type HookScope, type SetUp, type SuiteHooks, suiteHooks } from '../../src/load/suites/suite-hooks.ts'
import { type FunctionalRun, openRun } from '../../src/workflow/functional.ts'
import { type Check, hasFailed, type StepRun, type WorkflowReport, withinOf } from '../../src/workflow/outcome.ts'
import { patienceWith, WaitsAhead, watchWait, wordsOfWait } from '../../src/workflow/patience.ts'
import { findWorkflow } from '../../src/workflow/plan.ts'
import { RESENT } from '../../src/workflow/text.ts'
import { client } from '../coordinator/client.ts'
import { hookError } from '../failure/hook-error.ts'
import { documentError, positionedError } from '../failure/positioned-error.ts'
import { exchangeLines, type Locate, stepError } from '../failure/step-error.ts'
import { logBehind } from './application-log.ts'
import { importModule } from './import-module.ts'
import { conduct, defaultServers, knownSettings } from './settings.ts'
import { documentSite } from './site.ts'

/**
 * The tests of one workflow. They share one run, which begins with the first of them; each test drives it until its own
 * step has a result, and reports that. The last one drives it to its end.
 *
 * | the step                   | its test                                                             |
 * | -------------------------- | -------------------------------------------------------------------- |
 * | passed                     | passes                                                               |
 * | failed, workflow goes on   | passes, with a note on each failure                                  |
 * | failed, workflow fails     | fails                                                                |
 * | was not reached            | is skipped, and says why                                             |
 * | passed, then failed later  | has passed: the test that drives the run just then fails in its place |
 *
 * A failure is never lost: where the test that should report it does not run (it was filtered out, or is over), the
 * test that came upon it fails.
 */
class WorkflowSuite {
  /** Options of every step's test: a run bounds its own steps, so Vitest need not. */
  readonly options = { timeout: 0 }
  readonly #document: ArazzoDocument
  readonly #workflow: Workflow
  readonly #start: (setUp?: SetUp) => SharedRun
  readonly #newHooks: (() => HookScope) | undefined
  readonly #loadInputs: InputSource | undefined
  #run: SharedRun | undefined
  #hooks: HookScope | undefined
  /** Teardowns that failed, of all tries. */
  readonly #notTornDown: HookFailure[] = []
  #attempt = ''

  /**
   * @param loadInputs of the load tests that stand with the workflow.
   * @param newHooks the setups and teardowns around a run.
   */
  constructor(
    document: ArazzoDocument,
    workflow: Workflow,
    open: (signal: AbortSignal, setUp?: SetUp) => FunctionalRun,
    patience: Milliseconds,
    loadInputs?: InputSource,
    newHooks?: () => HookScope,
  ) {
    this.#document = document
    this.#workflow = workflow
    this.#loadInputs = loadInputs
    this.#newHooks = newHooks
    this.#start = setUp => new SharedRun(workflow, signal => open(signal, setUp), patience)
    // Teardowns have a limit of their own.
    afterAll(async () => {
      await this.#end()
      if (this.#notTornDown.length > 0) throw hookError(SuiteHookError.around(workflow, this.#notTornDown))
    }, 0)
  }

  /**
   * Registers the load tests of the workflow. Their modules are loaded here, because most workflows have no load tests.
   */
  async loadTests(): Promise<void> {
    const { loadTestsOf } = await import('../../src/load/plan/document-tests.ts')
    const { defineLoad, loadSuiteOptions } = await import('./define-load.ts')
    const document = this.#document
    const { workflowId } = this.#workflow
    const workflow = { document: document.file, workflowId }
    for (const test of loadTestsOf(this.#workflow).tests) {
      describe(plain(test.name), loadSuiteOptions(), () =>
        defineLoad({ workflow, inputs: this.#loadInputs, ...test.options }, { document }, documentSite(test)),
      )
    }
  }

  async step(stepId: string, context: TestContext): Promise<void> {
    const endWatch = watchWait((...wait) => this.#showWait(stepId, ...wait))
    const run = await this.#drivenTo(stepId, context).finally(endWatch)
    const failure = run.failures.find(one => run.stepOf(one) === stepId) ?? run.failure
    const attempts = run.attemptsOf(stepId)
    const warned = warningsIn(attempts).length
    if (warned > 0) context.task.meta.openapiWarnings = warned
    for (const note of annotationsOf(attempts, failure?.run)) await context.annotate(note, 'warning')
    const mine = run.failures.find(one => !one.isReported && this.#isMine(run.stepOf(one), stepId, context))
    if (mine) await this.#fail(run, mine, stepId)
    const result = run.resultOf(stepId)
    if (!result) context.skip(plain(run.whyNotReached(stepId)))
    if (result.state === 'skipped') context.skip(plain(result.because))
  }

  async #drivenTo(stepId: string, context: TestContext): Promise<SharedRun> {
    const run = await this.#runFor(context)
    await run.driveTo(stepId, { toEnd: stepId === this.#workflow.steps.at(-1)?.stepId, signal: context.signal })
    return run
  }

  #showWait(stepId: string, elapsed: Milliseconds | undefined, isNews: boolean): void {
    const standing = elapsed && { elapsed, words: wordsOfWait(elapsed, this.#run?.waitsFor), isNews }
    client.sendWait(`${this.#workflow.workflowId} > ${stepId}`, standing || undefined)
  }

  /**
   * Vitest's `retry` and `repeats` ask for another try: that is a run of its own, from the beginning. A setup that
   * fails is the failure of every step.
   */
  async #runFor({ task, signal }: TestContext): Promise<SharedRun> {
    const tries = [task.result?.retryCount ?? 0, task.result?.repeatCount ?? 0]
    const attempt = tries.some(count => count > 0) ? [task.id, ...tries].join(' ') : this.#attempt
    if (attempt !== this.#attempt) {
      this.#attempt = attempt
      await this.#end()
    }
    this.#hooks ??= this.#newHooks?.()
    const setUp = await this.#hooks?.setUp(signal).catch(error => {
      throw hookError(error)
    })
    this.#run ??= this.#start(setUp)
    return this.#run
  }

  /** Ends the run of a try, and cleans up after it. */
  async #end(): Promise<void> {
    const [run, hooks] = [this.#run, this.#hooks]
    this.#run = undefined
    this.#hooks = undefined
    const made = run?.known()
    const hasPassed = run?.isOver && run.failure === undefined
    await run?.close()
    this.#notTornDown.push(...((await hooks?.tearDown(made, hasPassed)) ?? []))
  }

  #isMine(failedStepId: string | undefined, stepId: string, { task }: TestContext): boolean {
    if (failedStepId === undefined || failedStepId === stepId) return true
    const owner = task.suite?.tasks.find(({ type, name }) => type === 'test' && name === failedStepId)
    return owner?.mode !== 'run' || owner.result !== undefined
  }

  async #fail(run: SharedRun, failure: RunFailure, stepId: string): Promise<never> {
    failure.isReported = true
    const step = this.#workflow.steps.find(candidate => candidate.stepId === stepId)!
    const failedStepId = run.stepOf(failure)
    const attempts = failedStepId === undefined ? [] : run.attemptsOf(failedStepId)
    throw await failureError(failure, attempts, step, run)
  }
}

const shown = 3

/** Failures that the workflow dealt with itself, as notes on the step's test; the last attempt is its result. */
export function annotationsOf(attempts: readonly StepRun[], failed: StepRun | undefined): string[] {
  const handled = attempts.filter(run => (run.state === 'failed' || run.state === 'unanswered') && run !== failed)
  const notes = handled.slice(0, handled.length > shown ? shown - 1 : shown).map(note)
  if (handled.length > shown)
    notes.push(`${handled.length - notes.length} more attempts failed, the last of them ${note(handled.at(-1)!)}`)
  return [...notes, ...resent(attempts), ...warnings(attempts)]
}

/** OpenAPI mismatches of responses that passed anyway. */
function warningsIn(attempts: readonly StepRun[]): Check[] {
  return attempts.flatMap(run => (run.state === 'passed' ? (run.warnings ?? []) : []))
}

function resent(attempts: readonly StepRun[]): string[] {
  const found = attempts.filter(({ exchange }) => exchange?.isResent)
  return found.map(({ attempt }) => (attempts.length > 1 ? `attempt ${attempt}: ${RESENT}` : RESENT)).slice(0, shown)
}

/** Each once. */
function warnings(attempts: readonly StepRun[]): string[] {
  const distinct = [...new Set(warningsIn(attempts).map(warning))]
  if (distinct.length <= shown) return distinct
  return [...distinct.slice(0, shown - 1), `and ${distinct.length - shown + 1} more by OpenAPI`]
}

function warning({ condition, actual, error }: Check): string {
  const found =
    error ??
    Object.values(actual ?? {})
      .map(value => JSON.stringify(value))
      .join(', ')
  return `${condition} is not met (${found})`
}

function note(run: StepRun): string {
  return `attempt ${run.attempt}: ${reasonOf(run)}${sequel(run)}`
}

/** One line: `$statusCode == 200 is not met (503)`. */
function reasonOf(run: StepRun): string {
  if (run.state !== 'failed' && run.state !== 'unanswered') return run.state
  const unmet = run.state === 'failed' ? run.checks.find(check => !check.passed) : undefined
  if (!unmet) return run.fault ? claimOf(run.fault) : (run.error ?? 'it failed')
  const values = Object.values(unmet.actual ?? {}).map(value => shownShort(value))
  return `${unmet.condition} is not met${values.length > 0 ? ` (${values.join(', ')})` : ''}`
}

function sequel({ next }: StepRun): string {
  const by = next.action ? ` (${next.action})` : ''
  switch (next.go) {
    case 'retry':
      return `; tried again${next.after > 0 ? ` after ${formatMs(next.after)}` : ''}${by}`
    case 'step':
      return `; went on to step "${next.stepId}"${by}`
    case 'workflow':
      return `; went on to workflow "${next.workflowId}"${by}`
    default:
      return by
  }
}

declare module 'vitest' {
  interface TaskMeta {
    /** How often OpenAPI has something against a response to a step that passed all the same. */
    openapiWarnings?: number
  }
}

/**
 * Error of a test for a failed run.
 *
 * @param attempts of the step that made it fail.
 * @param step the one whose test reports it.
 * @param shared the run, with its start and its secrets.
 */
export async function failureError(
  failure: RunFailure,
  attempts: readonly StepRun[],
  step: Pick<Step, 'stepId' | 'at'>,
  shared: Pick<SharedRun, 'mask' | 'startedAt'>,
): Promise<unknown> {
  const { run, thrown, endedBy, within, because } = failure
  if (thrown instanceof ArazzoError) return documentError(step.at.file, thrown.problems)
  // It says what is wrong: where in this package it was thrown says nothing more.
  if (isUserError(thrown) && /\n\s+at /.test(thrown.stack ?? '')) thrown.stack = stackOf(thrown.name, thrown.message)
  if (thrown !== undefined) return thrown
  if (run === undefined || endedBy !== undefined) return endedError(failure, step)
  const earlier = attempts.filter(attempt => attempt.attempt < run.attempt && attempt.state !== 'passed')
  const origin = within[0] ?? run
  const [log, locate] = await Promise.all([logOf(origin, shared), locatorFor(origin)])
  return stepError(run, { within, because, earlier, log, ...(locate && { locate }) })
}

/** Error of a run that was ended from outside, with the current request. */
function endedError({ run, endedBy, because }: RunFailure, { stepId, at }: Pick<Step, 'stepId' | 'at'>): Error {
  const name = endedBy === 'silence' ? 'TimeoutError' : endedBy === 'abort' ? 'AbortError' : 'WorkflowError'
  const advice =
    endedBy === 'silence'
      ? "Find out what the application waits for, or give it more time: the step's timeout, or that of x-vitest or " +
        "Vitest's testTimeout."
      : undefined
  const message = [failed('pass', `step "${stepId}"`, because, advice), ...(run ? exchangeLines(run) : [])]
  return positionedError(name, message.join('\n').trimEnd(), [{ what: stepId, at }])
}

async function logOf({ exchange }: StepRun, shared: Pick<SharedRun, 'mask' | 'startedAt'>): Promise<string[]> {
  if (exchange === undefined || shared.startedAt === undefined) return []
  const lines = await logBehind(exchange, shared.startedAt)
  return lines.map(line => shared.mask(line))
}

/** Reading a description again takes some time to load: only where there is a place to be looked up. */
async function locatorFor(run: StepRun): Promise<Locate | undefined> {
  if (!('checks' in run) || run.checks.every(({ mismatches }) => mismatches === undefined)) return undefined
  const { locate } = await import('../../src/document/file/files.ts')
  return locate
}

// Vitest's own default, and the longest that a timer can wait: 0 means no time-out.
const standardTimeout = 5_000

declare module 'vitest' {
  interface TaskMeta {
    /** Results of the clean-ups in the plugin's options, for a document. */
    arazzoCleanUps?: SharedCleanUp[]
  }
}

/** The tests of a document, for the module that the plugin makes of it. */
interface DocumentSuite {
  /** To be called within the workflow's `describe`. @param row inputs of a data-driven suite. */
  workflow(workflowId: string, row?: InputRow): WorkflowSuite
  /** The rows of a data-driven workflow, a suite each. Throws an error that leads to the document. */
  rows(workflowId: string): Promise<SuiteRow[]>
}

/**
 * Throws an error that leads to the document where it uses tags that Vitest would refuse.
 *
 * @param data the document, as the plugin has put it into the module.
 */
export function openDocument(data: string): DocumentSuite {
  const document: ArazzoDocument = deserialize(Buffer.from(data, 'base64'))
  const optionsOf = (workflow: Workflow) => readSuiteOptions(document, workflow).options
  checkTags(document, optionsOf)
  const hooks = hooksOf(document)
  return {
    workflow(workflowId, row) {
      const workflow = findWorkflow(document, workflowId)
      return workflowSuite(document, workflow, optionsOf(workflow), hooks, row)
    },
    async rows(workflowId) {
      const workflow = findWorkflow(document, workflowId)
      const { suiteRows } = await import('../../src/load/suites/rows.ts')
      try {
        return suiteRows(optionsOf(workflow).each!, workflow)
      } catch (error) {
        throw error instanceof ArazzoError ? documentError(document.file, error.problems) : error
      }
    },
  }
}

function checkTags(document: ArazzoDocument, optionsOf: (workflow: Workflow) => SuiteOptions): void {
  const { tags: declared } = knownSettings() ?? {}
  if (declared === undefined) return
  const used = new Set(document.workflows.flatMap(workflow => optionsOf(workflow).tags))
  const problems = tagProblems([...used], declared)
  if (problems.length > 0) throw documentError(document.file, problems)
}

/** Setups and teardowns of a document; undefined if it has no such hooks. */
function hooksOf(document: ArazzoDocument): SuiteHooks | undefined {
  const { hooks: ofPlugin = [], inputs, sources, severities } = knownSettings() ?? {}
  const ofAll = [...ofPlugin, ...optionsOfDocument(document).hooks]
  const isNone = ofAll.length === 0 && document.workflows.every(one => hooksFor(document, one).length === 0)
  if (isNone) return undefined
  const means = { conduct: conductHere, read: { sources, severities }, importModule, ...(inputs && { inputs }) }
  const hooks = suiteHooks(document, ofAll, means)
  // Teardowns have a limit of their own.
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the text of it which fixtures are wanted.
  afterAll(async ({}, file) => {
    await hooks.tearDown().catch(error => {
      throw hookError(error)
    })
    if (hooks.sharedCleanUps().length > 0) file.meta.arazzoCleanUps = hooks.sharedCleanUps()
  }, 0)
  return hooks
}

const hooksFor = (document: ArazzoDocument, workflow: Workflow) => readSuiteOptions(document, workflow).options.hooks

const conductHere = () => ({ ...conduct(), servers: defaultServers() })

function workflowSuite(
  document: ArazzoDocument,
  workflow: Workflow,
  options: SuiteOptions,
  hooks: SuiteHooks | undefined,
  row: InputRow = {},
): WorkflowSuite {
  const { inputs: ofPlugin, testTimeout = standardTimeout, requestTimeout } = knownSettings() ?? {}
  const { timeout = testTimeout } = options
  const patience = patienceWith(document, workflow, timeout || LONGEST_TIMER, requestTimeout)
  const open = (signal: AbortSignal, setUp?: SetUp) => {
    const own = suiteInputs(workflow, options, row, ofPlugin, setUp?.outputs)
    const all = { ...conductHere(), ...own, signal, runTime: timeout }
    return openRun(document, workflow.workflowId, all, importModule, setUp?.keep)
  }
  // A setup itself runs without setups.
  const isAround = hooks !== undefined && !hooks.has(workflow)
  if (isAround && options.skip !== true) hooks.expect(workflow, row)
  const newHooks = isAround ? () => hooks.around(workflow, options, row) : undefined
  return new WorkflowSuite(document, workflow, open, patience, suiteFeed(workflow, options), newHooks)
}

/** Why a run as a whole failed. */
interface RunFailure {
  /** Attempt that ended the run, or the current one if it was ended from outside. Absent if the run could not begin. */
  run?: StepRun | undefined
  /** Reason of an end from outside: no response in time, or the test was aborted. */
  endedBy?: 'silence' | 'abort'
  /** The attempts within `run`, innermost first, when it ran a workflow. */
  within: StepRun[]
  because: string
  /** Thrown value, if the run could not begin. */
  thrown?: unknown
  /** Whether a test has reported it. */
  isReported: boolean
}

/**
 * One run of a workflow, shared by the tests of its steps. Each test drives it as far as it needs; what has happened
 * by then is kept for the tests to come. Knows nothing of Vitest.
 */
export class SharedRun {
  isOver = false
  failure: RunFailure | undefined
  /** Failures of other steps that ran at the same time. */
  #others: readonly RunFailure[] = []
  readonly #workflow: Workflow
  readonly #open: (signal: AbortSignal) => FunctionalRun
  readonly #patience: Milliseconds
  readonly #abort = new AbortController()
  #records: StepRun[] = []
  /** The attempts of the workflow's own steps, by step. */
  readonly #attempts = new Map<string, StepRun[]>()
  /** The failures among them. */
  readonly #ownFailures: StepRun[] = []
  /** Position of each step in the workflow. */
  readonly #positions: ReadonlyMap<string, number>
  readonly #waits = new WaitsAhead()
  #run: FunctionalRun | undefined
  #isSilent = false
  #turn: Promise<void> = Promise.resolve()

  /**
   * @param open starts the run, when a test first needs it.
   * @param patience how long nothing may come of the run; it is ended after that.
   */
  constructor(workflow: Workflow, open: (signal: AbortSignal) => FunctionalRun, patience: Milliseconds) {
    this.#workflow = workflow
    this.#positions = new Map(workflow.steps.map(({ stepId }, position) => [stepId, position]))
    this.#open = open
    this.#patience = patience
  }

  /** Goes on until the step has a result or the run is over; with `toEnd`, until it is over. One driver at a time. */
  driveTo(stepId: string, { toEnd, signal }: { toEnd: boolean; signal?: AbortSignal }): Promise<void> {
    const turn = this.#turn.then(() => this.#drive(stepId, toEnd, signal))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** The step's attempts so far, in this workflow itself; secrets are masked. */
  attemptsOf(stepId: string): StepRun[] {
    const attempts = this.#attempts.get(stepId) ?? []
    return this.isOver ? attempts : attempts.map(attempt => this.#run!.masked(attempt))
  }

  /** The step's result: its last attempt, unless another is still to come. */
  resultOf(stepId: string): StepRun | undefined {
    const last = this.#attempts.get(stepId)?.at(-1)
    return last?.next.go === 'retry' && !this.isOver ? undefined : last
  }

  /** Whether an attempt is one of the workflow's own steps, which have tests. */
  #isOwn(run: StepRun): boolean {
    return run.depth === 0 && run.workflowId === this.#workflow.workflowId
  }

  /** All that made the run fail, in the order of the steps. */
  get failures(): readonly RunFailure[] {
    return this.failure ? [this.failure, ...this.#others] : []
  }

  /** The step whose test is to report the failure; undefined when no test of this workflow stands for it. */
  get failedStepId(): string | undefined {
    return this.failure && this.stepOf(this.failure)
  }

  /** Step of any failure, like failedStepId. */
  stepOf({ run }: RunFailure): string | undefined {
    return run && this.#isOwn(run) ? run.stepId : undefined
  }

  /** Why a step was not performed, once the run is over. */
  whyNotReached(stepId: string): string {
    if (this.failedStepId !== undefined) return `not reached: step "${this.failedStepId}" failed`
    if (this.failure) return `not reached: ${this.failure.because}`
    const own = this.#records.filter(run => this.#isOwn(run))
    const last = own.at(-1)
    if (last?.next.go === 'workflow')
      return `not reached: step "${last.stepId}" went on to workflow "${last.next.workflowId}"`
    const jump = own.findLast(run => run.next.go === 'step' && this.#passesOver(run.stepId, run.next.stepId, stepId))
    if (jump?.next.go === 'step') return `not reached: step "${jump.stepId}" went on to step "${jump.next.stepId}"`
    return last ? `not reached: step "${last.stepId}" ended the workflow` : 'not reached: the workflow ended before it'
  }

  #passesOver(from: string, to: string, stepId: string): boolean {
    const at = (id: string) => this.#positions.get(id) ?? -1
    return at(from) < at(stepId) && at(stepId) < at(to)
  }

  /** The attempt that it waits for, in words. */
  get waitsFor(): string | undefined {
    return this.#waits.words
  }

  /** When it began, as a time of `systemTime`; undefined before that. */
  get startedAt(): Milliseconds | undefined {
    return this.#run?.startedAt
  }

  /** A text without the secrets that are known by now. */
  mask(text: string): string {
    return this.#run?.mask(text) ?? text
  }

  /** Outputs so far, for clean-ups. */
  known(): ResolvedInputs {
    const { values: inputs, secretNames: secretInputs } = this.#run?.known() ?? { values: {}, secretNames: [] }
    return { inputs, secretInputs }
  }

  async close(): Promise<void> {
    this.isOver = true
    await this.#run?.close()
  }

  async #drive(stepId: string, toEnd: boolean, signal: AbortSignal | undefined): Promise<void> {
    const onAbort = () => this.#abort.abort(signal?.reason)
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      while (!this.isOver && (toEnd || !this.resultOf(stepId) || this.#isAtItsEnd())) await this.#advance()
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** After a failure that nothing handles, the run only has to say so. */
  #isAtItsEnd(): boolean {
    // Steps that run at the same time as a failed step complete before the run ends.
    if (this.#workflow.parallel) return this.#ownFailures.length > 0
    const last = this.#records.at(-1)
    return last !== undefined && hasFailed(last)
  }

  async #advance(): Promise<void> {
    try {
      this.#run ??= this.#open(this.#abort.signal)
      const record = await this.#patiently(this.#run)
      if (record) this.#add(record)
      else this.#conclude(this.#run.report())
    } catch (thrown) {
      this.isOver = true
      const because = this.#run ? 'the run broke off' : 'the workflow could not start'
      this.failure = { within: [], because, thrown, isReported: false }
    }
  }

  #add(record: StepRun): void {
    this.#records.push(record)
    this.#waits.note(record)
    this.#index(record)
  }

  #index(record: StepRun): void {
    if (!this.#isOwn(record)) return
    const attempts = this.#attempts.get(record.stepId)
    if (attempts) attempts.push(record)
    else this.#attempts.set(record.stepId, [record])
    if (hasFailed(record)) this.#ownFailures.push(record)
  }

  /** The next record; a run that keeps silent for too long is aborted, and ends without one. */
  async #patiently(run: FunctionalRun): Promise<StepRun | undefined> {
    const onSilence = () => {
      this.#isSilent = true
      this.#abort.abort(new Error(`no response within ${formatMs(this.#patience)}`))
    }
    const timer = setTimeout(onSilence, Math.min(this.#waits.longest + this.#patience, LONGEST_TIMER))
    try {
      return await run.next()
    } finally {
      clearTimeout(timer)
    }
  }

  #conclude(report: WorkflowReport): void {
    this.isOver = true
    // A report's records are masked; what `next` resolved to was needed at once, and may show secrets found later.
    if (report.steps.length > 0) {
      this.#records = [...report.steps]
      this.#attempts.clear()
      this.#ownFailures.length = 0
      for (const record of report.steps) this.#index(record)
    }
    if (report.state === 'passed') return
    const { aborted, reason } = this.#abort.signal
    if (aborted) {
      const because = reason instanceof Error ? reason.message : 'the run was aborted'
      const last = this.#records.at(-1)
      const run = last?.state === 'unanswered' && last.cause === 'aborted' ? last : undefined
      this.failure = { run, endedBy: this.#isSilent ? 'silence' : 'abort', within: [], because, isReported: false }
      return
    }
    const because = report.because ?? 'it failed'
    const [first, ...others] = this.#workflow.parallel ? this.#ownFailures : []
    const run = first ?? this.#records.findLast(({ state }) => state !== 'passed')
    const failureOf = (run: StepRun) => ({ run, within: withinOf(this.#records, run), because, isReported: false })
    this.failure = run ? failureOf(run) : { within: [], because, isReported: false }
    this.#others = others.map(failureOf)
  }
}
