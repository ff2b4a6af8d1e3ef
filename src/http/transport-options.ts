import { type Fields, isText, keysOf } from '../ground/fields.ts'
import type { TlsCredentials, TransportOptions } from './transport.ts'

const KEYS = keysOf<TransportOptions>({
  connections: true,
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
export function checkTransportOptions(fields: Fields): void {
  fields.checkKeys(KEYS)
  for (const key of ['connections', 'streams']) fields.count(key, 1)
  for (const key of ['maxIdle', 'maxHeld', 'maxBodyBytes']) fields.count(key, 0, 0)
  for (const key of ['reuse', 'perUser']) fields.flag(key)
  for (const key of ['idleTimeout', 'connectTimeout', 'headersTimeout', 'bodyTimeout'])
    fields.expect(key, isMilliseconds, 'Write a number of milliseconds.')
  for (const [, credentials] of fields.record('tls', "Write { 'https://127.0.0.1:3443': { ca } }.")) {
    credentials.checkKeys(TLS_KEYS)
    for (const key of credentials.keys) credentials.expect(key, isText, 'Write PEM as text.')
  }
}

function isMilliseconds(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}
