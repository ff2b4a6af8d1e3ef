import { lookup } from 'node:dns/promises'
import { isIP, isIPv4 } from 'node:net'
import { failure } from '../../ground/fault.ts'

/** An address that a load touches, and what for: `http://127.0.0.1:9090/metrics` of `target.prometheus`. */
export interface Touched {
  url: string
  /** Completes `Failed to …`: `load`, `read target.prometheus from`. */
  verb: string
}

/** All addresses of a name; rejects when it has none. */
export type Resolve = (host: string) => Promise<readonly { address: string }[]>

/**
 * Nobody is load-tested by accident. Rejects for an address whose host is neither loopback nor named in `allowHosts`
 * (`api.example.com`, or with its port). Of names that mean this machine (`localhost`), what they lead to decides.
 */
export async function assertAllowed(
  touched: readonly Touched[],
  allowHosts: readonly string[] = [],
  resolve: Resolve = host => lookup(host, { all: true }),
): Promise<void> {
  const allowed = new Set(allowHosts.map(host => host.toLowerCase()))
  for (const { url, verb } of touched) {
    const { host, hostname, origin } = new URL(url)
    if (allowed.has(hostname) || allowed.has(host)) continue
    const stranger = isLoopback(url) ? await strangerBehind(hostname, resolve) : hostname
    if (stranger === undefined) continue
    const found = stranger === hostname ? `"${hostname}" is` : `"${hostname}" leads to ${stranger}, which is`
    throw failure(
      verb,
      origin,
      `${found} not this machine, and no host but loopback is loaded unless it is named`,
      `If you may load it, add allowHosts: ['${hostname}'].`,
    )
  }
}

/** Whether an origin names this machine. */
export function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin)
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  return isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''))
}

const isLoopbackAddress = (address: string): boolean =>
  address === '::1' || (isIPv4(address) && address.startsWith('127.'))

/** An address of another machine that a name leads to. A name that leads nowhere reaches nobody. */
async function strangerBehind(hostname: string, resolve: Resolve): Promise<string | undefined> {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return undefined
  const addresses = await resolve(hostname).catch(() => [])
  return addresses.find(({ address }) => !isLoopbackAddress(address))?.address
}
