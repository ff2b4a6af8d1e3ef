import type { Workflow } from '../../document/model.ts'
import { asFeed, fitting, fixed, type InputRow, type InputSource, type StaticInputs } from '../feed/source.ts'
import { joinInputs, NO_INPUTS, type ResolvedInputs, resolveInputs } from '../plan/inputs.ts'
import type { SuiteOptions } from './options.ts'

/**
 * The plugin's inputs are meant for all workflows, those given with a call for one of them. A workflow that forbids
 * inputs it does not know only gets those of the plugin's that it knows.
 */
export function inputsFor(workflow: Workflow, ofPlugin: StaticInputs = {}, given: StaticInputs = {}): StaticInputs {
  return { ...fitting(workflow, ofPlugin), ...given }
}

/**
 * Inputs of a suite: of its setups, of the plugin, of the document's `x-vitest`, of the workflow's, and of its row, the
 * later ones first.
 */
export function suiteInputs(
  workflow: Workflow,
  { common, inputs, isEachCommon }: SuiteOptions,
  row: InputRow = {},
  ofPlugin: StaticInputs = {},
  ofSetups = NO_INPUTS,
): ResolvedInputs {
  const resolved = resolveInputs(inputsFor(workflow, { ...ofPlugin, ...common }, inputs))
  // Values of a row are used unchanged.
  const own = isEachCommon ? fitting(workflow, row) : row
  const fromSetups = { ...ofSetups, inputs: fitting(workflow, ofSetups.inputs) }
  return joinInputs(fromSetups, resolved, { inputs: own, secretInputs: [] })
}

/** Feed for the load tests of the workflow, whose iterations use the rows in turn. */
export function suiteFeed(workflow: Workflow, { common, inputs, each }: SuiteOptions): InputSource | undefined {
  const constants = inputsFor(workflow, common, inputs)
  if (each === undefined) return Object.keys(constants).length > 0 ? fixed(constants) : undefined
  const { name: _, at: __, ...feed } = each
  return asFeed({ ...feed, constants })
}
