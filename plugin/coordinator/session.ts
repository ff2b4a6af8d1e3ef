import type { Vitest } from 'vitest/node'
import { Secrets } from '../../src/workflow/secrets.ts'
import type { Application } from '../server/application.ts'
import type { ResolvedServerOptions } from '../server/options.ts'
import type { Dependents } from '../watch/dependents.ts'
import type { RestartKey } from '../watch/restart-key.ts'
import type { Restarts } from '../watch/restarts.ts'
import type { Coordinator } from './server.ts'

/** What the plugin, the global setup and the reporter of one Vitest share. */
export interface Session {
  coordinator?: Promise<Coordinator>
  /** What to start before the tests, by name of the project. */
  servers: Map<string, ResolvedServerOptions>
  /** What was started, by its options as JSON: projects that ask for the same share it. */
  applications: Map<string, Application>
  /** What is shown nowhere: of the options of all projects. */
  secrets: Secrets
  /** The server of Vite for which what follows was made. */
  watched?: object
  /** In watch mode: what restarts applications, who depends on them, and the key for it. */
  restarts?: Restarts
  dependents?: Dependents
  key?: RestartKey
  /** The reporter that shows load, so that a second one keeps quiet. */
  reporter?: object
}

// Vitest loads the global setup through Vite, as another copy of our modules.
const key = Symbol.for('vitest-arazzo')
const global = globalThis as { [key]?: WeakMap<Vitest, Session> }
global[key] ??= new WeakMap()
const sessions = global[key]

export function sessionOf(vitest: Vitest): Session {
  let session = sessions.get(vitest)
  if (session === undefined) {
    session = { servers: new Map(), applications: new Map(), secrets: new Secrets() }
    sessions.set(vitest, session)
  }
  return session
}
