import { type Fields, keysOf } from '../ground/fields.ts'
import { given } from '../ground/given.ts'
import type { TransportOptions } from './transport.ts'

/** How connections are kept, as users write it. */
export interface ConnectionOptions extends Pick<TransportOptions, 'reuse'> {
  /**
   * Connections to one origin, at most. Default 128, and under load as many as there are virtual users.
   * @example 64
   */
  max?: number
}

const KEYS = keysOf<ConnectionOptions>({ max: true, reuse: true })

/** Checks `connections` as users write it. */
export function checkConnections(fields: Fields): void {
  fields.checkKeys(KEYS)
  fields.count('max', 1)
  const isReuse = (value: unknown) => typeof value === 'boolean' || value === 'per user'
  fields.expect('reuse', isReuse, "Write true, false or 'per user'.")
}

/** The options of a transport of a load, of `connections` that was checked. */
export function readConnections(
  { max: connections, reuse }: ConnectionOptions = {},
  allowHosts: readonly string[] = [],
): TransportOptions {
  return given<TransportOptions>({ connections, reuse, allowHosts })
}
