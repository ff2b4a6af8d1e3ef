import type { Milliseconds } from '../ground/units.ts'

/** Methods that may be sent again without harm. Source: RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method)
}

/** No server is known whose default closes idle connections sooner. */
const LEAST_IDLE: Milliseconds = 1_000

/** Longest time from sending a request until the news arrives that the connection had been closed before. */
const LONGEST_RACE: Milliseconds = 250

/**
 * Whether a server may have closed a kept connection because it was idle, before a request on it had arrived. Only then
 * is a request repeated: on a new connection, once, and if no byte of the response has come. A server that closes a
 * connection sooner, or later, has cut a request that it had accepted. Source: RFC 9112, section 9.3.1.
 *
 * @param idle time from the end of the last response until the request was sent.
 * @param since time from then until the connection ended.
 * @param isAnnounced whether the server says for how long it keeps connections: ours are closed before that.
 */
export function isIdleRace(idle: Milliseconds, since: Milliseconds, isAnnounced: boolean): boolean {
  return !isAnnounced && idle >= LEAST_IDLE && since <= LONGEST_RACE
}
