import { inject } from 'vitest'
import { settings } from './settings.ts'

/** Where requests go unless a call says otherwise: the plugin's `servers`, else the application it has started. */
export function defaultServers(): string | Record<string, string> | undefined {
  const { servers } = settings() ?? {}
  const url = application()?.url
  if (servers === undefined) return url && new URL(url).origin
  const port = url ? new URL(url).port : '{port}'
  const fill = (text: string) => text.replaceAll('{port}', port)
  if (typeof servers === 'string') return fill(servers)
  return Object.fromEntries(Object.entries(servers).map(([name, server]) => [name, fill(server)]))
}

/** The application under test, while it runs. */
export function application(): { url: string; pid: number } | undefined {
  return inject('vitest-arazzo:app' as never) as { url: string; pid: number } | undefined
}
