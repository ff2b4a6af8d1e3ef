import { isIPv4 } from 'node:net'
import { failed } from '../errors.ts'

/**
 * Nobody is load-tested by accident. Throws for an origin whose host is neither loopback nor named in `allowHosts`
 * (`api.example.com`, or with its port).
 */
export function assertAllowed(origins: readonly string[], allowHosts: readonly string[] = []): void {
  const allowed = new Set(allowHosts.map(host => host.toLowerCase()))
  for (const origin of origins) {
    const { host, hostname } = new URL(origin)
    if (isLoopback(origin) || allowed.has(hostname) || allowed.has(host)) continue
    throw new Error(
      failed(
        'load',
        origin,
        `"${hostname}" is not this machine, and no host but loopback is loaded unless it is named`,
        `If you may load it, add allowHosts: ['${hostname}'].`,
      ),
    )
  }
}

/** Whether an origin is of this machine. */
export function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin)
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  return isIPv4(hostname) && hostname.startsWith('127.')
}
