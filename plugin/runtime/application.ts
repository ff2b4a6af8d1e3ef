import { inject } from 'vitest'
import type { ProvidedApp } from '../server/provide.ts'
import { settings } from './settings.ts'

type Servers = string | Record<string, string>

/** The application under test, if the plugin has started one. */
export function application(): ProvidedApp | undefined {
  return inject('vitest-arazzo:app')
}

/** Where requests go unless a call says otherwise. */
export function defaultServers(): Servers | undefined {
  return serversFor(settings()?.servers, application()?.origin)
}

/** The plugin's `servers` with the application's port filled in; without any, the application itself. */
export function serversFor(servers: Servers | undefined, origin: string | undefined): Servers | undefined {
  if (servers === undefined || origin === undefined) return servers ?? origin
  const fill = (text: string) => text.replaceAll('{port}', new URL(origin).port)
  if (typeof servers === 'string') return fill(servers)
  return Object.fromEntries(Object.entries(servers).map(([source, server]) => [source, fill(server)]))
}
