import { resolve } from 'node:path'
import type { Budget } from '../../src/budget/budget.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { describeFaults } from '../../src/ground/fields.ts'
import { feedFaults } from '../../src/load/feed/read.ts'
import { fromFolder as feedFromFolder } from '../../src/load/feed/source.ts'
import { joinMetrics, readMetrics } from '../../src/load/metrics/options.ts'
import { loadOptionFaults } from '../../src/load/plan/check-options.ts'
import type { LoadPlan } from '../../src/load/plan/load-plan.ts'
import { ANY_PORT } from '../../src/load/plan/load-tests.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { readShape, searchOf } from '../../src/load/plan/shape.ts'
import { loadInputsFor } from '../../src/load/suites/inputs.ts'
import { readTargets, withPort } from '../../src/measure/target.ts'
import { connectedBy, withAbsolutePaths } from '../../src/workflow/channel/connect.ts'
import { isOfReading, sourceFaults } from '../../src/workflow/check-options.ts'
import { readRef, splitRef } from '../../src/workflow/functional.ts'
import { findWorkflow } from '../../src/workflow/plan.ts'
import { application, defaultServers } from './application.ts'
import { stepKeys } from './load-checks.ts'
import { conduct, settings } from './settings.ts'
import { joinTargets, knownTargets, targetOf } from './targets.ts'

/** A load test, read and checked: nothing about it can fail any more but the load itself. */
export interface LoadCase {
  /** Complete but for what only a running application can tell. */
  options: LoadOptions
  plan: LoadPlan
  budgets: Budget[]
}

/** A fault in the options as written; `path` is a JSON Pointer: `/budgets/p99`, `/load/duration`. */
export interface OptionProblem {
  path: string
  message: string
  hint?: string
}

/** All that is wrong with a load test as written. */
export class LoadOptionsError extends Error {
  override readonly name = 'LoadOptionsError'
  readonly problems: readonly OptionProblem[]

  constructor(problems: readonly OptionProblem[]) {
    super(describeFaults(problems))
    this.problems = problems
  }
}

/**
 * Reads what a load test needs of its document and checks its options against it. Throws ArazzoError for a document or
 * a workflow, LoadOptionsError for options.
 *
 * @param from the folder of the test file, which paths are relative to.
 * @param unknownHere options that the caller does not take.
 */
export async function readLoadCase(
  given: LoadOptions,
  from: string,
  unknownHere: readonly (keyof LoadOptions)[] = [],
): Promise<LoadCase> {
  const ofOptions = loadOptionFaults(given, unknownHere)
  // Without a document there is no more to be said.
  if (ofOptions.some(isOfReading)) throw new LoadOptionsError(ofOptions)
  const { sources, severities, inputs, allowHosts, transport, onInconclusive, metrics, server, ...ofPlugin } =
    settings() ?? {}
  const read = { sources, severities, ...given.read }
  const ref = fromFolder(from, given.workflow)
  const { document, workflowId } = await readRef(ref, read)
  const workflow = findWorkflow(document, workflowId)
  const ofSources = sourceFaults(document, ofOptions.length > 0 ? {} : given)
  const channels =
    given.channels && ofOptions.length === 0 ? withAbsolutePaths(given.channels, from) : settings()?.channels
  const steps = stepKeys(document, workflowId, connectedBy(channels))
  const shape = readShape(given.load)
  const ofTargets = readTargets(withPort(given, ANY_PORT)).problems
  const targets = joinTargets(given, ofPlugin)
  const { budgets, problems } = readBudgets(given.budgets, {
    steps,
    ...knownTargets({ ...targets, server }),
    ...searchOf(shape, given.load),
    problemsBase: '/budgets',
  })
  const ofShape = shape.problems.map(problem => ({ ...problem, path: `/load${problem.path}` }))
  const ofInputs = feedFaults(workflow, given.inputs).map(fault => ({
    ...fault,
    path: `/inputs${fault.path}`,
  }))
  const ofMetrics = readMetrics(given.metrics).faults.map(fault => ({
    ...fault,
    path: `/metrics${fault.path}`,
  }))
  const wrong = [...ofOptions, ...ofSources, ...ofShape, ...ofInputs, ...ofMetrics, ...ofTargets, ...problems]
  if (!shape.plan || wrong.length > 0) throw new LoadOptionsError(wrong)
  const options = {
    ...{ allowHosts, transport, onInconclusive, ...conduct() },
    ...given,
    ...targets,
    channels,
    ...(given.files !== undefined && { files: resolve(from, given.files) }),
    metrics: joinMetrics(metrics, given.metrics),
    workflow: { document: document.file, workflowId },
    inputs: feedFromFolder(from, workflow, loadInputsFor(workflow, inputs, given.inputs)),
    read,
  }
  return { options, plan: shape.plan, budgets }
}

/** What only a running application can tell: where it is, and which process. */
export function withApplication(options: LoadOptions): LoadOptions {
  const app = application()
  const port = app && new URL(app.origin).port
  return {
    ...options,
    ...(port !== undefined && withPort(options, port)),
    servers: options.servers ?? defaultServers(),
    ...(options.target === undefined && { target: targetOf(app) }),
  }
}

/** Load tests share a page for scrapes, a gateway, a collector: their series say which one they are of. */
export function withTestLabel(options: LoadOptions, identity: { test: string; project?: string }): LoadOptions {
  const { metrics } = options
  return metrics ? { ...options, metrics: { ...metrics, labels: { ...identity, ...metrics.labels } } } : options
}

/** A reference whose path is absolute. */
export function fromFolder(
  folder: string,
  workflow: LoadOptions['workflow'],
): { document: string; workflowId?: string } {
  const { path, workflowId } = splitRef(workflow)
  return { document: resolve(folder, path), workflowId }
}
