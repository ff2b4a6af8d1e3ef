import { freePort } from './free-port.ts'
import { hasPort, type ResolvedServerOptions } from './options.ts'

/** The options with their port filled in. */
export interface Address {
  command: string
  url: string
  /** Complete: what the command gets to see. */
  env: Record<string, string | undefined>
  port: number
  /** Whether the port was found free, rather than written in `url`. */
  isFree: boolean
}

export async function addressOf(options: ResolvedServerOptions): Promise<Address> {
  const isFree = hasPort(options.url)
  const port = isFree ? await freePort() : portOf(options.url)
  const fill = (text: string) => text.replaceAll('{port}', String(port))
  const env = Object.fromEntries(Object.entries(options.env).map(([name, value]) => [name, fill(value)]))
  return {
    command: fill(options.command),
    url: fill(options.url),
    env: { ...environmentForApplications(), PORT: String(port), ...env },
    port,
    isFree,
  }
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

/** Ours, but for what Vitest set for itself: an application should run as it does elsewhere. */
function environmentForApplications(): Record<string, string | undefined> {
  const { VITEST: _, VITEST_MODE: __, TEST: ___, ...rest } = process.env
  return rest
}
