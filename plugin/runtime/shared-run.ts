import type { Workflow } from '../../src/document/model.ts'
import { clearTimeout, LONGEST_TIMER, setTimeout } from '../../src/ground/timers.ts'
import { formatMs, type Milliseconds } from '../../src/ground/units.ts'
import type { ResolvedInputs } from '../../src/load/plan/inputs.ts'
import type { FunctionalRun } from '../../src/workflow/functional.ts'
import type { StepRun, WorkflowReport } from '../../src/workflow/outcome.ts'
import { hasFailed, withinOf } from '../../src/workflow/outcome.ts'
import { WaitsAhead } from '../../src/workflow/patience.ts'

/** Why a run as a whole failed. */
export interface RunFailure {
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
