import { isHttp, type Place, withAddresses } from '../../src/load/plan/addresses.ts'
import { hasPath } from '../../src/workflow/server.ts'

type Servers = string | Record<string, string>

/**
 * The plugin's `servers` with the addresses of applications filled in; the name of one stands for its address. Without
 * any, the only application that speaks HTTP.
 */
export function serversFor(servers: Servers | undefined, places: readonly Place[]): Servers | undefined {
  const http = places.filter(({ origin }) => isHttp(origin))
  if (servers === undefined) return http.length === 1 ? http[0]!.origin : undefined
  return eachOf(servers, text => places.find(({ name }) => name === text)?.origin ?? withAddresses(text, places))
}

/** Servers for an application that may run on another host: the host is replaced as well. */
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
