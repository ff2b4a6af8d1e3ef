import { inject } from 'vitest'
import { foreseen } from '../../src/ground/fault.ts'
import { reachedOut } from '../coordinator/reach.ts'
import type { ProvidedApp } from '../server/provide.ts'
import { serversFor } from '../server/servers-for.ts'
import { settings } from './settings.ts'

type Servers = string | Record<string, string>

/**
 * The application under test, if the plugin has started one. Throws with its log when it could not be started (again).
 */
export function application(): ProvidedApp | undefined {
  const failure = inject('vitest-arazzo:failure')
  if (failure !== undefined) throw notStarted(failure)
  const app = inject('vitest-arazzo:app')
  if (app !== undefined) reachedOut()
  return app
}

/** Gives the application, without a need for it: undefined where it could not be started, too. */
export function knownApplication(): ProvidedApp | undefined {
  return inject('vitest-arazzo:app')
}

function notStarted(message: string): Error {
  const error = foreseen(new Error(message))
  error.name = 'ServerStartError'
  // Where in this package it was thrown says nothing to whoever reads it.
  error.stack = `${error.name}: ${message}`
  return error
}

/** Where requests go unless a call says otherwise. */
export function defaultServers(): Servers | undefined {
  return serversFor(settings()?.servers, application()?.origin)
}
