import { resolve } from 'node:path'
import type { Budget } from '../budget/budget.ts'
import { readBudgets } from '../budget/read.ts'
import { factsOf } from '../budget/target-facts.ts'
import { ArazzoError, failed, type Problem } from '../errors.ts'
import type { LoadShape } from '../measure/shape.ts'
import { readTargets, type Targets } from '../measure/target.ts'
import { connectedBy } from '../workflow/channel/connect.ts'
import { findWorkflow } from '../workflow/find.ts'
import { readRef } from '../workflow/functional.ts'
import type { Plan, PlanOptions } from '../workflow/plan.ts'
import { compilePlan } from '../workflow/plan.ts'
import { type ChannelModules, channelModules } from './channels.ts'
import { InputCaller } from './feed/caller.ts'
import { type FeedPlan, readFeed } from './feed/read.ts'
import { constantsOf } from './feed/source.ts'
import { assertAllowed, isLoopback, type Touched } from './hosts.ts'
import { resolveInputs } from './inputs.ts'
import type { LoadPlan } from './load-plan.ts'
import { type MetricsPlan, readMetrics } from './metrics/options.ts'
import type { LoadOptions } from './options.ts'
import { readShape, searchOf } from './shape.ts'
import { TRANSPORTS } from './transport-choice.ts'

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
 * shape and the budgets, with every problem of one kind at once; with Error for a host that may not be loaded, and for misuse.
 */
export async function prepare(options: LoadOptions): Promise<Prepared> {
  assertTransport(options.transport)
  const { document, workflowId } = await readRef(options.workflow, options.read)
  const workflow = findWorkflow(document, workflowId)
  const { inputs: constants, secretInputs } = resolveInputs(constantsOf(workflow, options.inputs))
  const { servers, maxVisits, checks, followRedirects, security, files } = options
  const { channels } = options
  const modules = channels === undefined ? undefined : channelModules(channels)
  const connected = connectedBy(modules)
  const planOptions: PlanOptions = {
    ...{ servers, maxVisits, checks, followRedirects, security, secretInputs },
    ...(files !== undefined && { files: resolve(files) }),
    ...(connected && { connected }),
  }
  const plan = compilePlan(document, workflowId, planOptions)

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
    ...[...shape.problems, ...wrongTargets, ...metrics.faults].map(problem => ({
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
    ...{ plan, planOptions, load: shape.plan, shape: shape.shape, inputs, budgets, targets },
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

function assertTransport(transport: unknown): void {
  if (transport === undefined || (TRANSPORTS as readonly unknown[]).includes(transport)) return
  throw new Error(
    failed(
      ...(['choose', 'a transport', `there is no ${JSON.stringify(transport)}`] as const),
      "Use 'auto', 'wire' or 'undici'.",
    ),
  )
}
