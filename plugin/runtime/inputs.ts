import type { Workflow } from '../../src/document/model.ts'
import type { InputSource } from '../../src/load/options.ts'

/**
 * The plugin's inputs are meant for all workflows, those given with a call for one of them. A workflow that forbids
 * inputs it does not know only gets those of the plugin's that it knows.
 */
export function inputsFor(
  workflow: Workflow,
  ofPlugin: InputSource = {},
  given: InputSource = {},
): InputSource {
  const schema = typeof workflow.inputs === 'object' ? workflow.inputs : {}
  const known = (schema.properties ?? {}) as Record<string, unknown>
  const isStrict = schema.additionalProperties === false || schema.unevaluatedProperties === false
  const fitting = Object.entries(ofPlugin).filter(([name]) => !isStrict || Object.hasOwn(known, name))
  return { ...Object.fromEntries(fitting), ...given }
}
