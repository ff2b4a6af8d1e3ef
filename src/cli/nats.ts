import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { BusOptions } from '../hosts/bus.ts'
import { misuse } from './flags.ts'

/**
 * NATS user: by a credentials file, else by `NATS_CREDS`, else by `NATS_USER` and `NATS_PASSWORD`. Passwords are not
 * allowed on command lines, which other users can list.
 *
 * @param ca file with the certificate authority of the server. Throws Misuse if it does not exist.
 */
export function natsUser(file?: string, ca?: string): Omit<BusOptions, 'nats'> {
  const { NATS_CREDS, NATS_USER } = process.env
  const creds = file ?? (NATS_CREDS === undefined ? undefined : { env: 'NATS_CREDS' })
  const isByName = creds === undefined && NATS_USER !== undefined
  return {
    creds,
    user: isByName ? NATS_USER : undefined,
    password: isByName ? { env: 'NATS_PASSWORD' } : undefined,
    tls: ca === undefined ? undefined : { ca: certificate(ca) },
  }
}

function certificate(file: string): string {
  if (existsSync(file)) return resolve(file)
  const advice = 'Name the certificate of the authority that the NATS server is trusted by.'
  throw misuse('read', file, 'there is no such file', advice)
}
