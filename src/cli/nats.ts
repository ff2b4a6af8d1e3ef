import type { BusOptions } from '../hosts/bus.ts'

/**
 * NATS user: by a credentials file, else by `NATS_CREDS`, else by `NATS_USER` and `NATS_PASSWORD`. Passwords are not
 * allowed on command lines, which other users can list.
 */
export function natsUser(file?: string): Omit<BusOptions, 'nats'> {
  const { NATS_CREDS, NATS_USER } = process.env
  const creds = file ?? (NATS_CREDS === undefined ? undefined : { env: 'NATS_CREDS' })
  const isByName = creds === undefined && NATS_USER !== undefined
  return {
    creds,
    username: isByName ? NATS_USER : undefined,
    password: isByName ? { env: 'NATS_PASSWORD' } : undefined,
  }
}
