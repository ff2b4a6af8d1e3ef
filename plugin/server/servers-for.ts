import { hasPath } from '../../src/workflow/server.ts'

type Servers = string | Record<string, string>

/** The plugin's `servers` with the application's port filled in; without any, the application itself. */
export function serversFor(servers: Servers | undefined, origin: string | undefined): Servers | undefined {
  if (servers === undefined || origin === undefined) return servers ?? origin
  return eachOf(servers, text => text.replaceAll('{port}', new URL(origin).port))
}

/** The same where the application may be on another host: then that is filled in as well. */
export function serversAt(servers: Servers | undefined, origin: string): Servers {
  if (servers === undefined) return origin
  return eachOf(servers, text => (text.includes('{port}') ? movedTo(text.replaceAll('{port}', '1'), origin) : text))
}

function eachOf(servers: Servers, change: (text: string) => string): Servers {
  if (typeof servers === 'string') return change(servers)
  return Object.fromEntries(Object.entries(servers).map(([source, server]) => [source, change(server)]))
}

function movedTo(url: string, origin: string): string {
  const { pathname, search } = new URL(url)
  return `${origin}${hasPath(url) ? pathname : ''}${search}`
}
