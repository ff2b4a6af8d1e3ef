import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import type { ResponseListener } from '../../src/http/transport.ts'
import { overEach } from './over-each.ts'
import { answered, exchange, httpTarget, rawTarget, request, transportWith, until } from './support.ts'

async function textOf(incoming: IncomingMessage) {
  let text = ''
  for await (const chunk of incoming) text += chunk
  return text
}

overEach('%s', () => {
  test('hands over status, raw headers and the whole body', async () => {
    const { origin } = await httpTarget((_, response) => {
      response.writeHead(201, ['X-One', 'a', 'Set-Cookie', 'b=1', 'Set-Cookie', 'c=2'])
      response.end('{"id":7}')
    })
    const { status, headers, body, times } = await answered(transportWith(), request(origin))
    expect(status).toBe(201)
    expect(body).toBe('{"id":7}')
    expect(headers.slice(0, 6)).toEqual(['X-One', 'a', 'Set-Cookie', 'b=1', 'Set-Cookie', 'c=2'])
    expect(times.sent).toBeGreaterThanOrEqual(times.queued)
    expect(times.ended).toBeGreaterThan(times.sent)
  })

  test('sends method, path, headers and body, as text or as bytes', async () => {
    const seen: unknown[] = []
    const { origin } = await httpTarget(async (incoming, response) => {
      const { method, url, headers } = incoming
      seen.push([
        method,
        url,
        headers['x-a'],
        headers['content-length'],
        headers.host === origin.slice(7),
        await textOf(incoming),
      ])
      response.end()
    })
    const transport = transportWith()
    await answered(
      transport,
      request(origin, { method: 'POST', path: '/a?b=c%20d', headers: ['X-A', '1'], body: '{"ü":1}' }),
    )
    await answered(transport, request(origin, { method: 'DELETE', body: new Uint8Array([0x68, 0x69]) }))
    expect(seen).toEqual([
      ['POST', '/a?b=c%20d', '1', '8', true, '{"ü":1}'],
      ['DELETE', '/', undefined, '2', true, 'hi'],
    ])
  })

  test.each([
    ['a chunked body', 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n', 'abcdefg'],
    ['a body until the end of the connection', 'connection: close\r\n\r\nabc', 'abc'],
    ['content-length 0', 'content-length: 0\r\n\r\n', ''],
  ])('reads %s', async (_, rest, body) => {
    const { origin } = await rawTarget(socket => {
      socket.write(`HTTP/1.1 200 OK\r\n${rest}`)
      if (rest.startsWith('connection: close')) socket.end()
    })
    expect((await answered(transportWith(), request(origin))).body).toBe(body)
  })

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('a %s answered with %d has no body, whatever its headers say', async (method, status) => {
    const { origin } = await rawTarget(socket => {
      socket.write(
        `HTTP/1.1 ${status} X\r\nconnection: keep-alive\r\n${status === 204 ? '' : 'content-length: 10\r\n'}\r\n`,
      )
    })
    const outcome = await answered(transportWith(), request(origin, { method }))
    expect(outcome).toMatchObject({ status, body: '' })
  })

  test('reads a body in many pieces as one', async () => {
    const sent = Buffer.alloc(3_000_000)
    for (let i = 0; i < sent.length; i++) sent[i] = (i * 31) % 251
    const { origin } = await httpTarget((_, response) => response.end(sent))
    const { bytes } = await answered(transportWith(), request(origin))
    expect(Buffer.compare(Buffer.from(bytes), sent)).toBe(0)
  })

  test('passes over informational answers', async () => {
    const { origin } = await rawTarget(socket => {
      socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n')
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
    expect(await answered(transportWith(), request(origin))).toMatchObject({ status: 200, body: 'ok' })
  })

  test('does not follow redirects', async () => {
    const { origin } = await httpTarget((_, response) => response.writeHead(302, { location: '/elsewhere' }).end())
    const { status, headers } = await answered(transportWith(), request(origin))
    expect(status).toBe(302)
    expect(headers).toContain('/elsewhere')
  })

  test('keeps a connection alive, and counts', async () => {
    const target = await httpTarget((_, response) => response.end('ok'))
    const transport = transportWith()
    for (let n = 0; n < 20; n++) await answered(transport, request(target.origin))
    expect(target.opened).toBe(1)
    expect(transport.counters).toMatchObject({ opened: 1, lost: 0, requests: 20 })
  })

  test('a listener that sends from its own answer keeps to its connection', async () => {
    const target = await httpTarget((_, response) => response.end('ok'))
    const transport = transportWith({ connections: 8 })
    const outgoing = request(target.origin)
    await new Promise<void>((resolve, reject) => {
      let left = 50
      const listener: ResponseListener = {
        onResponse() {
          if (--left > 0) transport.send(outgoing, listener)
          else resolve()
        },
        onFailure: (_, error) => reject(error),
      }
      transport.send(outgoing, listener)
    })
    expect(target.opened).toBe(1)
  })

  test('no more connections than allowed; who waits is served in order, from a copy of the request', async () => {
    const order: string[] = []
    const target = await httpTarget(async (incoming, response) => {
      order.push(`${incoming.method} ${incoming.url} ${incoming.headers['x-n']} ${await textOf(incoming)}`)
      setTimeout(() => response.end(), 1)
    })
    const transport = transportWith({ connections: 1 })
    const outgoing = request(target.origin, { method: 'POST' })
    const bytes = new Uint8Array([0])
    const all = Array.from({ length: 12 }, (_, n) => {
      // One object for all, as a virtual user does it.
      outgoing.path = `/${n}`
      outgoing.headers.splice(0, 2, 'x-n', String(n))
      bytes[0] = 0x61 + n
      outgoing.body = n % 2 ? bytes : String(n)
      return exchange(transport, outgoing)
    })
    await Promise.all(all)
    expect(target.opened).toBe(1)
    expect(order).toEqual(
      Array.from({ length: 12 }, (_, n) => `POST /${n} ${n} ${n % 2 ? String.fromCharCode(0x61 + n) : n}`),
    )
  })

  test('a fault in a listener surfaces, and harms no other exchange', async () => {
    const { origin } = await httpTarget((_, response) => response.end('ok'))
    const transport = transportWith({ connections: 1 })
    const uncaught = new Promise(resolve => {
      const others = process.listeners('uncaughtException')
      process.removeAllListeners('uncaughtException')
      process.once('uncaughtException', error => {
        for (const other of others) process.on('uncaughtException', other)
        resolve(error)
      })
    })
    const fault = new Error('a fault')
    transport.send(request(origin), {
      onResponse() {
        throw fault
      },
      onFailure() {},
    })
    expect(await uncaught).toBe(fault)
    expect((await answered(transport, request(origin))).body).toBe('ok')
  })

  test('close waits for what is in flight, then leaves no socket and takes no more', async () => {
    const target = await httpTarget((_, response) => setTimeout(() => response.end('late'), 50))
    const transport = transportWith({ connections: 2 })
    await transport.warm(target.origin, 2)
    const inFlight = [1, 2, 3, 4].map(() => answered(transport, request(target.origin)))
    await transport.close()
    await until(() => target.sockets.size === 0)
    expect((await Promise.all(inFlight)).map(({ body }) => body)).toEqual(['late', 'late', 'late', 'late'])
    expect(await exchange(transport, request(target.origin))).toMatchObject({ cause: 'aborted' })
    expect(transport.counters.lost).toBe(0)
  })

  test('abort fails what is in flight and what waits, and leaves no socket', async () => {
    const target = await httpTarget(() => {})
    const transport = transportWith({ connections: 2 })
    const outcomes = [1, 2, 3].map(() => exchange(transport, request(target.origin)))
    await until(() => target.sockets.size === 2)
    transport.abort()
    expect(await Promise.all(outcomes)).toMatchObject([
      { cause: 'aborted' },
      { cause: 'aborted' },
      { cause: 'aborted' },
    ])
    await transport.close()
    await until(() => target.sockets.size === 0)
    expect(transport.counters).toMatchObject({ opened: 2, lost: 0 })
  })

  test('abort from within an answer', async () => {
    const target = await httpTarget((incoming, response) => void (incoming.url === '/first' && response.end('ok')))
    const transport = transportWith({ connections: 2 })
    const stuck = exchange(transport, request(target.origin))
    await until(() => target.sockets.size === 1)
    await new Promise<void>(resolve => {
      transport.send(request(target.origin, { path: '/first' }), {
        onResponse() {
          transport.abort()
          resolve()
        },
        onFailure() {},
      })
    })
    expect(await stuck).toMatchObject({ cause: 'aborted' })
    await until(() => target.sockets.size === 0)
  })
})
