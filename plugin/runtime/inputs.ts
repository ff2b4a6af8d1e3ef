import type { Workflow } from '../../src/document/model.ts'
import { type InputSource, type StaticInputs, withConstants } from '../../src/load/feed/source.ts'

/**
 * The plugin's inputs are meant for all workflows, those given with a call for one of them. A workflow that forbids
 * inputs it does not know only gets those of the plugin's that it knows.
 */
export function inputsFor(
  workflow: Workflow,
  ofPlugin: StaticInputs = {},
  given: StaticInputs = {},
): StaticInputs {
  return { ...fitting(workflow, ofPlugin), ...given }
}

/** The same for load, whose inputs may be a feed. */
export function loadInputsFor(
  workflow: Workflow,
  ofPlugin: StaticInputs = {},
  given: InputSource | undefined = undefined,
): InputSource {
  return withConstants(workflow, fitting(workflow, ofPlugin), given)
}

function fitting(workflow: Workflow, ofPlugin: StaticInputs): StaticInputs {
  const schema = typeof workflow.inputs === 'object' ? workflow.inputs : {}
  const known = (schema.properties ?? {}) as Record<string, unknown>
  const isStrict = schema.additionalProperties === false || schema.unevaluatedProperties === false
  return Object.fromEntries(
    Object.entries(ofPlugin).filter(([name]) => !isStrict || Object.hasOwn(known, name)),
  )
}
