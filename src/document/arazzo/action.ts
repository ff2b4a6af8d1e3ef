import { checkInputs } from '../check/parameters.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context, LoadedWorkflow, Reading } from '../loaded/loaded.ts'
import { resolveComponent } from '../loaded/loaded.ts'
import type { Action, ActionTarget } from '../model.ts'
import { suggest } from '../problems.ts'
import { has, member, objects, type Raw, text } from '../raw.ts'
import { readCriteria } from './language.ts'
import { readParameters } from './parameter.ts'
import { findWorkflow } from './target.ts'

type ActionList = 'successActions' | 'failureActions'

/** Reads a list of Success or Failure Action Objects and references to components. */
export function readActions(
  owner: Raw,
  key: string,
  list: ActionList,
  of: string,
  context: Context,
  reading: Reading,
): Action[] {
  const actions = new Map<string, Action>()
  for (const item of objects(owner, key)) {
    const action = readAction(item, list, of, context, reading)
    if (!action) continue
    const first = actions.get(action.name)
    if (!first) actions.set(action.name, action)
    else {
      reading.problems.add({
        code: 'duplicate-action',
        at: action.at,
        failed: `read ${wordFor(list)} "${action.name}" of ${of}`,
        found: `line ${first.at.line} has one of that name`,
        hint: 'Give each action a name of its own.',
      })
    }
  }
  return [...actions.values()]
}

const wordFor = (list: ActionList) => (list === 'successActions' ? 'success action' : 'failure action')

/** One action; `item` is it, or a Reusable Object that refers to it. */
export function readAction(
  item: Raw,
  list: ActionList,
  of: string,
  context: Context,
  reading: Reading,
): Action | undefined {
  const isReference = has(item, 'reference')
  const raw = isReference ? resolveComponent(item, list, context.document, reading) : item
  const name = text(raw, 'name')
  if (!raw || name === undefined || context.document.misshapen.has(raw)) return undefined
  return new ActionReader(raw, name, `${wordFor(list)} "${name}" of ${of}`, context, reading).read(
    isReference ? placeInside(item, 'reference', 0) : placeOfValue(raw, 'name'),
  )
}

class ActionReader {
  readonly #raw: Raw
  readonly #name: string
  readonly #thing: string
  readonly #context: Context
  readonly #reading: Reading

  constructor(raw: Raw, name: string, thing: string, context: Context, reading: Reading) {
    this.#raw = raw
    this.#name = name
    this.#thing = thing
    this.#context = context
    this.#reading = reading
  }

  read(at: Action['at']): Action | undefined {
    const type = text(this.#raw, 'type')
    const { to, workflow } = type === 'end' ? {} : this.#target()
    this.#checkFields(type)
    const shared = {
      name: this.#name,
      at,
      criteria: readCriteria(this.#raw, 'criteria', this.#thing, this.#context, this.#reading),
      parameters: this.#parameters(workflow),
    }
    if (type === 'end') return { ...shared, type }
    if (type === 'goto') return to && { ...shared, type, to }
    const retryAfter = (member(this.#raw, 'retryAfter') as number | undefined) ?? 0
    const retryLimit = (member(this.#raw, 'retryLimit') as number | undefined) ?? 1
    return { ...shared, type: 'retry', retryAfter: retryAfter * 1000, retryLimit, to }
  }

  #parameters(workflow: LoadedWorkflow | undefined): Action['parameters'] {
    const parameters = readParameters(this.#raw, this.#thing, 'action', this.#context, this.#reading)
    if (workflow) checkInputs(parameters, workflow, this.#thing, this.#reading)
    return parameters
  }

  #target(): { to?: ActionTarget; workflow?: LoadedWorkflow } {
    const raw = this.#raw
    if (has(raw, 'stepId') && has(raw, 'workflowId')) {
      this.#add('exclusive-fields', 'workflowId', '`stepId` and `workflowId` exclude each other', 'Remove one of them.')
    }
    const stepId = text(raw, 'stepId')
    if (stepId !== undefined) return { to: this.#step(stepId) }
    if (text(raw, 'workflowId') !== undefined) {
      const found = findWorkflow(raw, 'workflowId', this.#context.document, this.#reading)
      return found ? { to: { kind: 'workflow', workflow: found.reference }, workflow: found.workflow } : {}
    }
    if (text(raw, 'type') === 'goto') {
      this.#add('missing-field', 'type', 'it does not say where to go', 'Give it a `stepId` or a `workflowId`.')
    }
    return {}
  }

  #step(stepId: string): ActionTarget | undefined {
    const { workflow } = this.#context
    if (!workflow || workflow.steps.has(stepId)) return { kind: 'step', stepId }
    return this.#reading.problems.addFirm({
      code: 'undefined-step',
      at: placeInside(this.#raw, 'stepId', 0),
      failed: `read ${this.#thing}`,
      found: `workflow "${workflow.workflowId}" has no step "${stepId}"`,
      hint: suggest(stepId, workflow.steps.keys(), 'steps'),
    })
  }

  /** Fields that mean nothing for this kind of action. */
  #checkFields(type: string | undefined): void {
    const raw = this.#raw
    const useless = (field: string, found: string) => {
      if (!has(raw, field)) return
      this.#add('irrelevant-field', field, `\`${field}\` means nothing ${found}`, 'Remove it.', 'warning')
    }
    if (type === 'end') for (const field of ['stepId', 'workflowId']) useless(field, 'when the workflow ends')
    if (type !== 'retry') for (const field of ['retryAfter', 'retryLimit']) useless(field, 'without a retry')
    if (!has(raw, 'workflowId')) useless('parameters', 'without a `workflowId`')
  }

  #add(
    code: 'exclusive-fields' | 'missing-field' | 'irrelevant-field',
    field: string,
    found: string,
    hint: string,
    severity: 'error' | 'warning' = 'error',
  ): void {
    const finding = { code, at: placeOfKey(this.#raw, field), failed: `read ${this.#thing}`, found, hint }
    this.#reading.problems.add({ ...finding, severity, firm: severity === 'error' })
  }
}
