import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { failure } from '../../ground/fault.ts'
import { isLoopback, isNamed, notAllowed, strangerAmong } from '../../http/loopback.ts'
import type { Plan } from '../../workflow/plan.ts'

/** An address that a load touches, and what for: `http://127.0.0.1:9090/metrics` of `target.prometheus`. */
export interface Touched {
  url: string
  /** Completes `Failed to …`: `load`, `read target.prometheus from`. */
  verb: string
}

/** Addresses that requests of a plan go to. */
export const touchedBy = ({ origins, tokenOrigins }: Pick<Plan, 'origins' | 'tokenOrigins'>): Touched[] => [
  ...origins.map(url => ({ url, verb: 'load' })),
  ...tokenOrigins.map(url => ({ url, verb: 'fetch tokens from' })),
]

/** All addresses of a name. Rejects for an unknown name. */
type Resolve = (host: string) => Promise<readonly { address: string }[]>

/**
 * Prevents load on other hosts by accident. Rejects for an address whose host is neither loopback nor in `allowHosts`
 * (`api.example.com`, or with its port). For local names (`localhost`), the addresses decide, here and again whenever a
 * connection is opened.
 */
export async function assertAllowed(
  touched: readonly Touched[],
  allowHosts: readonly string[] = [],
  resolve: Resolve = host => lookup(host, { all: true }),
): Promise<void> {
  for (const { url, verb } of touched) {
    if (isNamed(url, allowHosts)) continue
    const { hostname, origin } = new URL(url)
    const stranger = isLoopback(url) ? await strangerBehind(hostname, resolve) : hostname
    if (stranger === undefined) continue
    const { found, advice } = notAllowed(hostname, stranger)
    throw failure(verb, origin, found, advice)
  }
}

/** Address of another machine that a name leads to. An unknown name leads to no machine. */
async function strangerBehind(hostname: string, resolve: Resolve): Promise<string | undefined> {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return undefined
  const addresses = await resolve(hostname).catch(() => [])
  return strangerAmong(addresses.map(({ address }) => address))
}
