import type { BusOptions } from '../hosts/bus.ts'

/**
 * NATS user: by a credentials file, else by `NATS_CREDS`, else by `NATS_USER` and `NATS_PASSWORD`. Passwords are not
 * allowed on command lines, which other users can list.
 */
export function natsUser(file?: string): Omit<BusOptions, 'nats'> {
  const { NATS_CREDS, NATS_USER } = process.env
  if (file !== undefined || NATS_CREDS !== undefined) return { creds: file ?? { env: 'NATS_CREDS' } }
  return NATS_USER === undefined ? {} : { username: NATS_USER, password: { env: 'NATS_PASSWORD' } }
}
