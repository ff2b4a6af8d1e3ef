import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { OutgoingRequest } from '../../src/http/transport.ts'
import { overEach } from './over-each.ts'
import { answered, exchange, failed, rawTarget, request, transportWith, until } from './support.ts'

/*
 * A server may close a connection that it keeps whenever it likes, and a request can be on its way then. RFC 9110,
 * section 9.2.2: one whose method is idempotent is sent once again; another is not, since it may have taken effect. One
 * that a server has accepted, and then cut, is a failure: the connection had not been idle.
 */

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

type Ending = (socket: Socket) => void

/** Answers the first request of each connection as `first` says, and ends the connection at the second. */
async function forgetful(end: Ending = socket => socket.destroy(), first: Ending = socket => socket.write(ok)) {
  const seen: string[] = []
  const known = new Set<Socket>()
  const target = await rawTarget((socket, head) => {
    seen.push(head.split(' ', 1)[0]!)
    if (known.has(socket)) return end(socket)
    known.add(socket)
    first(socket)
  })
  return { ...target, seen }
}

const endings: Record<string, Ending> = {
  'closes it': socket => socket.end(),
  'resets it': socket => socket.resetAndDestroy(),
}

const methods = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']

/** Waits longer than any known server keeps idle connections at least. */
const idleTime = () => delay(1_050)

/** Sends a request on a connection that has carried another; `wait` is what passes between. */
async function second(target: { origin: string }, more: Partial<OutgoingRequest>, wait?: () => Promise<unknown>) {
  const transport = transportWith({ connections: 1 })
  await answered(transport, request(target.origin))
  await wait?.()
  return { transport, outcome: await exchange(transport, request(target.origin, more)) }
}

const bodyOf = (method: string) => (method.startsWith('P') ? 'x' : undefined)

overEach('a kept connection that ends under a request (%s)', () => {
  for (const [how, end] of Object.entries(endings)) {
    test(`had been idle, and the server ${how}: sent once again if the method is idempotent`, async () => {
      await Promise.all(
        methods.map(async method => {
          const target = await forgetful(end)
          const { transport, outcome } = await second(target, { method, body: bodyOf(method) }, idleTime)
          expect(outcome).toMatchObject({ status: 200, times: { isResent: true } })
          expect(target.seen).toEqual(['GET', method, method])
          const counts = { requests: 2, opened: 2, lost: 1, reconnected: 1, resent: 1, reused: 1 }
          if (method !== 'HEAD') expect(transport.counters).toMatchObject(counts)
        }),
      )
    })

    test(`had been idle, and the server ${how}: POST and PATCH are not sent again, and the failure says why`, async () => {
      await Promise.all(
        ['POST', 'PATCH'].map(async method => {
          const target = await forgetful(end)
          const { transport, outcome } = await second(target, { method, body: 'x' }, idleTime)
          expect(outcome).toMatchObject({ cause: 'reset', times: { isResent: false } })
          expect((outcome as { error: Error }).error.message).toContain(
            `${method} is not idempotent, so it is not sent again (RFC 9110, 9.2.2).`,
          )
          expect(target.seen).toEqual(['GET', method])
          expect(transport.counters).toMatchObject({ requests: 2, lost: 1, resent: 0 })
        }),
      )
    })

    test.each([...methods, 'POST'])(`was in use, and the server ${how}: %s has failed`, async method => {
      const target = await forgetful(end)
      const { transport, outcome } = await second(target, { method, body: bodyOf(method) })
      expect(outcome).toMatchObject({ cause: 'reset', times: { isResent: false } })
      expect((outcome as { error: Error }).error.message).toMatch(
        /: (?:the connection was reset|the other side closed the connection) before a byte of the response had come\. Look /,
      )
      expect(target.seen).toEqual(['GET', method])
      expect(transport.counters).toMatchObject({ requests: 2, lost: 1, resent: 0 })
    })
  }

  test('had been idle, but the server worked on the request for a while: it has failed', async () => {
    const target = await forgetful(socket => setTimeout(() => socket.destroy(), 600))
    const { transport, outcome } = await second(target, {}, idleTime)
    expect(outcome).toMatchObject({ cause: 'reset' })
    expect(target.seen).toEqual(['GET', 'GET'])
    expect(transport.counters).toMatchObject({ resent: 0, lost: 1 })
  })

  test('had been idle, but the server had said that it keeps it for longer: it has failed', async () => {
    const keeping = 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=30\r\ncontent-length: 2\r\n\r\nok'
    const target = await forgetful(undefined, socket => socket.write(keeping))
    const { transport, outcome } = await second(target, {}, idleTime)
    expect(outcome).toMatchObject({ cause: 'reset' })
    expect(transport.counters).toMatchObject({ resent: 0, lost: 1 })
  })

  test('is closed while it is idle: no request fails, and nothing is sent again', async () => {
    const target = await forgetful(undefined, socket => {
      socket.write(ok)
      setTimeout(() => socket.end(), 100)
    })
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(target.origin))
    await until(() => transport.counters.lost === 1)
    expect(await answered(transport, request(target.origin, { method: 'POST', body: 'x' }))).toMatchObject({
      body: 'ok',
    })
    expect(transport.counters).toMatchObject({ requests: 2, resent: 0, lost: 1, opened: 2 })
  })

  test.each(['connection: close', 'keep-alive: timeout=0'])('was announced to end (%s): it is not lost', async line => {
    const closing = `HTTP/1.1 200 OK\r\n${line}\r\ncontent-length: 2\r\n\r\nok`
    const target = await forgetful(undefined, socket => socket.end(closing))
    const transport = transportWith({ connections: 1 })
    for (let i = 0; i < 3; i++) expect(await answered(transport, request(target.origin))).toMatchObject({ body: 'ok' })
    expect(transport.counters).toMatchObject({ requests: 3, resent: 0, lost: 0, opened: 3 })
  })

  test.each([
    ['header', 'HTTP/1.1 200 OK\r\ncontent-', /within the header of the response\./],
    ['body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf', /within the body of the response\./],
    ['chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf', /within the body of the response\./],
  ])('had been idle, and ends within the %s: it has failed', async (_, text, words) => {
    const target = await forgetful(socket => socket.end(text))
    const { transport, outcome } = await second(target, {}, idleTime)
    expect(outcome).toMatchObject({ cause: 'reset' })
    expect((outcome as { error: Error }).error.message).toMatch(words)
    expect(target.seen).toEqual(['GET', 'GET'])
    expect(transport.counters).toMatchObject({ resent: 0, lost: 1 })
  })

  test('its body and headers are those of the first time, whatever its owner does with it meanwhile', async () => {
    const heads: string[] = []
    const known = new Set<Socket>()
    const { origin } = await rawTarget((socket, head) => {
      heads.push(head)
      if (known.has(socket)) socket.destroy()
      else socket.write(ok)
      known.add(socket)
    })
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    await idleTime()
    const outgoing = request(origin, { method: 'PUT', headers: ['x-a', '1'], body: Buffer.from('\r\n\r\n') })
    const outcome = answered(transport, outgoing)
    outgoing.headers[1] = '2'
    outgoing.path = '/other'
    ;(outgoing.body as Buffer).fill('z')
    await outcome
    expect(heads[2]).toBe(heads[1])
    expect(heads[1]).toMatch(/^PUT \/ .*x-a: 1\r\n/s)
  })

  test('its time counts from the first sending', async () => {
    const at: number[] = []
    const { origin } = await forgetful(
      socket => {
        at.push(performance.now())
        setTimeout(() => socket.destroy(), 20)
      },
      socket => socket.write(ok),
    )
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    await idleTime()
    const { times } = await answered(transport, request(origin))
    expect(times.sent).toBeLessThanOrEqual(at[0]!)
    expect(times.ended).toBeGreaterThan(at[0]! + 15)
  })

  test('its timeout counts from the first sending', async () => {
    let begun = 0
    const { origin, seen } = await forgetful(
      socket => {
        begun = performance.now()
        setTimeout(() => socket.destroy(), 20)
      },
      socket => void (seen.length === 1 && socket.write(ok)),
    )
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    await idleTime()
    const { cause, times } = await failed(transport, request(origin, { timeout: 1_000 }))
    expect(cause).toBe('timeout')
    expect(seen).toHaveLength(3)
    expect(times.sent).toBeLessThanOrEqual(begun)
    expect(times.ended - times.queued).toBeGreaterThanOrEqual(995)
  })

  test('it is sent once again, and not a third time', async () => {
    const { origin, seen } = await forgetful(undefined, socket =>
      seen.length === 1 ? socket.write(ok) : socket.destroy(),
    )
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    await idleTime()
    expect(await failed(transport, request(origin))).toMatchObject({ cause: 'reset' })
    expect(seen).toEqual(['GET', 'GET', 'GET'])
    expect(transport.counters).toMatchObject({ requests: 2, resent: 1, lost: 2 })
  })

  test('a new connection that ends at once is no kept one', async () => {
    const { origin, seen } = await forgetful(undefined, socket => socket.destroy())
    const transport = transportWith({ connections: 1 })
    expect(await failed(transport, request(origin))).toMatchObject({ cause: 'reset' })
    const post = await failed(transport, request(origin, { method: 'POST', body: 'x' }))
    expect(post.message).not.toContain('idempotent')
    expect(seen).toEqual(['GET', 'POST'])
  })

  test('nor is one that was opened ahead', async () => {
    const { origin, seen } = await forgetful(undefined, socket => socket.destroy())
    const transport = transportWith({ connections: 1 })
    await transport.warm(origin, 1)
    expect(await failed(transport, request(origin))).toMatchObject({ cause: 'reset' })
    expect(seen).toEqual(['GET'])
    expect(transport.counters).toMatchObject({ requests: 1, resent: 0, lost: 1 })
  })

  test('the server is gone by then: nobody listens', async () => {
    const target = await forgetful(socket => {
      target.server.close()
      socket.destroy()
    })
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(target.origin))
    await idleTime()
    expect(await failed(transport, request(target.origin))).toMatchObject({ cause: 'refused' })
  })

  test('the run ends meanwhile: it is aborted, and nothing is sent', async () => {
    const { origin, seen } = await forgetful()
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    await idleTime()
    const outcome = failed(transport, request(origin))
    transport.abort()
    expect(await outcome).toMatchObject({ cause: 'aborted' })
    await delay(30)
    expect(seen.length).toBeLessThanOrEqual(2)
  })
})
