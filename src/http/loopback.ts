import { isIPv4 } from 'node:net'

/** Whether an origin names this machine. */
export function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin)
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  return isLoopbackAddress(hostname.replace(/^\[|\]$/g, ''))
}

const isLoopbackAddress = (address: string): boolean =>
  address === '::1' || (isIPv4(address) && address.startsWith('127.'))

/** An address of another machine among those that a name has. */
export const strangerAmong = (addresses: readonly string[]): string | undefined =>
  addresses.find(address => !isLoopbackAddress(address))

/** Whether an address is named by its host (`api.example.com`), or by its host and port. */
export function isNamed(url: string, hosts: readonly string[]): boolean {
  const { host, hostname } = new URL(url)
  return hosts.some(name => [host, hostname].includes(name.toLowerCase()))
}

/** The fault of a host that may not be loaded. @param stranger its name, or the address that it leads to. */
export const notAllowed = (hostname: string, stranger: string): { found: string; advice: string } => ({
  found:
    `${stranger === hostname ? `"${hostname}" is` : `"${hostname}" leads to ${stranger}, which is`} not this ` +
    'machine, and no host but loopback is loaded unless it is named',
  advice: `If you may load it, add allowHosts: ['${hostname}'].`,
})
