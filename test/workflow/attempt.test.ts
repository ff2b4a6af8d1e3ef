import { expect, test } from 'vitest'
import type { OutgoingRequest, ResponseListener, Transport } from '../../src/http/transport.ts'
import { realClock } from '../../src/measure/clock.ts'
import { Attempt } from '../../src/workflow/attempt.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { Authorizer } from '../../src/workflow/security/authorizer.ts'

/** A request that is sent, and followed; `heard` has who waits for the response of each. */
function sent(auth?: object) {
  const heard: ResponseListener[] = []
  const transport = {
    send(request: OutgoingRequest, listener: ResponseListener) {
      request.queued = 100 * (heard.length + 1)
      heard.push(listener)
    },
  } as Transport
  const owner = { onResponse() {}, onFailure() {}, onRefused() {} }
  const authorizer = new Authorizer(transport, realClock, new Secrets())
  const client = { transport, authorizer, cookies: undefined, requests: 0, takeCookies() {} }
  const attempt = new Attempt(owner, client, true, undefined)
  const origin = 'http://127.0.0.1:1'
  const request: OutgoingRequest = { origin, method: 'GET', path: '/', headers: [], body: undefined, timeout: 0 }
  attempt.send(request, auth as never)
  return { attempt, request, heard }
}

test('what is let go behind a redirect has been waited for since the first request', () => {
  const { attempt, request, heard } = sent()
  expect(attempt.queued).toBe(100)
  const times = { queued: 100, sent: 110, ended: 150 }
  heard[0]!.onResponse(302, ['location', '/there'], new Uint8Array(), times)
  expect(request).toMatchObject({ path: '/there', queued: 200 })
  expect([attempt.isWaiting, attempt.queued]).toEqual([true, 100])
})

test.each([
  ['http://127.0.0.1:1/there', ['authorization', 'Bearer t0k3n-of-ours']],
  ['http://127.0.0.1:2/there', []],
])('a redirect to %s has these credentials: %j', (location, expected) => {
  const tokens = { current: () => 't0k3n-of-ours', accept() {} }
  const { request, heard } = sent({ headers: [], query: '', cookies: '', tokens })
  expect(request.headers).toEqual(['authorization', 'Bearer t0k3n-of-ours'])
  heard[0]!.onResponse(307, ['location', location], new Uint8Array(), { queued: 0, sent: 0, ended: 1 })
  expect([heard.length, request.headers]).toEqual([2, expected])
})
