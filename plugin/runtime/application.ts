import { inject } from 'vitest'
import { given } from '../../src/ground/given.ts'
import type { KnownApplications } from '../../src/load/applications.ts'
import { reachedOut } from '../coordinator/reach.ts'
import type { ProvidedApp } from '../server/provide.ts'
import { serversFor } from '../server/servers-for.ts'
import { settings, withoutFrames } from './settings.ts'

type Servers = string | Record<string, string>

/**
 * The applications under test that the plugin has started. Throws with its log when one could not be started (again).
 */
export function startedApplications(): readonly ProvidedApp[] {
  const failure = startError()
  if (failure !== undefined) throw failure
  const apps = knownApplications()
  if (apps.length > 0) reachedOut()
  return apps
}

/** Gives the applications, without a need for them: none where one could not be started, too. */
export function knownApplications(): readonly ProvidedApp[] {
  return inject('vitest-arazzo:applications') ?? []
}

/** Why an application could not be started: the error by which every document and load test fails. */
export function startError(): Error | undefined {
  const failure = inject('vitest-arazzo:failure')
  return failure === undefined ? undefined : withoutFrames('ServerStartError', failure.message, failure.log)
}

/** What the tests of a file may know of the applications. */
export function applicationsHere(): KnownApplications {
  const all = knownApplications().map(({ name, origin, own, isReused }) =>
    given<KnownApplications['all'][number]>({ name, url: origin, pid: own, hasLog: !isReused }),
  )
  const failure = inject('vitest-arazzo:failure')
  const told = failure && [failure.message, '', ...failure.log].join('\n').trimEnd()
  return given({ all, logs: inject('vitest-arazzo:coordinator'), failure: told })
}

/** Where requests go unless a call says otherwise. */
export function defaultServers(): Servers | undefined {
  return serversFor(settings()?.servers, startedApplications())
}
