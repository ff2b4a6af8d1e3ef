import { basename } from 'node:path'
import type { ArazzoDocument, Workflow } from '../../document/model.ts'
import type { CookieKeep } from '../../http/cookies.ts'
import type { InputRow } from '../feed/source.ts'
import { joinInputs, NO_INPUTS, type ResolvedInputs, resolveInputs } from '../plan/inputs.ts'
import { type AfterRun, CleanUps, type SharedCleanUp } from './clean-ups.ts'
import { type HookFailure, SuiteHookError } from './hook-error.ts'
import { isHook, type SuiteHook } from './hooks.ts'
import { readSuiteOptions, type SuiteOptions } from './options.ts'
import { type HookMeans, type HookResult, type Known, runSuiteHook } from './run-hook.ts'

/**
 * Setups and teardowns of the suites of a document. Those of the run are set up once, when the first suite needs them,
 * and their failure fails every suite. Started hooks are always torn down.
 */
export class SuiteHooks {
  readonly document: ArazzoDocument
  readonly means: HookMeans
  readonly #ofAll: readonly SuiteHook[]
  /** Includes hooks of single workflows. */
  #every: readonly SuiteHook[] | undefined
  readonly #cleanUps = new CleanUps()
  #isUp: Promise<ResolvedInputs> | undefined
  #outputs = NO_INPUTS

  /** @param ofAll the hooks of all workflows, the outermost first. */
  constructor(document: ArazzoDocument, ofAll: readonly SuiteHook[], means: HookMeans) {
    this.document = document
    this.means = means
    this.#ofAll = ofAll
  }

  /** Whether a workflow is one of them. */
  has(workflow: Workflow): boolean {
    const { document } = this
    this.#every ??= [
      ...this.#ofAll,
      ...document.workflows.flatMap(one => readSuiteOptions(document, one).options.hooks),
    ]
    return this.#every.some(hook => isHook(hook, document, workflow))
  }

  /** Resolves to what the setups of the run gave. Rejects with SuiteHookError, each time with the same. */
  setUp(signal?: AbortSignal): Promise<ResolvedInputs> {
    this.#isUp ??= this.#setUp(signal)
    return this.#isUp
  }

  async #setUp(signal: AbortSignal | undefined): Promise<ResolvedInputs> {
    // If there is no application, that is the reported reason.
    this.means.conduct()
    for (const hook of this.#ofRun('setup')) {
      const { outputs, failure } = await this.run(hook, this.#known, signal)
      if (failure !== undefined) throw new SuiteHookError(this.#name, [failure])
      this.#outputs = joinInputs(this.#outputs, outputs)
    }
    return this.#outputs
  }

  /** A suite of a workflow is to run. @param row stands for it; empty where there are no rows. */
  expect(workflow: Workflow, row: InputRow): void {
    this.#cleanUps.expect(workflow, row)
  }

  /** Results of the clean-ups that other documents have as well. */
  get sharedCleanUps(): SharedCleanUp[] {
    return this.#cleanUps.ofPlugin
  }

  /** Tears down the run, if it was begun. Rejects with SuiteHookError for all that failed, and all that never ran. */
  async tearDown(): Promise<void> {
    if (this.#isUp === undefined) return
    // Suites that needed it have its failure.
    await this.#isUp.catch(() => {})
    const failures = await this.runAll(this.#ofRun('teardown').toReversed(), this.#known)
    failures.push(...this.#cleanUps.idle())
    if (failures.length > 0) throw new SuiteHookError(this.#name, failures)
  }

  /** Cleans up after a run of a suite. Resolves to what failed. */
  async cleanUp(hooks: readonly SuiteHook[], known: Known, after: AfterRun, keep: CookieKeep): Promise<HookFailure[]> {
    const failures: HookFailure[] = []
    for (const hook of hooks) {
      const { failure, missing } = await this.run(hook, known, undefined, keep)
      this.#cleanUps.note(hook, after, missing)
      if (failure !== undefined) failures.push(failure)
    }
    return failures
  }

  /**
   * The hooks around one run of a workflow, with the inputs of its own.
   *
   * @param row stands for its suite; empty where there are no rows.
   */
  around(workflow: Workflow, options: Pick<SuiteOptions, 'hooks' | 'inputs'>, row: InputRow): HooksAround {
    const ofPlugin = this.#ofAll.filter(({ of }) => of === 'plugin')
    const hooks = [...ofPlugin, ...options.hooks].filter(({ per }) => per !== 'run')
    return new HooksAround(this, workflow, hooks, options.inputs, row)
  }

  run(hook: SuiteHook, known: Known, signal?: AbortSignal, keep?: CookieKeep): Promise<HookResult> {
    return runSuiteHook(hook, { document: this.document, means: this.means, known, signal, keep })
  }

  async runAll(hooks: readonly SuiteHook[], known: Known, keep?: CookieKeep): Promise<HookFailure[]> {
    const failures: HookFailure[] = []
    for (const hook of hooks) {
      const { failure } = await this.run(hook, known, undefined, keep)
      if (failure !== undefined) failures.push(failure)
    }
    return failures
  }

  get #known(): Known {
    return { outputs: this.#outputs, own: this.means.given ?? NO_INPUTS }
  }

  get #name(): string {
    return basename(this.document.file)
  }

  #ofRun(hook: SuiteHook['hook']): SuiteHook[] {
    return this.#ofAll.filter(one => one.hook === hook && one.per === 'run')
  }
}

/** Initial values of a run of a workflow. */
export interface SetUp {
  /** Outputs of setups. Other inputs override them. */
  outputs: ResolvedInputs
  /** Cookies of its setups. */
  keep: CookieKeep
}

/** The hooks around one run of a workflow. */
export class HooksAround {
  readonly #hooks: SuiteHooks
  readonly #workflow: Workflow
  readonly #all: readonly SuiteHook[]
  readonly #inputs: SuiteOptions['inputs']
  readonly #row: InputRow
  readonly #keep: CookieKeep = { isOpen: false }
  #isUp: Promise<SetUp> | undefined
  #outputs = NO_INPUTS
  /** Inputs of this run alone. */
  #own = NO_INPUTS
  #hasBegun = false
  #isReady = false

  constructor(
    hooks: SuiteHooks,
    workflow: Workflow,
    all: readonly SuiteHook[],
    inputs: SuiteOptions['inputs'],
    row: InputRow,
  ) {
    this.#hooks = hooks
    this.#workflow = workflow
    this.#all = all
    this.#inputs = inputs
    this.#row = row
  }

  /**
   * Sets up the document, if that is still to be done, and this run. Rejects with SuiteHookError, each time with the
   * same.
   */
  setUp(signal?: AbortSignal): Promise<SetUp> {
    this.#isUp ??= this.#setUp(signal)
    return this.#isUp
  }

  async #setUp(signal: AbortSignal | undefined): Promise<SetUp> {
    this.#outputs = await this.#hooks.setUp(signal)
    this.#own = joinInputs(
      resolveInputs(this.#inputs),
      { inputs: { ...this.#row }, secretInputs: [] },
      this.#hooks.means.given ?? NO_INPUTS,
    )
    this.#hasBegun = true
    this.#keep.isOpen = true
    for (const hook of this.#of('setup', 'vu')) {
      const { outputs, failure } = await this.#hooks.run(hook, this.#known(), signal, this.#keep)
      if (failure !== undefined) throw SuiteHookError.around(this.#workflow, [failure])
      this.#outputs = joinInputs(this.#outputs, outputs)
    }
    this.#keep.isOpen = false
    this.#isReady = true
    return { outputs: this.#outputs, keep: this.#keep }
  }

  /**
   * Cleans up after the run and tears it down, as far as it was started. Resolves to the failures.
   *
   * @param made outputs of the run: of its steps that passed, and its own.
   * @param hasPassed whether the run completed and passed.
   */
  async tearDown(made: ResolvedInputs = NO_INPUTS, hasPassed = false): Promise<HookFailure[]> {
    await this.#isUp?.catch(() => {})
    if (!this.#hasBegun) return []
    const known = this.#known(made)
    const cleanUps = this.#isReady ? this.#of('teardown', 'iteration') : []
    const after = { workflow: this.#workflow, suite: this.#row, hasPassed }
    const failures = await this.#hooks.cleanUp(cleanUps.toReversed(), known, after, this.#keep)
    return [...failures, ...(await this.#hooks.runAll(this.#of('teardown', 'vu').toReversed(), known, this.#keep))]
  }

  #known(made: ResolvedInputs = NO_INPUTS): Known {
    return { outputs: this.#outputs, own: joinInputs(this.#own, made) }
  }

  #of(hook: SuiteHook['hook'], per: SuiteHook['per']): SuiteHook[] {
    return this.#all.filter(one => one.hook === hook && one.per === per)
  }
}
