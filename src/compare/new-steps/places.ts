import type { ArazzoDocument, Operation, Step, Workflow, WorkflowReference } from '../../document/model.ts'
import type { Tries } from './tries.ts'

type Place = Pick<Tries, 'workflowId' | 'stepId'>

/** A step of a document, wherever its workflow is used. */
export function stepOf({ workflows }: ArazzoDocument, { workflowId, stepId }: Place): Step | undefined {
  return workflows.find(one => one.workflowId === workflowId)?.steps.find(step => step.stepId === stepId)
}

/** Name of a step in reports. */
export const keyOf = (rootId: string, { workflowId, stepId }: Place): string =>
  workflowId === rootId ? stepId : `${workflowId}.${stepId}`

/** Undefined of a step that sends no request. */
export function operationOf(document: ArazzoDocument, place: Place): Operation | undefined {
  const target = stepOf(document, place)?.target
  return target?.kind === 'operation' ? target.operation : undefined
}

/** `GET /items/{id}`; undefined of a step that sends no request. */
export function routeOf(document: ArazzoDocument, place: Place): string | undefined {
  const operation = operationOf(document, place)
  return operation && `${operation.method} ${operation.path}`
}

/** Ids of the steps of the workflow that lead to a step: itself, or those that run the workflow it is in. */
export function callersOf(document: ArazzoDocument, root: Workflow, { workflowId, stepId }: Place): string[] {
  if (workflowId === root.workflowId) return root.steps.filter(step => step.stepId === stepId).map(step => step.stepId)
  const leads = ({ target }: Step) =>
    target.kind === 'workflow' && workflowsFrom(document, target.workflow).has(workflowId)
  return root.steps.filter(leads).map(step => step.stepId)
}

/** Ids of the workflows that a run of a workflow can lead to. */
function workflowsFrom(document: ArazzoDocument, first: WorkflowReference): Set<string> {
  const found = new Set<string>()
  const follow = (within: ArazzoDocument, { source, workflowId }: WorkflowReference) => {
    const owner = source === undefined ? undefined : within.sources[source]
    const home = owner?.type === 'arazzo' ? owner.arazzo : within
    if (found.has(workflowId)) return
    found.add(workflowId)
    const workflow = home.workflows.find(one => one.workflowId === workflowId)
    for (const reference of workflow?.dependsOn ?? []) follow(home, reference)
    for (const { target } of workflow?.steps ?? []) if (target.kind === 'workflow') follow(home, target.workflow)
  }
  follow(document, first)
  return found
}
