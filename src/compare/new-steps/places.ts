import type * as model from '../../document/model.ts'
import { readOpenApi } from '../../document/openapi/description.ts'
import type { StepName } from '../../workflow/compiler.ts'
import type { StepRun, WorkflowReport } from '../../workflow/outcome.ts'

type Place = Pick<Tries, 'workflowId' | 'stepId'>

/** A step of a document, wherever its workflow is used. */
export function stepOf({ workflows }: model.ArazzoDocument, { workflowId, stepId }: Place): model.Step | undefined {
  return workflows.find(one => one.workflowId === workflowId)?.steps.find(step => step.stepId === stepId)
}

/** Name of a step in reports. */
export const keyOf = (rootId: string, { workflowId, stepId }: Place): string =>
  workflowId === rootId ? stepId : `${workflowId}.${stepId}`

/** Undefined of a step that sends no request. */
export function operationOf(document: model.ArazzoDocument, place: Place): model.Operation | undefined {
  const target = stepOf(document, place)?.target
  return target?.kind === 'operation' ? target.operation : undefined
}

/** `GET /items/{id}`; undefined of a step that sends no request. */
export function routeOf(document: model.ArazzoDocument, place: Place): string | undefined {
  const operation = operationOf(document, place)
  return operation && `${operation.method} ${operation.path}`
}

/** Ids of the steps of the workflow that lead to a step: itself, or those that run the workflow it is in. */
export function callersOf(
  document: model.ArazzoDocument,
  root: model.Workflow,
  { workflowId, stepId }: Place,
): string[] {
  if (workflowId === root.workflowId) return root.steps.filter(step => step.stepId === stepId).map(step => step.stepId)
  const leads = ({ target }: model.Step) =>
    target.kind === 'workflow' && workflowsFrom(document, target.workflow).has(workflowId)
  return root.steps.filter(leads).map(step => step.stepId)
}

/** Ids of the workflows that a run of a workflow can lead to. */
function workflowsFrom(document: model.ArazzoDocument, first: model.WorkflowReference): Set<string> {
  const found = new Set<string>()
  const follow = (within: model.ArazzoDocument, { source, workflowId }: model.WorkflowReference) => {
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

/** Statuses of a server that has no such route, or not with this method. */
const NO_ROUTE = new Set([404, 405, 501])

/** Responses to a step in runs of its workflow on one side, and whether it passed. */
export interface Tries extends Pick<StepName, 'key' | 'workflowId' | 'stepId'> {
  /** Statuses of all responses. */
  statuses: number[]
  /** Whether it failed in each run that came to it. */
  hasFailed: boolean
  /** Whether it passed in each of them. */
  hasPassed: boolean
  /** Its last attempt. */
  last: StepRun
}

/** Tries of each step that was reached. */
export function triesIn(reports: readonly WorkflowReport[]): Map<string, Tries> {
  const all = new Map<string, Tries>()
  for (const { steps } of reports) {
    const ofRun = new Map<string, Tries>()
    for (const run of steps) {
      const { workflowId, stepId, exchange, state } = run
      const key = `${workflowId}\n${stepId}`
      const status = exchange?.response?.status
      const tries = all.get(key) ?? { ...{ key, workflowId, stepId, last: run }, ...NOTHING_YET, statuses: [] }
      all.set(key, tries)
      ofRun.set(key, tries)
      tries.last = run
      if (status !== undefined && state !== 'skipped') tries.statuses.push(status)
    }
    // The last attempt of a run decides whether the step passed.
    for (const tries of ofRun.values()) {
      if (tries.last.state === 'passed') tries.hasFailed = false
      else tries.hasPassed = false
    }
  }
  return all
}
const NOTHING_YET = { hasFailed: true, hasPassed: true }

/** Whether all that it got are statuses of routes that are not there. */
export const hasNoRoute = ({ statuses }: Tries): boolean =>
  statuses.length > 0 && statuses.every(status => NO_ROUTE.has(status))

/** Whether it passed whenever it was reached, and its route was there. */
export const isThere = ({ hasPassed, statuses }: Tries): boolean =>
  hasPassed && statuses.length > 0 && statuses.every(status => status < 400)

/** Path in base of a file of head; undefined if it is not there. */
export type FileOfBase = (file: string) => string | undefined

/** Whether base's own OpenAPI file describes the operation of a step; undefined if it cannot be read. */
export function isDescribedOnBase(
  document: model.ArazzoDocument,
  place: Tries,
  fileOfBase: FileOfBase | undefined,
): boolean | undefined {
  const target = stepOf(document, place)?.target
  const source = target?.kind === 'operation' ? document.sources[target.source] : undefined
  if (target?.kind !== 'operation' || source?.type !== 'openapi') return undefined
  const file = fileOfBase?.(source.openapi.file)
  const described = file === undefined ? undefined : readOpenApi(file).api?.description.operations
  const { method, path } = target.operation
  return described?.some(one => one.method === method && withoutNames(one.path) === withoutNames(path))
}
const withoutNames = (path: string) => path.replaceAll(/\{[^}]*\}/g, '{}')
