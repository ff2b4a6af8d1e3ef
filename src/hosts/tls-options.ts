import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { given } from '../ground/given.ts'
import type { AgentsOptions } from '../load/plan/agents.ts'

/** Options of a connection with TLS; the client passes unknown ones to `tls.connect`. */
interface TlsOptions {
  caFile?: string
  certFile?: string
  keyFile?: string
  checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined
}

/**
 * TLS for these addresses; undefined without it. If it is requested, a server without it is refused: the client by
 * itself would go on in the open (`tls://` is nothing to it), with the password.
 */
export function tlsOptions(servers: readonly string[], tls: AgentsOptions['tls']): TlsOptions | undefined {
  if (tls === undefined && !servers.some(server => /^(?:tls|wss):/.test(server))) return undefined
  const addresses = servers.map(hostOf).filter(host => isIP(host) > 0)
  return {
    ...given<Partial<TlsOptions>>({ caFile: tls?.ca, certFile: tls?.cert, keyFile: tls?.key }),
    checkServerIdentity(host, certificate) {
      // The client names no address of a server that is one, for which Node.js then takes "localhost".
      const names = host === 'localhost' && addresses.length > 0 ? addresses : [host]
      const faults = names.map(name => checkServerIdentity(name, certificate))
      return faults.includes(undefined) ? undefined : faults[0]
    },
  }
}

function hostOf(server: string): string {
  const { hostname } = new URL(server)
  return hostname.replace(/^\[|\]$/g, '')
}
