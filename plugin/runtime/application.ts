import { inject } from 'vitest'
import { reachedOut } from '../coordinator/reach.ts'
import type { ProvidedApp } from '../server/provide.ts'
import { serversFor } from '../server/servers-for.ts'
import { settings, withoutFrames } from './settings.ts'

type Servers = string | Record<string, string>

/**
 * The application under test, if the plugin has started one. Throws with its log when it could not be started (again).
 */
export function application(): ProvidedApp | undefined {
  const failure = startError()
  if (failure !== undefined) throw failure
  const app = inject('vitest-arazzo:app')
  if (app !== undefined) reachedOut()
  return app
}

/** Gives the application, without a need for it: undefined where it could not be started, too. */
export function knownApplication(): ProvidedApp | undefined {
  return inject('vitest-arazzo:app')
}

/** Why the application could not be started: the error by which every document and load test fails. */
export function startError(): Error | undefined {
  const failure = inject('vitest-arazzo:failure')
  return failure === undefined ? undefined : withoutFrames('ServerStartError', failure.message, failure.log)
}

/** Where requests go unless a call says otherwise. */
export function defaultServers(): Servers | undefined {
  return serversFor(settings()?.servers, application()?.origin)
}
