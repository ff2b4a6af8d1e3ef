import type { Vitest } from 'vitest/node'
import type { Milliseconds } from '../../src/ground/units.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import type { Coordinator } from './server.ts'

/** What the plugin, the global setup and the reporter of one Vitest share, whatever it is about. */
export interface Session {
  coordinator?: Promise<Coordinator>
  /** A test file of a project has had nothing to do with any other process. */
  onApart?: (file: string, project: string) => void
  /** What an application of a project wrote since a time, by the project's name; secrets masked. */
  readonly logs: Map<string, (application: string | undefined, since: Milliseconds) => string>
  /** What is shown nowhere: of the options of all projects. */
  readonly secrets: Secrets
  /** The reporter that shows load, so that a second one keeps quiet. */
  reporter?: object
}

// Vitest loads the global setup through Vite, as another copy of our modules.
const key = Symbol.for('vitest-arazzo')
const global = globalThis as { [key]?: WeakMap<Vitest, Map<string, unknown>> }
global[key] ??= new WeakMap()
const shares = global[key]

export function sessionOf(vitest: Vitest): Session {
  return shareOf(vitest, 'session', () => ({ secrets: new Secrets(), logs: new Map() }))
}

/** The thing of that name which all copies of our modules share for one Vitest. */
export function shareOf<T>(vitest: Vitest, name: string, make: () => T): T {
  const all = shares.get(vitest) ?? new Map<string, unknown>()
  shares.set(vitest, all)
  if (!all.has(name)) all.set(name, make())
  return all.get(name) as T
}
