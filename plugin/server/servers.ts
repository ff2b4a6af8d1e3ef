import type { Vitest } from 'vitest/node'
import { shareOf } from '../coordinator/session.ts'
import type { Application } from './application.ts'
import type { ResolvedServerOptions } from './options.ts'

interface Servers {
  /** What to start before the tests, by name of the project. */
  options: Map<string, ResolvedServerOptions>
  /** What was started, by its options as JSON: projects that ask for the same share it. */
  applications: Map<string, Application>
}

/** The applications of one Vitest. */
export function serversOf(vitest: Vitest): Servers {
  return shareOf(vitest, 'servers', () => ({ options: new Map(), applications: new Map() }))
}
