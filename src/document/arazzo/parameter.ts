import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context } from '../loaded/loaded.ts'
import { reportOf, resolveComponent } from '../loaded/loaded.ts'
import type { Parameter } from '../model.ts'
import { has, objects, type Raw, text } from '../raw.ts'
import { readTemplate } from './language.ts'

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
