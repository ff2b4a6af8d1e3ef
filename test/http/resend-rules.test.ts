import { expect, test } from 'vitest'
import { isIdempotent, isIdleRace } from '../../src/http/resend.ts'

/* Which requests are sent again by whoever keeps connections; over real ones in resend.test.ts. */

test('a method that may do something twice is none of those that are sent again', () => {
  const methods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'POST', 'PATCH', 'CONNECT', 'get']
  expect(methods.filter(isIdempotent)).toEqual(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
})

test.each([
  ['had been idle for a second', 1_000, 250, false, true],
  ['had hardly been idle', 999, 0, false, false],
  ['ends long after the request', 5_000, 251, false, false],
  ['ends although the server says how long it keeps it', 5_000, 0, true, false],
])('a connection that %s', (_, idle, since, isAnnounced, isRace) => {
  expect(isIdleRace(idle, since, isAnnounced)).toBe(isRace)
})
