import type * as model from '../../document/model.ts'
import { expressionsIn } from '../../expression/references.ts'
import { quoted } from '../../ground/words.ts'
import { findWorkflow } from '../../workflow/find.ts'
import { expressionsOfActions, prerequisites } from '../../workflow/parallel.ts'
import { stepOf, type Tries } from './places.ts'

/** Status of a path that is not served, and of data that is not there. */
export const UNSERVED = 404

/** End of a path that no application serves, for the path of any operation. */
const END = '/vitest-arazzo/no-such-path'

/** The document with another path for a step, which no application serves. */
export const withUnservedPath = (document: model.ArazzoDocument, place: Tries): model.ArazzoDocument | undefined =>
  withOperation(document, place, ({ path }) => ({ path: path.replace(/\/$/, '') + END }))

/** The document with a step that gets which methods its path has. */
export const withOptions = (document: model.ArazzoDocument, place: Tries): model.ArazzoDocument | undefined =>
  withOperation(document, place, () => ({ method: 'OPTIONS' }))

function withOperation(
  document: model.ArazzoDocument,
  place: Tries,
  change: (operation: model.Operation) => Partial<model.Operation>,
): model.ArazzoDocument | undefined {
  const step = stepOf(document, place)
  if (step?.target.kind !== 'operation') return undefined
  const { operation } = step.target
  return withStep(document, place.workflowId, {
    ...step,
    target: { ...step.target, operation: { ...operation, ...change(operation) } },
  })
}

/** Methods of the path of a step, by the last response to it. */
export function methodsIn({ last }: Tries): string[] {
  const { allow = '' } = last.exchange?.response?.headers ?? {}
  return allow.toUpperCase().split(/[\s,]+/)
}

/** Whether the last response to a step is that to a path which is not served. */
export function isUnserved(tries: Tries, unserved: Tries): boolean {
  const [own, other] = [tries, unserved].map(({ last }) => last.exchange?.response)
  if (own === undefined || other === undefined || own.status !== other.status) return false
  return own.headers['content-type'] === other.headers['content-type'] && wordsOf(own.body) === wordsOf(other.body)
}

/** A body without the path, ids and times that it may hold. */
const wordsOf = (body: unknown) =>
  (JSON.stringify(body) ?? '').replaceAll(END, '').replaceAll(/[0-9a-f]{8}[0-9a-f-]*|\d+/gi, '#')

/**
 * The document without such steps of its workflow and those that need them (`needs` has the id of each of these, with
 * the id of the step that it needs); or a sentence that says why not.
 */
export function withoutSteps(document: model.ArazzoDocument, workflowId: string, stepIds: readonly string[]) {
  const workflow = findWorkflow(document, workflowId)
  const { gone, needs } = goneWith(workflow, stepIds)
  const left = workflow.steps.filter(({ stepId }) => !gone.has(stepId))
  if (left.length === 0) return { fault: `nothing is left to compare: base lacks ${quoted([...gone])}` }
  const fault = whyNot(workflow, gone)
  if (fault !== undefined) return { fault }
  const actions = (all: readonly model.Action[]) => all.map(action => redirected(action, workflow, gone))
  const reduced: model.Workflow = {
    ...workflow,
    steps: left.map(step => ({ ...step, onSuccess: actions(step.onSuccess), onFailure: actions(step.onFailure) })),
    successActions: actions(workflow.successActions),
    failureActions: actions(workflow.failureActions),
    outputs: workflow.outputs.filter(output => !reads(output, gone)),
  }
  return { document: withWorkflow(document, workflow, reduced), needs }
}

/** The document with a step as it is given, in the place of the one with its id. */
function withStep(document: model.ArazzoDocument, workflowId: string, step: model.Step): model.ArazzoDocument {
  const workflow = findWorkflow(document, workflowId)
  const steps = workflow.steps.map(one => (one.stepId === step.stepId ? step : one))
  return withWorkflow(document, workflow, { ...workflow, steps })
}

function withWorkflow(
  document: model.ArazzoDocument,
  workflow: model.Workflow,
  by: model.Workflow,
): model.ArazzoDocument {
  return { ...document, workflows: document.workflows.map(one => (one === workflow ? by : one)) }
}

function goneWith({ steps }: model.Workflow, stepIds: readonly string[]) {
  const gone = new Set(stepIds)
  const needs = new Map<string, string>()
  const needed = (step: model.Step) => prerequisites(step).find(id => gone.has(id))
  // Each turn finds one more, as a step may stand before what it needs.
  for (;;) {
    const next = steps.find(step => !gone.has(step.stepId) && needed(step) !== undefined)
    if (next === undefined) return { gone, needs }
    needs.set(next.stepId, needed(next)!)
    gone.add(next.stepId)
  }
}

/** The run goes where these steps say, or the whole workflow reads what they give. */
function whyNot({ steps, parameters, successActions, failureActions }: model.Workflow, gone: ReadonlySet<string>) {
  const steering = steps.find(
    ({ stepId, onSuccess }) => gone.has(stepId) && onSuccess.some(one => one.type !== 'retry'),
  )
  if (steering) return `the onSuccess of step "${steering.stepId}" says where the run goes on`
  const ofActions = expressionsOfActions([...successActions, ...failureActions])
  const isRead = ofActions.some(one => one.kind === 'steps' && gone.has(one.stepId))
  if (isRead || parameters.some(parameter => reads(parameter, gone)))
    return `the whole workflow reads outputs of ${quoted([...gone])}, which base does not have`
  return undefined
}
const reads = ({ value }: model.Output | model.Parameter, gone: ReadonlySet<string>) =>
  expressionsIn(value).some(({ expression }) => expression.kind === 'steps' && gone.has(expression.stepId))

/** A jump to a step that is not there goes to the next one that is. */
function redirected(action: model.Action, { steps }: model.Workflow, gone: ReadonlySet<string>): model.Action {
  if (action.type === 'end' || action.to?.kind !== 'step' || !gone.has(action.to.stepId)) return action
  const { name, at, criteria, parameters } = action
  if (action.type === 'retry') {
    const { to: _, ...alone } = action
    return alone
  }
  const from = steps.findIndex(({ stepId }) => stepId === (action.to as { stepId: string }).stepId)
  const next = steps.slice(from).find(({ stepId }) => !gone.has(stepId))
  const shared = { name, at, criteria, parameters }
  return next ? { ...shared, type: 'goto', to: { kind: 'step', stepId: next.stepId } } : { ...shared, type: 'end' }
}
