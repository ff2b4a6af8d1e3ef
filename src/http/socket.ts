import { type LookupAddress, lookup } from 'node:dns'
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from 'node:net'
import {
  connect as connectTls,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  TLSSocket,
} from 'node:tls'
import { afterTurn, clearTimeout, LONGEST_TIMER, setTimeout } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import {
  badOrigin,
  brokenOff,
  greeted,
  leftLoopback,
  noConnection,
  type PartialResponse,
  transportError,
} from './causes.ts'
import { strangerAmong } from './loopback.ts'
import type { TlsCredentials } from './transport.ts'

/** Parts of an origin, for connections. */
export interface Endpoint {
  origin: string
  secure: boolean
  host: string
  port: number
  tls?: TlsCredentials
  /** Its name means this machine, and must lead to it whenever a connection is opened. */
  staysHere?: boolean
  /** Context made of these, once: all roots that are trusted by default may be among them. */
  context?: SecureContext
  /** Protocols that TLS offers (ALPN); HTTP/1.1 when absent. */
  alpn?: readonly string[]
  /** Addresses of its name, until none of them accepts a connection; the last one that did is the first. */
  addresses?: Promise<LookupAddress[]> | undefined
  /** Session of the last TLS connection: the next one resumes it, which saves both sides the key exchange. */
  session?: Buffer
}

/** Throws a `TransportError` for what is not an origin of http or https. */
export function endpointOf(origin: string): Endpoint {
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw badOrigin(origin)
  const secure = url.protocol === 'https:'
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return { origin, secure, host, port: url.port ? Number(url.port) : secure ? 443 : 80 }
}

/** Looks up the name of an endpoint once. One that is to stay here is looked up each time, and must not lead away. */
async function addressesOf(endpoint: Endpoint): Promise<LookupAddress[]> {
  const { origin, host, staysHere } = endpoint
  if (!staysHere) {
    endpoint.addresses ??= lookUp(host)
    return endpoint.addresses
  }
  const found = await lookUp(host)
  const stranger = strangerAmong(found.map(({ address }) => address))
  if (stranger !== undefined) throw leftLoopback(origin, stranger)
  return found
}

const lookUp = (host: string): Promise<LookupAddress[]> =>
  new Promise((resolve, reject) => {
    lookup(host, { all: true, verbatim: true }, (error, found) => (error ? reject(error) : resolve(found)))
  })

function prefer({ addresses }: Endpoint, address: string | undefined): void {
  const sort = (found: LookupAddress[]) => {
    const place = found.findIndex(one => one.address === address)
    if (place > 0) found.unshift(...found.splice(place, 1))
  }
  addresses?.then(sort, () => {})
}

/**
 * Opens a connection, without Nagle's delay. When one address of its name refuses, the next is tried. `done` is called
 * once, never before this returns. The socket keeps an error listener, so that a reset while it is idle does not end
 * the process.
 *
 * @param onread takes the bytes of the connection; see `node:net`.
 */
export function openSocket(
  endpoint: Endpoint,
  timeout: Milliseconds,
  done: (error: Error | undefined, socket: Socket | undefined) => void,
  onread?: OnReadOpts,
): Socket {
  const { host, port, origin } = endpoint
  if (endpoint.secure) endpoint.context ??= createSecureContext(endpoint.tls)
  // `highWaterMark` reaches the stream: large bodies come in fewer pieces.
  const common = {
    host,
    port,
    lookup: (_host: string, _options: unknown, found: (error: Error | null, all: LookupAddress[]) => void) => {
      addressesOf(endpoint).then(
        all => found(null, all),
        error => found(error, []),
      )
    },
    autoSelectFamily: true,
    // An application that is busy accepts late, and is not to be refused by the next address instead.
    autoSelectFamilyAttemptTimeout: timeout > 0 ? Math.max(1, Math.round(timeout / 2)) : LONGEST_TIMER,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    highWaterMark: 65_536,
    ...(onread && { onread }),
  }
  const socket = endpoint.secure
    ? connectTls({
        ...common,
        secureContext: endpoint.context,
        servername: isIP(host) ? '' : host,
        session: endpoint.session,
        ALPNProtocols: [...(endpoint.alpn ?? ['http/1.1'])],
      })
    : connectTcp(common)
  let peer: PeerCertificate | undefined
  if (socket instanceof TLSSocket) {
    socket.on('session', (session: Buffer) => {
      endpoint.session = session
    })
    // Node releases an untrusted socket in the same turn.
    socket.prependOnceListener('secure', () => {
      peer = socket.getPeerCertificate()
    })
  }
  let settled = false
  const settle = (error: Error | undefined) => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    if (error) endpoint.addresses = undefined
    else prefer(endpoint, socket.remoteAddress)
    done(error, error ? undefined : socket)
  }
  const timer = timeout > 0 ? setTimeout(() => socket.destroy(noConnection(origin, timeout)), timeout) : undefined
  let isOpen = false
  socket.once(endpoint.secure ? 'secureConnect' : 'connect', () => {
    isOpen = true
    if (speaksFirst(endpoint, socket)) settle(undefined)
    // It is read from the next turn on.
    else afterTurn(() => (hasSpoken(socket) ? socket.destroy(greeted(origin)) : settle(undefined)))
  })
  socket.on('error', error => {
    const found = error instanceof AggregateError ? error.errors.at(-1) : error
    settle(isOpen ? brokenOff(origin, found, nothing) : transportError(origin, found, peer))
  })
  socket.once('end', () => settle(brokenOff(origin, undefined, nothing)))
  // Destroyed by us while it was connecting: no error is emitted then.
  socket.once('close', () => settle(transportError(origin, { code: 'UND_ERR_DESTROYED' })))
  return socket
}

const nothing: PartialResponse = { hasBegun: false, status: 0, size: 0 }

/** Whether a server has sent something over HTTP/1.1 before it was asked: no request may take that for its response. */
export const hasSpoken = (socket: Socket): boolean => socket.bytesRead > 0

/** A server of HTTP/2 begins with its SETTINGS. */
const speaksFirst = ({ alpn }: Endpoint, socket: Socket) =>
  alpn?.includes('h2') === true && (socket as TLSSocket).alpnProtocol !== 'http/1.1'
