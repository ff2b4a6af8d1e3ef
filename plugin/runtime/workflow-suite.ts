import { afterAll, describe, type TestContext } from 'vitest'
import type { ArazzoDocument, Step, Workflow } from '../../src/document/model.ts'
import { ArazzoError } from '../../src/ground/errors.ts'
import { claimOf, failed, isUserError } from '../../src/ground/fault.ts'
import { plain } from '../../src/ground/plain.ts'
import { shownShort } from '../../src/ground/show.ts'
import { stackOf } from '../../src/ground/stack.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import type { InputSource } from '../../src/load/feed/source.ts'
import { type HookFailure, SuiteHookError } from '../../src/load/suites/hooks.ts'
import type { HookScope, SetUp } from '../../src/load/suites/suite-hooks.ts'
import type { FunctionalRun } from '../../src/workflow/functional.ts'
import type { Check, StepRun } from '../../src/workflow/outcome.ts'
import { watchWait, wordsOfWait } from '../../src/workflow/patience.ts'
import { RESENT } from '../../src/workflow/text.ts'
import { client } from '../coordinator/client.ts'
import { hookError } from '../failure/hook-error.ts'
import { documentError, positionedError } from '../failure/positioned-error.ts'
import { exchangeLines, type Locate, stepError } from '../failure/step-error.ts'
import { logBehind } from './application-log.ts'
import type { StepTrips } from './round-trips.ts'
import { loadSuiteOptions } from './settings.ts'
import { type RunFailure, SharedRun } from './shared-run.ts'
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
export class WorkflowSuite {
  /** Options of every step's test: a run bounds its own steps, so Vitest need not. */
  readonly options = { timeout: 0 }
  readonly #document: ArazzoDocument
  readonly #workflow: Workflow
  readonly #start: (setUp?: SetUp) => SharedRun
  readonly #newHooks: (() => HookScope) | undefined
  readonly #loadInputs: InputSource | undefined
  readonly #trips: StepTrips | undefined
  #run: SharedRun | undefined
  #hooks: HookScope | undefined
  /** Teardowns that failed, of all tries. */
  readonly #notTornDown: HookFailure[] = []
  #attempt = ''

  /**
   * @param loadInputs of the load tests that stand with the workflow.
   * @param newHooks the setups and teardowns around a run.
   * @param trips round trips that steps make, if they have a budget.
   */
  constructor(
    document: ArazzoDocument,
    workflow: Workflow,
    open: (signal: AbortSignal, setUp?: SetUp) => FunctionalRun,
    patience: Milliseconds,
    loadInputs?: InputSource,
    newHooks?: () => HookScope,
    trips?: StepTrips,
  ) {
    this.#document = document
    this.#workflow = workflow
    this.#loadInputs = loadInputs
    this.#newHooks = newHooks
    this.#trips = trips
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
    const { defineLoad } = await import('./define-load.ts')
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
    this.#trips?.check(stepId, run.isOver)
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

const note = (run: StepRun): string => `attempt ${run.attempt}: ${reasonOf(run)}${sequel(run)}`

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
