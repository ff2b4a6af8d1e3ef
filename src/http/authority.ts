import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { resolve } from 'node:path'
import process from 'node:process'
import * as tls from 'node:tls'
import { failure } from '../ground/fault.ts'
import { readNamed } from '../ground/reach.ts'

const isPem = (text: string): boolean => text.includes('-----BEGIN CERTIFICATE-----')

/**
 * PEM text of the option `ca`, which is that or the path of a file, relative to `folder`. Throws an Error for a file
 * that cannot be read, and for what holds no certificate.
 */
export function authorityOf(ca: string, folder = process.cwd()): string {
  const file = isPem(ca) ? undefined : resolve(folder, ca)
  try {
    const text = file === undefined ? ca : readNamed(file).toString()
    new X509Certificate(text)
    return text
  } catch (cause) {
    const advice = 'Write the path of a PEM file, or its text: -----BEGIN CERTIFICATE----- and what follows.'
    throw failure('read', `option ca${file === undefined ? '' : ` (${file})`}`, (cause as Error).message, advice)
  }
}

/** PEM text of an authority and of all that Node trusts by itself, since those given to TLS replace the latter. */
export function withDefaults(authority: string): string {
  const { getCACertificates } = tls as { getCACertificates?: (of: 'default') => string[] }
  const extra = process.env.NODE_EXTRA_CA_CERTS
  const ofNode = () => [...tls.rootCertificates, ...(extra ? [readFileSync(extra, 'utf8')] : [])]
  return [authority, ...(getCACertificates?.('default') ?? ofNode())].join('\n')
}

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
