import { checkInputs } from '../check/parameters.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context, LoadedWorkflow } from '../loaded/loaded.ts'
import { reportOf, resolveComponent } from '../loaded/loaded.ts'
import type { Action, ActionTarget, Parameter } from '../model.ts'
import { suggest } from '../problems.ts'
import { has, member, objects, type Raw, text } from '../raw.ts'
import { readCriteria, readTemplate } from './language.ts'
import { findWorkflow } from './target.ts'

type ActionList = 'successActions' | 'failureActions'

/** Reads a list of Success or Failure Action Objects and references to components. */
export function readActions(owner: Raw, key: string, list: ActionList, context: Context): Action[] {
  const actions = new Map<string, Action>()
  for (const item of objects(owner, key)) {
    const action = readAction(item, list, context)
    if (!action) continue
    const first = actions.get(action.name)
    if (!first) actions.set(action.name, action)
    else
      reportOf(within(context, list, action.name)).error('duplicate-action', action.at, {
        found: `line ${first.at.line} has one of that name`,
        hint: 'Give each action a name of its own.',
      })
  }
  return [...actions.values()]
}

function within(context: Context, list: ActionList, name: string): Context {
  const word = list === 'successActions' ? 'success action' : 'failure action'
  return { ...context, thing: `${word} "${name}" of ${context.thing}` }
}

/** One action of the thing that is read; `item` is it, or a Reusable Object that refers to it. */
export function readAction(item: Raw, list: ActionList, of: Context): Action | undefined {
  const isReference = has(item, 'reference')
  const raw = isReference ? resolveComponent(item, list, of.document) : item
  const name = text(raw, 'name')
  if (!raw || name === undefined || of.document.misshapen.has(raw)) return undefined
  const context = within(of, list, name)
  const type = text(raw, 'type')
  const { to, workflow } = type === 'end' ? {} : readTarget(raw, context)
  checkFields(raw, type, context)
  const criteria = readCriteria(raw, 'criteria', context)
  const parameters = readParameters(raw, 'action', context)
  if (workflow) checkInputs(parameters, workflow, context)
  const at = isReference ? placeInside(item, 'reference', 0) : placeOfValue(raw, 'name')
  const shared = { name, at, criteria, parameters }
  if (type === 'end') return { ...shared, type }
  if (type === 'goto') return to && { ...shared, type, to }
  const retryAfter = (member(raw, 'retryAfter') as number | undefined) ?? 0
  const retryLimit = (member(raw, 'retryLimit') as number | undefined) ?? 1
  return { ...shared, type: 'retry', retryAfter: retryAfter * 1000, retryLimit, to }
}

function readTarget(raw: Raw, context: Context): { to?: ActionTarget; workflow?: LoadedWorkflow } {
  const report = reportOf(context)
  if (has(raw, 'stepId') && has(raw, 'workflowId')) {
    const found = '`stepId` and `workflowId` exclude each other'
    report.firm('exclusive-fields', placeOfKey(raw, 'workflowId'), { found, hint: 'Remove one of them.' })
  }
  const stepId = text(raw, 'stepId')
  if (stepId !== undefined) {
    const { workflow } = context
    if (!workflow || workflow.steps.has(stepId)) return { to: { kind: 'step', stepId } }
    const found = `workflow "${workflow.workflowId}" has no step "${stepId}"`
    const hint = suggest(stepId, workflow.steps.keys(), 'steps')
    report.firm('undefined-step', placeInside(raw, 'stepId', 0), { found, hint })
    return {}
  }
  if (text(raw, 'workflowId') !== undefined) {
    const found = findWorkflow(raw, 'workflowId', context.document)
    return found ? { to: { kind: 'workflow', workflow: found.reference }, workflow: found.workflow } : {}
  }
  const hint = 'Give it a `stepId` or a `workflowId`.'
  if (text(raw, 'type') === 'goto')
    report.firm('missing-field', placeOfKey(raw, 'type'), { found: 'it does not say where to go', hint })
  return {}
}

/** Fields that mean nothing for this kind of action. */
function checkFields(raw: Raw, type: string | undefined, context: Context): void {
  const useless = (field: string, found: string) => {
    if (!has(raw, field)) return
    const what = { found: `\`${field}\` means nothing ${found}`, hint: 'Remove it.' }
    reportOf(context).warn('irrelevant-field', placeOfKey(raw, field), what)
  }
  if (type === 'end') for (const field of ['stepId', 'workflowId']) useless(field, 'when the workflow ends')
  if (type !== 'retry') for (const field of ['retryAfter', 'retryLimit']) useless(field, 'without a retry')
  if (!has(raw, 'workflowId')) useless('parameters', 'without a `workflowId`')
}

/** Use of parameters: an operation, a workflow's inputs, an action, all steps of a workflow, or not yet known. */
type ParameterUse = 'operation' | 'inputs' | 'action' | 'steps' | 'component'

/** Reads a list of Parameter Objects and references to components. A component is read as if it stood in the list. */
export function readParameters(owner: Raw, use: ParameterUse, context: Context): Parameter[] {
  const parameters = new Map<string, Parameter>()
  for (const item of objects(owner, 'parameters')) {
    const parameter = readParameter(item, use, context)
    if (!parameter) continue
    const { name, in: place, at } = parameter
    const key = `${place} ${place === 'header' ? name.toLowerCase() : name}`
    const first = parameters.get(key)
    if (first)
      reportOf({ ...context, thing: `parameter "${name}" of ${context.thing}` }).error('duplicate-parameter', at, {
        found: `line ${first.at.line} gives it already`,
        hint: 'Remove one of the two.',
      })
    parameters.set(key, parameter)
  }
  return [...parameters.values()]
}

/** One Parameter Object of the thing that is read; `item` is it, or a Reusable Object that refers to it. */
export function readParameter(item: Raw, use: ParameterUse, of: Context): Parameter | undefined {
  const isReference = has(item, 'reference')
  const raw = isReference ? resolveComponent(item, 'parameters', of.document) : item
  if (!raw || of.document.misshapen.has(raw)) return undefined
  const name = text(raw, 'name')
  if (name === undefined) return undefined
  const context = { ...of, thing: `parameter "${name}" of ${of.thing}` }
  const report = reportOf(context)
  const at = isReference ? placeInside(item, 'reference', 0) : placeOfValue(raw, 'name')
  const place = text(raw, 'in') as Parameter['in']
  const found = 'it does not say where it goes'
  const hint = 'Add `in: path`, `query`, `header` or `cookie`.'
  if (place === undefined && use === 'operation') report.firm('missing-in', at, { found, hint })
  if (place === undefined && use === 'steps')
    report.warn('missing-in', at, { found: `${found}, and is only passed to workflows`, hint })
  if (place !== undefined && use === 'action')
    report.error('irrelevant-field', placeOfKey(raw, 'in'), {
      found: 'a parameter of an action becomes an input, and has no `in`',
      hint: 'Remove it.',
    })
  const value = readTemplate(isReference && has(item, 'value') ? item : raw, 'value', context)
  const isInput = use === 'inputs' || use === 'action'
  return { name, in: isInput ? undefined : place, value, at }
}
