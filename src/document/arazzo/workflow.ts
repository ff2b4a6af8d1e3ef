import { given } from '../../ground/given.ts'
import { checkDependsOn } from '../check/depends-on.ts'
import { flowOf } from '../check/flow.ts'
import { checkParallel, isParallel } from '../check/parallel.ts'
import { knows } from '../check/parameters.ts'
import { checkReads } from '../check/reads.ts'
import { placeOfKey } from '../file/source-file.ts'
import type { Context } from '../loaded/context.ts'
import type { LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import type { Parameter, Step, Workflow } from '../model.ts'
import { has, list, text } from '../raw.ts'
import { readActions } from './action.ts'
import { readExtensions } from './extension.ts'
import { readParameters } from './parameter.ts'
import { readOutputs, readStep } from './step.ts'
import { findWorkflow } from './target.ts'

/** Reads a Workflow Object and reports whatever is wrong in it. Steps that cannot be read are left out. */
export function readWorkflow(loaded: LoadedWorkflow, reading: Reading): Workflow {
  const { raw, workflowId, document, inputs } = loaded
  const thing = `workflow "${workflowId}"`
  const before: Context = { document, workflow: loaded, moment: 'before' }
  const steps = loaded.allSteps
  // Parameters of steps that only run workflows are inputs, and need no place.
  const workflows = steps.filter(step => has(step.raw, 'workflowId')).length
  const use = workflows === 0 ? 'operation' : workflows === steps.length ? 'inputs' : 'steps'
  const parameters = readParameters(raw, thing, use, before, reading)
  const read = steps.flatMap(step => readStep(step, loaded, parameters, reading) ?? [])
  const after: Context = { ...before, moment: 'after' }
  checkShared(parameters, read, thing, document, reading)
  checkReachable(loaded, reading)
  checkDependsOn(loaded, reading)
  checkReads(loaded, reading)
  checkParallel(loaded, reading)
  const [summary, description] = [text(raw, 'summary'), text(raw, 'description')]
  const dependsOn = list(raw, 'dependsOn')
  return given({
    workflowId,
    at: placeOfKey(raw, 'workflowId'),
    summary,
    description,
    parallel: isParallel(loaded) || undefined,
    inputs,
    dependsOn: dependsOn.flatMap((written, index) =>
      typeof written === 'string' ? (findWorkflow(dependsOn, index, document, reading)?.reference ?? []) : [],
    ),
    steps: read,
    successActions: readActions(raw, 'successActions', 'successActions', thing, after, reading),
    failureActions: readActions(raw, 'failureActions', 'failureActions', thing, after, reading),
    parameters,
    outputs: readOutputs(raw, thing, { ...before, moment: 'end' }, reading),
    extensions: readExtensions(raw),
  })
}

/** Parameters for all steps: one that no step's operation knows is a mistake. */
function checkShared(
  parameters: readonly Parameter[],
  steps: readonly Step[],
  thing: string,
  { sources }: LoadedWorkflow['document'],
  reading: Reading,
): void {
  const targets = steps.map(step => step.target)
  if (targets.length === 0 || targets.some(target => target.kind === 'workflow')) return
  for (const parameter of parameters) {
    const isKnown = targets.some(target => {
      if (target.kind === 'channel')
        return parameter.in === 'header' || (parameter.in === 'path' && parameter.name in target.channel.parameters)
      const source = target.kind === 'operation' ? sources.get(target.source) : undefined
      return (
        target.kind === 'operation' &&
        source?.type === 'openapi' &&
        knows(target.operation, parameter, source.api.description)
      )
    })
    if (isKnown) continue
    reading.problems.warn({
      code: 'unknown-parameter',
      at: parameter.at,
      failed: `read parameter "${parameter.name}" of ${thing}`,
      found: `none of its operations has a ${parameter.in} parameter "${parameter.name}"`,
    })
  }
}

function checkReachable(workflow: LoadedWorkflow, reading: Reading): void {
  for (const step of flowOf(workflow).unreachable) {
    reading.problems.warn({
      code: 'unreachable-step',
      at: placeOfKey(step.raw, 'stepId'),
      failed: `find a way to step "${step.stepId}"`,
      found: 'the step before always goes elsewhere, and nothing goes here',
      hint: 'Go to it in an action, or remove it.',
    })
  }
}
