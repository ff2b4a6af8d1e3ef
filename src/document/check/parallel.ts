import { VITEST_FIELD } from '../extension-fields.ts'
import { placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { LoadedStep, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { has, list, member, object, type Raw, scalar, text } from '../raw.ts'
import { actionsOf } from './actions.ts'

/** Whether steps of a workflow that do not wait for one another run at the same time. */
export function isParallel(workflow: LoadedWorkflow): boolean {
  const owner = ownerOf(workflow)
  return owner !== undefined && member(owner, 'parallel') === true
}

/** Where it says so: its own `x-vitest`, or that of its document. */
function ownerOf({ raw, document }: LoadedWorkflow): Raw | undefined {
  return [raw, document.root].map(of => object(of, VITEST_FIELD)).find(of => has(of, 'parallel'))
}

/** Reports what has no meaning where steps run at the same time. */
export function checkParallel(workflow: LoadedWorkflow, reading: Reading): void {
  const owner = ownerOf(workflow)
  if (owner === undefined) return
  const value = member(owner, 'parallel')
  const failed = `read \`${VITEST_FIELD}.parallel\``
  if (typeof value !== 'boolean') {
    const found = 'it is neither true nor false'
    return reading.problems.addFirm({
      code: 'wrong-type',
      at: placeOfValue(owner, 'parallel'),
      failed,
      found,
      hint: 'Write `parallel: true`, or leave it out.',
    })
  }
  if (!value) return
  const { document } = workflow
  if (document.version === '1.0') {
    return reading.problems.addFirm({
      code: 'newer-field',
      at: placeOfKey(owner, 'parallel'),
      failed,
      found: `\`dependsOn\` of steps came with Arazzo 1.1, and the document is ${scalar(document.root, 'arazzo')}`,
      hint: 'Write `arazzo: 1.1.0` at the top.',
    })
  }
  for (const step of workflow.allSteps) {
    for (const field of ['onSuccess', 'onFailure'] as const)
      for (const action of actionsOf(step, field, workflow)) checkAction(action, field, step, workflow, reading)
  }
}

function checkAction(
  action: Raw,
  field: 'onSuccess' | 'onFailure',
  step: LoadedStep,
  { workflowId }: LoadedWorkflow,
  reading: Reading,
): void {
  const wrong = wrongWith(action, field)
  if (wrong === undefined) return
  reading.problems.addFirm({
    code: 'parallel-steps',
    at: placeOfKey(action, 'type'),
    failed: `read action "${text(action, 'name') ?? ''}" of step "${step.stepId}"`,
    found: `${wrong.found}, and the steps of workflow "${workflowId}" run at the same time`,
    hint: `${wrong.hint} Or remove \`parallel: true\`.`,
  })
}

function wrongWith(action: Raw, field: 'onSuccess' | 'onFailure'): { found: string; hint: string } | undefined {
  const type = text(action, 'type')
  if (type === 'goto') {
    const hint = 'Say by `dependsOn` what comes after what, or put the steps between which it goes into a workflow.'
    return { found: 'it goes elsewhere', hint }
  }
  if (type === 'end' && field === 'onSuccess') {
    const hint = 'Put the steps that it leaves out into a workflow of their own.'
    return { found: 'it ends the workflow', hint }
  }
  if (type === 'retry' && has(action, 'stepId')) {
    const hint = 'Put both steps into a workflow of their own, or what is to run before it is tried again.'
    return { found: `it runs step "${text(action, 'stepId')}" once more`, hint }
  }
  return undefined
}

/** Whether a workflow has an order of its own: steps are sorted by what they wait for. */
export function isSorted(workflow: LoadedWorkflow): boolean {
  return isParallel(workflow) || workflow.allSteps.some(step => list(step.raw, 'dependsOn').length > 0)
}
