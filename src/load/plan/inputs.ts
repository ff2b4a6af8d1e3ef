import { failure } from '../../ground/fault.ts'
import type { StaticInputs } from '../feed/source.ts'

export interface ResolvedInputs {
  inputs: Record<string, unknown>
  /** Names of those that came from the environment, which makes them secrets. */
  secretInputs: string[]
}

/**
 * Reads what is to come from the environment. Throws for a variable that is not set: an empty password would look like
 * a slow login.
 */
export function resolveInputs(source: StaticInputs = {}, environment: NodeJS.ProcessEnv = process.env): ResolvedInputs {
  const inputs: Record<string, unknown> = {}
  const secretInputs: string[] = []
  for (const [name, value] of Object.entries(source)) {
    const variable = variableOf(value)
    if (variable === undefined) {
      inputs[name] = value
      continue
    }
    const given = environment[variable]
    if (given === undefined) {
      throw failure('read', `input "${name}"`, `the environment has no ${variable}`, 'Set it before the run.')
    }
    inputs[name] = given
    secretInputs.push(name)
  }
  return { inputs, secretInputs }
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
