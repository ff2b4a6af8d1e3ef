import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { overEach } from './over-each.ts'
import { answered, failed, rawTarget, request, transportWith } from './support.ts'

/*
 * A server may close a connection that it keeps whenever it likes, and a request can be on its way then. RFC 9110,
 * section 9.2.2: one whose method is idempotent is sent once again; another is not, since it may have taken effect.
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

overEach('a kept connection that ends under a request (%s)', () => {
  for (const [how, end] of Object.entries(endings)) {
    test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
      `the server ${how}: %s is sent once again, and the connection is lost`,
      async method => {
        const { origin, seen } = await forgetful(end)
        const transport = transportWith({ connections: 1 })
        await answered(transport, request(origin))
        const body = method === 'PUT' ? 'x' : undefined
        expect(await answered(transport, request(origin, { method, body }))).toMatchObject({ status: 200 })
        expect(seen).toEqual(['GET', method, method])
        const counts = { requests: 2, opened: 2, lost: 1, reconnected: 1, resent: 1, reused: 1 }
        if (method !== 'HEAD') expect(transport.counters).toMatchObject(counts)
      },
    )

    test.each(['POST', 'PATCH'])(`the server ${how}: %s is not, and the failure says why`, async method => {
      const { origin, seen } = await forgetful(end)
      const transport = transportWith({ connections: 1 })
      await answered(transport, request(origin))
      const { cause, message } = await failed(transport, request(origin, { method, body: 'x' }))
      expect(cause).toBe('reset')
      expect(message).toContain(`${method} is not idempotent, so it is not sent again (RFC 9110, 9.2.2).`)
      expect(seen).toEqual(['GET', method])
      expect(transport.counters).toMatchObject({ requests: 2, lost: 1, resent: 0 })
    })
  }

  test('in constant use: nothing of it is a failure', async () => {
    const { origin } = await forgetful()
    const transport = transportWith({ connections: 1 })
    const again = request(origin)
    const outcomes: (string | number)[] = []
    await new Promise<void>(resolve => {
      const listener = {
        onResponse(status: number) {
          if (outcomes.push(status) === 20) resolve()
          else transport.send(again, listener)
        },
        onFailure(cause: string) {
          outcomes.push(cause)
          resolve()
        },
      }
      transport.send(again, listener)
    })
    expect(outcomes).toEqual(Array(20).fill(200))
    expect(transport.counters).toMatchObject({ requests: 20, resent: 19, lost: 19, opened: 20 })
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
        setTimeout(() => socket.destroy(), 50)
      },
      socket => socket.write(ok),
    )
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    const { times } = await answered(transport, request(origin))
    expect(times.sent).toBeLessThanOrEqual(at[0]!)
    expect(times.ended).toBeGreaterThan(at[0]! + 45)
  })

  test('its timeout counts from the first sending', async () => {
    let begun = 0
    const { origin, seen } = await forgetful(
      socket => {
        begun = performance.now()
        setTimeout(() => socket.destroy(), 50)
      },
      socket => void (seen.length === 1 && socket.write(ok)),
    )
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
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
    expect(await failed(transport, request(origin))).toMatchObject({ cause: 'reset' })
    expect(seen).toEqual(['GET', 'GET', 'GET'])
    expect(transport.counters).toMatchObject({ requests: 2, resent: 1, lost: 2 })
  })

  test('a byte of the response has come: it has failed', async () => {
    const { origin, seen } = await forgetful(socket => socket.end('HTTP/1.1'))
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    expect(await failed(transport, request(origin))).toMatchObject({ cause: 'reset' })
    expect(seen).toEqual(['GET', 'GET'])
    expect(transport.counters).toMatchObject({ resent: 0, lost: 1 })
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
    expect(await failed(transport, request(target.origin))).toMatchObject({ cause: 'refused' })
  })

  test('the run ends meanwhile: it is aborted, and nothing is sent', async () => {
    const { origin, seen } = await forgetful()
    const transport = transportWith({ connections: 1 })
    await answered(transport, request(origin))
    const outcome = failed(transport, request(origin))
    transport.abort()
    expect(await outcome).toMatchObject({ cause: 'aborted' })
    await delay(30)
    expect(seen.length).toBeLessThanOrEqual(2)
  })
})
