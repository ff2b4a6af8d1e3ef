import type { ArazzoDocument, Workflow } from '../../src/document/model.ts'
import { environment } from '../../src/ground/environment.ts'
import { ArazzoError, type Problem } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { isObject } from '../../src/ground/object.ts'
import { type InputRow, propertiesOf } from '../../src/load/feed/source.ts'
import { variableOf } from '../../src/load/plan/inputs.ts'
import { namesOfSetups } from '../../src/load/suites/hooks.ts'
import { inputsFor } from '../../src/load/suites/inputs.ts'
import type { Suite } from '../../src/load/suites/parts.ts'
import { suiteRows } from '../../src/load/suites/rows.ts'
import type { Hindrance, WantedOption } from '../../src/report/diagnosis.ts'
import { inputProblems, missingInputs, withDefaults } from '../../src/workflow/inputs.ts'
import { variableOf as variableFor } from '../../src/workflow/security/needed.ts'
import { unsetHindrance } from './environment.ts'
import type { DoctorProject } from './project.ts'

/** Inputs of a workflow that nobody gives, that do not fit, or that the environment does not have. */
export function inputHindrances(document: ArazzoDocument, suite: Suite, project: DoctorProject): Hindrance[] {
  const { workflow, options, part } = suite
  if (part !== undefined || options.skip === true) return []
  const given = inputsFor(workflow, { ...project.options.inputs, ...options.common }, options.inputs)
  const ofDocument = new Set([...Object.keys(options.common), ...Object.keys(options.inputs)])
  const values: Record<string, unknown> = {}
  const unset: Hindrance[] = []
  for (const [name, value] of Object.entries(given)) {
    const variable = variableOf(value)
    values[name] = variable === undefined ? value : environment()[variable]
    if (variable === undefined || values[name] !== undefined) continue
    unset.push(unsetHindrance(variable, `input "${name}"`, project, ofDocument.has(name) ? workflow.at : undefined))
  }
  // What their values will be nobody knows.
  if (unset.length > 0) return unset
  const rows = rowsOf(suite)
  if (!Array.isArray(rows)) return rows.problems.map(hindranceOf)
  const { names, areOpen } = namesOfSetups(document, options.hooks)
  const isOpen = areOpen || project.options.setup !== undefined
  const mayCome = (name: string) => isOpen || names.includes(name)
  return rows.flatMap(row => rowHindrances(document, workflow, { ...values, ...row }, mayCome))
}

/** One row without values where the suite is not driven by data. */
function rowsOf({ workflow, options: { each } }: Suite): InputRow[] | ArazzoError {
  if (each === undefined) return [{}]
  try {
    return suiteRows(each, workflow).map(({ inputs }) => inputs)
  } catch (error) {
    if (error instanceof ArazzoError) return error
    throw error
  }
}

/** @param mayCome whether an input of this name may come from a setup. */
function rowHindrances(
  document: ArazzoDocument,
  workflow: Workflow,
  row: InputRow,
  mayCome: (name: string) => boolean,
): Hindrance[] {
  const wanted = new Map(
    missingInputs(workflow, row).map(name => [
      failed('start', `workflow "${workflow.workflowId}"`, `input "${name}" is missing`),
      mayCome(name) ? undefined : optionFor(document, workflow, name),
    ]),
  )
  return inputProblems(workflow, withDefaults(workflow.inputs, row)).flatMap(problem => {
    const option = wanted.get(problem.message)
    if (option !== undefined) return { ...hindranceOf(problem), option }
    return wanted.has(problem.message) ? [] : hindranceOf(problem)
  })
}

/** Text comes from the environment; a value of another type nobody can make up. */
function optionFor({ sources }: ArazzoDocument, workflow: Workflow, name: string): WantedOption {
  const schema = propertiesOf(workflow.inputs)[name]
  const [type] = [isObject(schema) ? schema.type : undefined].flat()
  const isText = type === undefined || type === 'string'
  const code = isText ? `{ env: '${variableFor(Object.keys(sources)[0], name)}' }` : `/* ${String(type)} */`
  return { path: ['inputs', name], code, isKnown: isText }
}

export function hindranceOf({ severity, message, hint, at }: Problem): Hindrance {
  return hint === undefined ? { severity, message, at } : { severity, message, hint, at }
}
