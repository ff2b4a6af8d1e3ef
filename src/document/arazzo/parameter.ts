import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context, Reading } from '../loaded/loaded.ts'
import { resolveComponent } from '../loaded/loaded.ts'
import type { Parameter } from '../model.ts'
import { has, objects, type Raw, text } from '../raw.ts'
import { readTemplate } from './language.ts'

/** Use of parameters: an operation, a workflow's inputs, an action, all steps of a workflow, or not yet known. */
type ParameterUse = 'operation' | 'inputs' | 'action' | 'steps' | 'component'

/** Reads a list of Parameter Objects and references to components. A component is read as if it stood in the list. */
export function readParameters(
  owner: Raw,
  of: string,
  use: ParameterUse,
  context: Context,
  reading: Reading,
): Parameter[] {
  const parameters = new Map<string, Parameter>()
  for (const item of objects(owner, 'parameters')) {
    const parameter = readParameter(item, of, use, context, reading)
    if (!parameter) continue
    const key = `${parameter.in} ${parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name}`
    if (parameters.has(key)) {
      reading.problems.add({
        code: 'duplicate-parameter',
        at: parameter.at,
        failed: `read parameter "${parameter.name}" of ${of}`,
        found: `line ${parameters.get(key)!.at.line} gives it already`,
        hint: 'Remove one of the two.',
      })
    }
    parameters.set(key, parameter)
  }
  return [...parameters.values()]
}

/** One Parameter Object; `item` is it, or a Reusable Object that refers to it. */
export function readParameter(
  item: Raw,
  of: string,
  use: ParameterUse,
  context: Context,
  reading: Reading,
): Parameter | undefined {
  const isReference = has(item, 'reference')
  const raw = isReference ? resolveComponent(item, 'parameters', context.document, reading) : item
  if (!raw || context.document.misshapen.has(raw)) return undefined
  const name = text(raw, 'name')
  if (name === undefined) return undefined
  const thing = `parameter "${name}" of ${of}`
  const at = isReference ? placeInside(item, 'reference', 0) : placeOfValue(raw, 'name')
  const place = text(raw, 'in') as Parameter['in']
  if (place === undefined && (use === 'operation' || use === 'steps')) {
    const found = 'it does not say where it goes'
    reading.problems.add({
      code: 'missing-in',
      severity: use === 'operation' ? 'error' : 'warning',
      at,
      failed: `read ${thing}`,
      found: use === 'operation' ? found : `${found}, and is only passed to workflows`,
      hint: 'Add `in: path`, `query`, `header` or `cookie`.',
      firm: use === 'operation',
    })
  }
  if (place !== undefined && use === 'action') {
    const found = 'a parameter of an action becomes an input, and has no `in`'
    const hint = 'Remove it.'
    reading.problems.add({ code: 'irrelevant-field', at: placeOfKey(raw, 'in'), failed: `read ${thing}`, found, hint })
  }
  const value = readTemplate(isReference && has(item, 'value') ? item : raw, 'value', thing, context, reading)
  const isInput = use === 'inputs' || use === 'action'
  return { name, in: isInput ? undefined : place, value, at }
}
