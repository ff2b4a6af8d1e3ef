import { componentOf } from '../loaded/component.ts'
import type { LoadedStep, LoadedWorkflow } from '../loaded/loaded.ts'
import { has, objects, type Raw, text } from '../raw.ts'

/** A step's own actions and those of the workflow that it does not override by name. */
export function actionsOf(step: LoadedStep, own: 'onSuccess' | 'onFailure', workflow: LoadedWorkflow): Raw[] {
  const shared = own === 'onSuccess' ? 'successActions' : 'failureActions'
  const resolve = (action: Raw) =>
    has(action, 'reference') ? (componentOf(action, shared, workflow.document) ?? action) : action
  const actions = objects(step.raw, own).map(resolve)
  const names = new Set(actions.map(action => text(action, 'name')))
  const inherited = objects(workflow.raw, shared).map(resolve)
  return [...actions, ...inherited.filter(action => !names.has(text(action, 'name')))]
}
