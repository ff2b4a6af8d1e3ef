import type { Workflow } from '../../document/model.ts'
import { failure } from '../../ground/fault.ts'
import { isObject } from '../../ground/object.ts'
import { formatCount, type Milliseconds } from '../../ground/units.ts'
import { realClock } from '../../measure/clock.ts'
import { addFailure, describeHookFailure, noFigures, whyHooksFailed } from '../../measure/report/hook-counts.ts'
import { mergeHooks } from '../../measure/report/hooks.ts'
import type { HookFigures, LoadReport } from '../../measure/report.ts'
import type { Targets } from '../../measure/target.ts'
import { missingInputs } from '../../workflow/inputs.ts'
import type { Plan } from '../../workflow/plan.ts'
import type { FeedPlan } from '../feed/feed.ts'
import { type InputCaller, inputCaller, readFeed } from '../feed/read.ts'
import { constantsOf, fitting, type InputRow, type RunContext } from '../feed/source.ts'
import { addressOf } from '../plan/addresses.ts'
import { type ChannelModules, channelModules } from '../plan/channels.ts'
import {
  callHook,
  failureOf,
  HOOK_LIMITS,
  type HookEnd,
  type Hooks,
  type HookWorkflow,
  inTime,
  planOf,
  type ReadHook,
  workflowOf,
} from '../plan/hooks.ts'
import { assertAllowed, type Touched, touchedBy } from '../plan/hosts.ts'
import { resolveInputs } from '../plan/inputs.ts'
import { longestRun, steadyUsers } from '../plan/load-plan.ts'
import { type LoadTest, loadTestOrThrow } from '../plan/load-test.ts'
import { whyIdle } from '../suites/hooks.ts'
import { runHookWorkflow } from '../suites/suite-hooks.ts'
import type { Call, Returned, ThreadEnd, ThreadHooks } from '../thread/protocol.ts'

/** A run of load of which everything has been read and checked. */
export interface Prepared extends Omit<LoadTest, 'open'> {
  channels?: ChannelModules
  inputs: FeedPlan
  /** Caller of the function that makes the inputs; it has made the first. */
  caller?: InputCaller
  /** Aborted when the run ends or is cancelled. */
  over: AbortController
  runHooks: RunHooks
  /** Hooks of threads for users and iterations. */
  threadHooks?: ThreadHooks
}

/**
 * Prepares a run: the environment, its setup, rows of inputs, modules. Rejects with ArazzoError for open options and
 * for inputs, and with Error for a host that is not allowed, a failed setup and misuse. Completed setups are then torn
 * down.
 *
 * @param over to be aborted when the run ends or is cancelled.
 */
export async function prepare(read: LoadTest, over = new AbortController()): Promise<Prepared> {
  const test = read.open ? loadTestOrThrow(await read.open.readAgain()) : read
  if (test.open) throw test.open.why
  const { options, plan, planOptions, load, targets } = test
  const channels = options.channels === undefined ? undefined : channelModules(options.channels)
  const { inputs: known } = resolveInputs(constantsOf(plan.workflow, options.inputs))
  await assertAllowed(allTouchedBy([plan, ...hookPlans(test)], targets), options.allowHosts)
  const context = { ...addressOf(options.servers, plan.origins), signal: over.signal }
  const hooks = new RunHooks(test, context)
  const { inputs, caller, common } = await hooks.around(known, async outputs => {
    const common = { ...fitting(plan.workflow, { ...outputs }), ...known }
    const feed = inputsOf(test, context, common)
    await feed.caller?.open(feed.inputs.per)
    return { ...feed, common }
  })
  const threadHooks = hooks.forThreads(common)
  return {
    ...test,
    planOptions: { ...planOptions, runTime: longestRun(load) },
    inputs,
    over,
    runHooks: hooks,
    ...(threadHooks && { threadHooks }),
    // Includes additions since the load test was read.
    ...(read.metrics && { metrics: read.metrics }),
    ...(channels !== undefined && { channels }),
    ...(caller && { caller }),
  }
}

/**
 * Inputs of a load, from the environment, files and functions; the caller still has to be opened.
 *
 * @param context argument of functions.
 * @param constants constant inputs. Default: those of the load test.
 */
export function inputsOf(
  { options, plan: { workflow }, load, hooks }: Pick<LoadTest, 'options' | 'plan' | 'load' | 'hooks'>,
  context: RunContext,
  constants: InputRow = resolveInputs(constantsOf(workflow, options.inputs)).inputs,
): Pick<Prepared, 'inputs' | 'caller'> {
  // Inputs from users' setups are validated when they arrive.
  const asked = hookOf(hooks, 'setup', 'vu') ? withoutRequired(workflow) : workflow
  const { plan: inputs, call } = readFeed(asked, options.inputs, constants, steadyUsers(load))
  if (call === undefined) return { inputs }
  return { inputs, caller: inputCaller(call, asked, constants, realClock, context) }
}

/** Workflow without required inputs. */
function withoutRequired(workflow: Workflow): Workflow {
  const of = (schema: unknown): unknown => {
    if (!isObject(schema)) return schema
    const { required: _, ...rest } = schema
    return Array.isArray(rest.allOf) ? { ...rest, allOf: rest.allOf.map(of) } : rest
  }
  return { ...workflow, inputs: of(workflow.inputs) as Workflow['inputs'] }
}

const hookPlans = ({ hooks }: LoadTest): Plan[] => hooks.flatMap(({ workflow }) => (workflow ? [planOf(workflow)] : []))

/** Every address that a run sends requests to. */
function allTouchedBy(plans: readonly Plan[], { target, targets }: Targets): Touched[] {
  const endpoints = [target, ...Object.values(targets)].map(one =>
    one && 'prometheus' in one ? one.prometheus : undefined,
  )
  const touched = endpoints.flatMap(url => (url === undefined ? [] : [{ url, verb: 'read metrics of a target from' }]))
  return [...plans.flatMap(touchedBy), ...touched]
}

const hookOf = (hooks: Hooks, hook: ReadHook['hook'], per: ReadHook['per']): ReadHook | undefined =>
  hooks.find(one => one.hook === hook && one.per === per)

const LOST = { message: 'its load thread was lost', count: 1 }

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
      const { outputs, failure: found } = await this.#run('setup', known)
      if (found !== undefined) throw failure('set up', 'the load', found)
      this.#known = { ...outputs, ...known }
      return await then(outputs)
    } catch (error) {
      throw await this.tearDownAfter(error)
    }
  }

  /** Runs the teardown of the run. What goes wrong is in its figures. */
  async tearDown(): Promise<void> {
    await this.#run('teardown', this.#known)
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

  /** Runs the hook of the run of this kind, if there is one. A failure begins with its name. */
  async #run(kind: ReadHook['hook'], known: InputRow): Promise<HookEnd> {
    const hook = hookOf(this.#test.hooks, kind, 'run')
    if (hook === undefined) return { outputs: {} }
    const figures = this.#own.find(one => one.hook === kind)!
    figures.runs++
    const { outputs, failure } = hook.workflow
      ? await this.#runWorkflow(hook, hook.workflow, known, figures)
      : await this.#call(hook, known)
    if (failure === undefined) return { outputs }
    addFailure(figures, failure)
    return { outputs, failure: `${hook.name} failed: ${failure}` }
  }

  /** After iterations, of which there may be thousands a second, no loop is broken off: a watch costs 0.1 ms. */
  async #call({ call, hook, per }: ReadHook, inputs: InputRow, user?: number): Promise<HookEnd> {
    const busy = per === 'iteration' ? undefined : this.#limits[hook]
    return this.#inTime(hook, async signal => ({
      outputs: await callHook(call!, { ...this.#context, user, inputs, signal }, busy),
    }))
  }

  #runWorkflow({ hook }: ReadHook, workflow: HookWorkflow, known: InputRow, figures: HookFigures): Promise<HookEnd> {
    const inputs = fitting(workflowOf(workflow), known)
    const conduct = { ...workflow.planOptions, channels: this.#test.options.channels, inputs }
    return this.#inTime(hook, async signal => {
      const end = await runHookWorkflow(workflow, { ...conduct, signal, runTime: this.#limits[hook] })
      figures.requests += end.report.steps.filter(({ exchange }) => exchange !== undefined).length
      return end
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
