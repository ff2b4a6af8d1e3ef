import { type Fields, keysOf } from '../ground/fields.ts'
import { given } from '../ground/given.ts'
import { type Milliseconds, parseDuration } from '../ground/units.ts'
import type { TransportOptions } from './transport.ts'

/** How connections are kept and waited for, as users write it. Times are milliseconds, or text with a unit. */
export interface ConnectionOptions extends Pick<TransportOptions, 'reuse' | 'perUser'> {
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
}

const TIMES = ['idleTimeout', 'connectTimeout'] as const
const KEYS = keysOf<ConnectionOptions>({
  max: true,
  reuse: true,
  perUser: true,
  idleTimeout: true,
  connectTimeout: true,
})

/** Checks `connections` as users write it. */
export function checkConnections(fields: Fields): void {
  fields.checkKeys(KEYS)
  fields.count('max', 1)
  for (const key of ['reuse', 'perUser']) fields.flag(key)
  for (const key of TIMES) fields.length(key, 0)
}

/** The options of a transport of a load, of `connections` that was checked. */
export function readConnections(written: ConnectionOptions = {}, allowHosts: readonly string[] = []): TransportOptions {
  const { max: connections, ...others } = written
  const times = TIMES.map(key => [key, written[key] === undefined ? undefined : parseDuration(written[key])])
  return given<TransportOptions>({ ...others, ...Object.fromEntries(times), allowHosts, connections })
}
