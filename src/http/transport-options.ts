import { type Fields, isText, keysOf } from '../ground/fields.ts'
import { given } from '../ground/given.ts'
import { type Milliseconds, parseDuration } from '../ground/units.ts'
import type { TlsCredentials, TransportOptions } from './transport.ts'

/** How connections are kept and waited for, as users write it. Times are milliseconds, or text with a unit. */
export interface ConnectionOptions
  extends Pick<TransportOptions, 'streams' | 'reuse' | 'perUser' | 'tls' | 'maxIdle' | 'maxHeld' | 'maxBodyBytes'> {
  /**
   * Connections to one origin, at most. Default 128, and under load as many as there are virtual users.
   * @example 64
   */
  max?: number
  /**
   * How long an idle connection is kept, or less where the server says so. Default: as long as the server says, at most
   * 10 minutes, and 4 s where it does not.
   * @example '10s'
   */
  idleTimeout?: string | Milliseconds
  /**
   * Time until a connection is there. Default 10 s.
   * @example '2s'
   */
  connectTimeout?: string | Milliseconds
  /**
   * Time until the response's header is read. Default 60 s.
   * @example '30s'
   */
  headersTimeout?: string | Milliseconds
  /**
   * Time between two reads of a body. Default 60 s.
   * @example '30s'
   */
  bodyTimeout?: string | Milliseconds
}

const TIMES = ['idleTimeout', 'connectTimeout', 'headersTimeout', 'bodyTimeout'] as const
const KEYS = keysOf<ConnectionOptions>({
  max: true,
  streams: true,
  maxIdle: true,
  reuse: true,
  perUser: true,
  idleTimeout: true,
  tls: true,
  connectTimeout: true,
  headersTimeout: true,
  bodyTimeout: true,
  maxHeld: true,
  maxBodyBytes: true,
})
const TLS_KEYS = keysOf<TlsCredentials>({ cert: true, key: true, passphrase: true, ca: true })

/** Checks `connections` as users write it. */
export function checkConnections(fields: Fields): void {
  fields.checkKeys(KEYS)
  for (const key of ['max', 'streams']) fields.count(key, 1)
  for (const key of ['maxIdle', 'maxHeld', 'maxBodyBytes']) fields.count(key, 0, 0)
  for (const key of ['reuse', 'perUser']) fields.flag(key)
  for (const key of TIMES) fields.length(key, 0)
  for (const [, credentials] of fields.credentials('tls', "Write { 'https://127.0.0.1:3443': { ca } }.")) {
    credentials.checkKeys(TLS_KEYS)
    for (const key of credentials.keys) credentials.expect(key, isText, 'Write PEM as text.')
  }
}

/** The options of a transport of a load, of `connections` that was checked. */
export function readConnections(written: ConnectionOptions = {}, allowHosts: readonly string[] = []): TransportOptions {
  const { max: connections, ...others } = written
  const times = TIMES.map(key => [key, written[key] === undefined ? undefined : parseDuration(written[key])])
  return given<TransportOptions>({ ...others, ...Object.fromEntries(times), allowHosts, connections })
}
