import { environment, unsetVariables } from '../../ground/environment.ts'
import { failure } from '../../ground/fault.ts'
import type { StaticInputs } from '../feed/source.ts'

export interface ResolvedInputs {
  inputs: Record<string, unknown>
  /** Names of inputs that came from the environment, which makes them secrets. */
  secretInputs: string[]
}

export const NO_INPUTS: ResolvedInputs = { inputs: {}, secretInputs: [] }

/** Inputs of several sources; later ones come before earlier ones. */
export function joinInputs(...all: readonly ResolvedInputs[]): ResolvedInputs {
  return {
    inputs: Object.assign({}, ...all.map(({ inputs }) => inputs)),
    secretInputs: [...new Set(all.flatMap(({ secretInputs }) => secretInputs))],
  }
}

/**
 * Reads inputs from the environment. Throws for all unset variables: an empty password would look like a slow login.
 */
export function resolveInputs(source: StaticInputs = {}, variables: NodeJS.ProcessEnv = environment()): ResolvedInputs {
  const inputs: Record<string, unknown> = {}
  const secretInputs: string[] = []
  const missing: [name: string, variable: string][] = []
  for (const [name, value] of Object.entries(source)) {
    const variable = variableOf(value)
    if (variable === undefined) {
      inputs[name] = value
      continue
    }
    const given = variables[variable]
    if (given === undefined) missing.push([name, variable])
    inputs[name] = given
    secretInputs.push(name)
  }
  if (missing.length > 0) throw notSet(missing)
  return { inputs, secretInputs }
}

function notSet(missing: readonly [name: string, variable: string][]): Error {
  const isOne = missing.length === 1
  const names = missing.map(([name]) => `"${name}"`).join(' and ')
  const found = unsetVariables(missing.map(([, variable]) => variable))
  return failure(
    'read',
    `${isOne ? 'input' : 'inputs'} ${names}`,
    found,
    `Set ${isOne ? 'it' : 'them'} before the run.`,
  )
}

/** Names of inputs that come from the environment, which makes them secrets. */
export function secretsIn(source: StaticInputs): string[] {
  return Object.keys(source).filter(name => variableOf(source[name]) !== undefined)
}

/** Name of the variable of `{ env: 'NAME' }`, with nothing else in it. */
export function variableOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined
  const { env } = value as { env?: unknown }
  return typeof env === 'string' ? env : undefined
}
