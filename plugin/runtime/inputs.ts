import type { Workflow } from '../../src/document/model.ts'
import { failed } from '../../src/errors.ts'
import type { InputSource } from '../../src/load/options.ts'

export interface ResolvedInputs {
  inputs: Record<string, unknown>
  /** Names of those that came from the environment. */
  secretInputs: string[]
}

/** Reads what comes from the environment of this worker, which is the one that Vitest prepared for the tests. */
export function resolveInputs(source: InputSource): ResolvedInputs {
  const inputs: Record<string, unknown> = {}
  const secretInputs: string[] = []
  for (const [name, value] of Object.entries(source)) {
    const variable = variableOf(value)
    if (variable !== undefined) secretInputs.push(name)
    inputs[name] = variable === undefined ? value : read(name, variable)
  }
  return { inputs, secretInputs }
}

function read(name: string, variable: string): string {
  const value = process.env[variable]
  if (value !== undefined) return value
  throw new Error(
    failed(
      'read',
      `input "${name}"`,
      `the environment has no ${variable}`,
      'Set it, say in the .env file or in the settings of CI.',
    ),
  )
}

/** `{ env: 'NAME' }`, and nothing else in it. */
function variableOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined
  const { env } = value as { env?: unknown }
  return typeof env === 'string' ? env : undefined
}

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
