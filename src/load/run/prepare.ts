import { realClock } from '../../measure/clock.ts'
import type { Targets } from '../../measure/target.ts'
import type { Plan } from '../../workflow/plan.ts'
import { InputCaller } from '../feed/caller.ts'
import { type FeedPlan, readFeed } from '../feed/read.ts'
import { constantsOf, type RunContext } from '../feed/source.ts'
import type { MetricsPlan } from '../metrics/options.ts'
import { type ChannelModules, channelModules } from '../plan/channels.ts'
import { assertAllowed, type Touched } from '../plan/hosts.ts'
import { resolveInputs } from '../plan/inputs.ts'
import { longestRun, steadyUsers } from '../plan/load-plan.ts'
import { type LoadTest, theLoadTest } from '../plan/load-test.ts'

/** A run of load of which everything has been read and checked. */
export interface Prepared extends Omit<LoadTest, 'open'> {
  channels?: ChannelModules
  inputs: FeedPlan
  /** Caller of the function that makes the inputs; it has made the first. */
  caller?: InputCaller
  /** Aborted when the run ends or is called off. */
  over: AbortController
}

/**
 * Gets all that a run needs beside what was read, before any request is sent: the environment, rows of inputs, modules.
 * Rejects with ArazzoError for what was still open and for inputs, with Error for a host that may not be loaded, and
 * for misuse.
 */
export async function prepare(read: LoadTest): Promise<Prepared> {
  const test = read.open ? theLoadTest(await read.open.readAgain()) : read
  if (test.open) throw test.open.why
  const { options, plan, planOptions, load, targets, metrics } = test
  const channels = options.channels === undefined ? undefined : channelModules(options.channels)
  const over = new AbortController()
  const { inputs, caller } = inputsOf(test, { ...addressOf(options.servers, plan.origins), signal: over.signal })
  await assertAllowed(touchedBy(plan, targets, metrics), options.allowHosts)
  await caller?.open(inputs.per)
  return {
    ...test,
    planOptions: { ...planOptions, runTime: longestRun(load) },
    inputs,
    over,
    // What was added to them since the load test was read, too.
    ...(read.metrics && { metrics: read.metrics }),
    ...(channels !== undefined && { channels }),
    ...(caller && { caller }),
  }
}

/**
 * Inputs of a load, from the environment, files and functions; the caller is still to be opened.
 *
 * @param context what a function is told.
 */
export function inputsOf(
  { options, plan: { workflow }, load }: Pick<LoadTest, 'options' | 'plan' | 'load'>,
  context: RunContext,
): Pick<Prepared, 'inputs' | 'caller'> {
  const { inputs: constants } = resolveInputs(constantsOf(workflow, options.inputs))
  const { plan: inputs, call } = readFeed(workflow, options.inputs, constants, steadyUsers(load))
  if (call === undefined) return { inputs }
  return { inputs, caller: new InputCaller(call, workflow, constants, realClock, context) }
}

/** The application's address, where it is one. */
function addressOf(servers: LoadTest['options']['servers'], origins: readonly string[]) {
  const url = typeof servers === 'string' ? servers : origins.length === 1 ? origins[0] : undefined
  if (url === undefined) return {}
  const { port, protocol } = new URL(url)
  return { url, port: Number(port || (protocol === 'https:' ? 443 : 80)) }
}

/** Every address that a run sends requests to. */
function touchedBy(plan: Plan, { target, targets }: Targets, metrics: MetricsPlan | undefined): Touched[] {
  const all = (verb: string, urls: readonly (string | undefined)[]): Touched[] =>
    urls.flatMap(url => (url === undefined ? [] : [{ url, verb }]))
  const endpoints = [target, ...Object.values(targets)].map(one =>
    one && 'prometheus' in one ? one.prometheus : undefined,
  )
  return [
    ...all('load', plan.origins),
    ...all('fetch tokens from', plan.tokenOrigins),
    ...all('read metrics of a target from', endpoints),
    ...all('send metrics to', [metrics?.pushgateway, metrics?.otlp]),
  ]
}
