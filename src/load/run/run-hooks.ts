import { failure } from '../../ground/fault.ts'
import { show } from '../../ground/show.ts'
import { formatCount, type Milliseconds } from '../../ground/units.ts'
import { addFailure, describeHookFailure, noFigures, whyHooksFailed } from '../../measure/report/hook-counts.ts'
import { mergeHooks } from '../../measure/report/hooks.ts'
import type { HookFigures, LoadReport } from '../../measure/report.ts'
import { type OpenOptions, openRun, toEnd } from '../../workflow/functional.ts'
import { missingInputs } from '../../workflow/inputs.ts'
import { fitting, type InputRow, type RunContext } from '../feed/source.ts'
import {
  CalledOff,
  callHook,
  HOOK_LIMITS,
  type HookWorkflow,
  hookOf,
  inTime,
  type ReadHook,
  workflowOf,
} from '../plan/hooks.ts'
import type { LoadTest } from '../plan/load-test.ts'
import { whyIdle } from '../suites/clean-ups.ts'
import type { Call, Returned, ThreadEnd, ThreadHooks } from '../thread/protocol.ts'

const LOST = { message: 'its load thread was lost', count: 1 }

type HookEnd = Omit<Returned, 'type' | 'id'>

/** Hooks of a load on the main thread: those of the run, and all that are functions. */
export class RunHooks {
  readonly #test: Pick<LoadTest, 'hooks' | 'options'>
  readonly #limits: Record<ReadHook['hook'], Milliseconds>
  readonly #context: RunContext
  readonly #own: readonly HookFigures[]
  /** Inputs of a teardown of the run. */
  #known: InputRow = {}

  /**
   * @param context argument of functions, without the user and, for a teardown, the signal.
   * @param limits time limits.
   */
  constructor(test: Pick<LoadTest, 'hooks' | 'options'>, context: RunContext, limits = HOOK_LIMITS) {
    this.#test = test
    this.#limits = limits
    this.#context = context
    this.#own = test.hooks.filter(({ per }) => per === 'run').map(noFigures)
  }

  /**
   * Runs the setup of the run and then the given action with its outputs. Rejects with the failure of either, after the
   * teardown.
   */
  async around<T>(known: InputRow, then: (outputs: InputRow) => Promise<T>): Promise<T> {
    this.#known = known
    try {
      const hook = this.#ofRun('setup')
      const { outputs, failure: found } = hook ? await this.#run(hook, known) : { outputs: {} }
      if (found !== undefined) throw failure('set up', 'the load', `${hook!.name} failed: ${found}`)
      this.#known = { ...outputs, ...known }
      return await then(outputs)
    } catch (error) {
      throw await this.tearDownAfter(error)
    }
  }

  /** Runs the teardown of the run. What goes wrong is in its figures. */
  async tearDown(): Promise<void> {
    const hook = this.#ofRun('teardown')
    if (hook !== undefined) await this.#run(hook, this.#known)
  }

  /** Runs the teardown of a run that has failed without a report. Resolves to why it failed, with what failed now. */
  async tearDownAfter(error: unknown): Promise<unknown> {
    await this.tearDown()
    const found = this.#own.flatMap(one => (one.hook === 'teardown' ? (describeHookFailure(one) ?? []) : []))[0]
    if (found !== undefined && error instanceof Error) error.message += `\n${found}`
    return error
  }

  /** Calls a function of users or iterations. */
  async call({ id, hook, per, user, inputs }: Call): Promise<Returned> {
    return { type: 'returned', id, ...(await this.#call(hookOf(this.#test.hooks, hook, per)!, inputs, user)) }
  }

  /** Hooks that threads run; undefined without such hooks. */
  forThreads(inputs: InputRow): ThreadHooks | undefined {
    const list = this.#test.hooks.filter(({ per }) => per !== 'run').map(({ call: _, ...hook }) => hook)
    return list.length > 0 ? { list, inputs } : undefined
  }

  /** Results of the hooks of threads. Those of a lost thread did not complete. */
  ofThreads(ends: readonly ThreadEnd[]): HookFigures[] {
    const lost = this.#test.hooks
      .filter(({ hook, per }) => hook === 'teardown' && per !== 'run')
      .map(hook => ({ ...noFigures(hook), runs: 1, failed: 1, failures: [LOST] }))
    return ends.flatMap(end => (end.state === 'done' ? (end.result.hooks ?? []) : lost))
  }

  /** Adds the results of all hooks to the report. */
  addTo(report: LoadReport): LoadReport {
    if (this.#test.hooks.length === 0) return report
    const all = [...this.#own, ...(report.hooks ?? [])].reduce(
      (sum: HookFigures[], one) => mergeHooks(sum, [one], {} as never)!,
      [],
    )
    for (const one of all) this.#blameIdle(one, report)
    const order = (one: HookFigures) =>
      this.#test.hooks.findIndex(hook => hook.hook === one.hook && hook.per === one.per)
    const told = all.flatMap(one => leftOut(one, report) ?? [])
    const warnings = told.length > 0 ? { warnings: [...(report.warnings ?? []), ...told] } : {}
    return { ...report, ...warnings, hooks: all.sort((a, b) => order(a) - order(b)) }
  }

  /** A clean-up that was left out after every iteration cleans nothing up: its inputs have other names. */
  #blameIdle(figures: HookFigures, { arrivals }: LoadReport): void {
    const { hook, per, runs, skipped } = figures
    const { workflow } = hookOf(this.#test.hooks, hook, per) ?? {}
    if (per !== 'iteration' || runs > 0 || skipped === 0 || arrivals.passed === 0 || workflow === undefined) return
    addFailure(figures, whyIdle(missingInputs(workflowOf(workflow), {}), 'iteration'))
  }

  #ofRun(hook: ReadHook['hook']): ReadHook | undefined {
    return hookOf(this.#test.hooks, hook, 'run')
  }

  async #run(hook: ReadHook, known: InputRow): Promise<HookEnd> {
    const figures = this.#own.find(one => one.hook === hook.hook)!
    figures.runs++
    const end = hook.workflow
      ? await this.#runWorkflow(hook, hook.workflow, known, figures)
      : await this.#call(hook, known)
    if (end.failure !== undefined) addFailure(figures, end.failure)
    return end
  }

  /** After iterations, of which there may be thousands a second, no loop is broken off: a watch costs 0.1 ms. */
  async #call({ call, hook, per }: ReadHook, inputs: InputRow, user?: number): Promise<HookEnd> {
    const busy = per === 'iteration' ? undefined : this.#limits[hook]
    return this.#inTime(hook, async signal => ({
      outputs: await callHook(call!, { ...this.#context, user, inputs, signal }, busy),
    }))
  }

  #runWorkflow({ hook }: ReadHook, workflow: HookWorkflow, known: InputRow, figures: HookFigures): Promise<HookEnd> {
    const { document, workflowId, planOptions } = workflow
    const { connected: _, runTime: __, ...conduct } = planOptions
    return this.#inTime(hook, async signal => {
      const inputs = fitting(workflowOf(workflow), known)
      const { channels } = this.#test.options
      const options: OpenOptions = { ...conduct, channels, inputs, signal, runTime: this.#limits[hook] }
      const { state, because, outputs, steps } = await toEnd(openRun(document, workflowId, options))
      figures.requests += steps.filter(({ exchange }) => exchange !== undefined).length
      return state === 'passed' ? { outputs } : { outputs: {}, failure: because ?? 'a step failed' }
    })
  }

  /** Never rejects. Hooks that do not return are cancelled, and have failed. */
  async #inTime(hook: ReadHook['hook'], action: (signal: AbortSignal) => Promise<HookEnd>): Promise<HookEnd> {
    const over = hook === 'setup' ? this.#context.signal : undefined
    return inTime(action, this.#limits[hook], over).catch(failureOf)
  }
}

/**
 * Report of a run whose setup and teardown did not fail. Throws for another, with the report as its `report`, so that a
 * caller that checks only budgets does not take it for a pass.
 */
export function withoutFailedHooks(report: LoadReport): LoadReport {
  const found = whyHooksFailed(report)
  if (found === undefined) return report
  throw Object.defineProperty(failure('run', 'the load', found), 'report', { value: report })
}

/** How often a clean-up was left out though the iteration passed, where it ran otherwise: something may stay behind. */
function leftOut(figures: HookFigures, { arrivals }: LoadReport): string | undefined {
  const { hook, per, name, runs, skipped } = figures
  // An iteration that did not pass may have made nothing.
  const atLeast = skipped - arrivals.failed - arrivals.aborted
  if (runs === 0 || atLeast <= 0) return undefined
  const iterations = `${formatCount(atLeast)} of ${formatCount(arrivals.passed)} iterations that passed`
  return `${hook}.${per} (${name}) was left out after at least ${iterations}: they had not what it requires.`
}

const failureOf = (error: unknown): HookEnd => ({
  outputs: {},
  failure: error instanceof Error ? error.message : show(error),
  isCalledOff: error instanceof CalledOff ? true : undefined,
})
