import type { Workflow } from '../../document/model.ts'
import { isObject } from '../../ground/object.ts'
import { realClock } from '../../measure/clock.ts'
import type { Targets } from '../../measure/target.ts'
import type { Plan } from '../../workflow/plan.ts'
import { InputCaller } from '../feed/caller.ts'
import type { FeedPlan } from '../feed/feed.ts'
import { readFeed } from '../feed/read.ts'
import { constantsOf, fitting, type InputRow, type RunContext } from '../feed/source.ts'
import type { MetricsPlan } from '../metrics/options.ts'
import { addressOf } from '../plan/addresses.ts'
import { type ChannelModules, channelModules } from '../plan/channels.ts'
import { hookOf, planOf } from '../plan/hooks.ts'
import { assertAllowed, type Touched } from '../plan/hosts.ts'
import { resolveInputs } from '../plan/inputs.ts'
import { longestRun, steadyUsers } from '../plan/load-plan.ts'
import { type LoadTest, loadTestOrThrow } from '../plan/load-test.ts'
import type { ThreadHooks } from '../thread/protocol.ts'
import { RunHooks } from './run-hooks.ts'

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
  const { options, plan, planOptions, load, targets, metrics } = test
  const channels = options.channels === undefined ? undefined : channelModules(options.channels)
  const { inputs: known } = resolveInputs(constantsOf(plan.workflow, options.inputs))
  await assertAllowed(touchedBy([plan, ...hookPlans(test)], targets, metrics), options.allowHosts)
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
  return { inputs, caller: new InputCaller(call, asked, constants, realClock, context) }
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
function touchedBy(plans: readonly Plan[], { target, targets }: Targets, metrics: MetricsPlan | undefined): Touched[] {
  const all = (verb: string, urls: readonly (string | undefined)[]): Touched[] =>
    urls.flatMap(url => (url === undefined ? [] : [{ url, verb }]))
  const endpoints = [target, ...Object.values(targets)].map(one =>
    one && 'prometheus' in one ? one.prometheus : undefined,
  )
  return [
    ...plans.flatMap(({ origins, tokenOrigins }) => [
      ...all('load', origins),
      ...all('fetch tokens from', tokenOrigins),
    ]),
    ...all('read metrics of a target from', endpoints),
    ...all('send metrics to', [metrics?.pushgateway, metrics?.otlp]),
  ]
}
