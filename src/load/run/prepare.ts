import { resolve } from 'node:path'
import type { Budget } from '../../budget/budget.ts'
import { readBudgets } from '../../budget/read.ts'
import { factsOf } from '../../budget/target-facts.ts'
import { ArazzoError, type Problem } from '../../ground/errors.ts'
import { describeFaults } from '../../ground/fields.ts'
import type { LoadShape } from '../../measure/shape.ts'
import { readTargets, type Targets } from '../../measure/target.ts'
import { connectedBy } from '../../workflow/channel/connect.ts'
import { isOfReading, sourceFaults } from '../../workflow/check-options.ts'
import { findWorkflow } from '../../workflow/find.ts'
import { readRef } from '../../workflow/functional.ts'
import type { Plan, PlanOptions } from '../../workflow/plan.ts'
import { compilePlan } from '../../workflow/plan.ts'
import { InputCaller } from '../feed/caller.ts'
import { type FeedPlan, readFeed } from '../feed/read.ts'
import { constantsOf } from '../feed/source.ts'
import { type MetricsPlan, readMetrics } from '../metrics/options.ts'
import { type ChannelModules, channelModules } from '../plan/channels.ts'
import { loadOptionFaults } from '../plan/check-options.ts'
import { resolveInputs } from '../plan/inputs.ts'
import { type LoadPlan, longestRun } from '../plan/load-plan.ts'
import type { LoadOptions } from '../plan/options.ts'
import { readShape, searchOf } from '../plan/shape.ts'
import { assertAllowed, isLoopback, type Touched } from './hosts.ts'

const ANY_OPTIONS: PlanOptions = { servers: 'http://127.0.0.1', connected: 'all' }

/** A run of load of which everything has been read and checked. */
export interface Prepared {
  plan: Plan
  planOptions: PlanOptions
  channels?: ChannelModules
  load: LoadPlan
  shape: LoadShape
  inputs: FeedPlan
  /** Of inputs that a function makes; it has made the first. */
  caller?: InputCaller
  budgets: Budget[]
  metrics?: MetricsPlan
  targets: Targets
}

/**
 * Reads all that a run needs, before any request is sent. Rejects with ArazzoError for the document, its inputs, the
 * shape, the budgets and other options, with every problem at once; with Error for a host that may not be loaded, and
 * for misuse.
 *
 * @param isShared whether the options are of several documents: sources that this one does not have are of others.
 */
export async function prepare(options: LoadOptions, isShared = false): Promise<Prepared> {
  const faults = [...loadOptionFaults(options)]
  if (faults.some(isOfReading)) throw new TypeError(describeFaults(faults))
  const { document, workflowId } = await readRef(options.workflow, options.read)
  if (!isShared) faults.push(...sourceFaults(document, options))
  const workflow = findWorkflow(document, workflowId)
  const { inputs: constants, secretInputs } = resolveInputs(constantsOf(workflow, options.inputs))
  const { servers, maxRetryAfter, maxVisits, checks, followRedirects, security, files } = options
  const { channels } = options
  const modules = channels === undefined || faults.length > 0 ? undefined : channelModules(channels)
  const connected = connectedBy(modules)
  const planOptions: PlanOptions = {
    ...(maxRetryAfter !== undefined && { maxRetryAfter }),
    ...{ servers, maxVisits, checks, followRedirects, security, secretInputs },
    ...(files !== undefined && { files: resolve(files) }),
    ...(connected && { connected }),
  }
  // Its steps are those of any options, and what is wrong with budgets is told with the rest.
  const plan = compilePlan(document, workflowId, faults.length > 0 ? ANY_OPTIONS : planOptions)

  const { at } = plan.workflow
  const shape = readShape(options.load, { isLocal: plan.origins.some(isLoopback) })
  const steps = plan.steps.map(step => step.key)
  const { problems: wrongTargets, ...targets } = readTargets(options)
  const { budgets, problems } = readBudgets(options.budgets, {
    steps,
    ...factsOf(targets),
    ...searchOf(shape, options.load),
  })
  const metrics = readMetrics(options.metrics)
  const found: Problem[] = [
    ...[...faults, ...shape.problems, ...wrongTargets, ...metrics.faults].map(problem => ({
      code: 'invalid-load-test' as const,
      ...problem,
    })),
    ...problems.map(problem => ({ code: 'invalid-budget' as const, ...problem })),
  ].map(({ code, message, hint }) => ({ code, severity: 'error', message, at, ...(hint && { hint }) }))
  if (shape.plan === undefined || found.length > 0) throw new ArazzoError(found)

  const { plan: inputs, call } = readFeed(workflow, options.inputs, constants, shape.plan)
  await assertAllowed(touchedBy(plan, targets, metrics.plan), options.allowHosts)
  const caller = call && new InputCaller(call, workflow, constants)
  await caller?.open()
  return {
    ...{
      plan,
      planOptions: { ...planOptions, runTime: longestRun(shape.plan) },
      load: shape.plan,
      shape: shape.shape,
      inputs,
      budgets,
      targets,
    },
    ...(modules !== undefined && { channels: modules }),
    ...(caller && { caller }),
    ...(metrics.plan && { metrics: metrics.plan }),
  }
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
