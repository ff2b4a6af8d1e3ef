import { createServer as createHttps } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { createServer as createTls } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { createUndiciTransport } from '../../../src/http/undici.ts'
import { createWireTransport } from '../../../src/http/wire/pool.ts'
import { answered, closeAll, exchange, failed, httpTarget, listening, request, until } from '../support.ts'
import { ca, credentials, http2Target, http2With } from './servers.ts'

afterEach(closeAll)

const tlsOf = (origin: string) => ({ tls: { [origin]: { ca } } })

test('without TLS: spoken at once; the server sees what HTTP/1.1 would say', async () => {
  const seen: unknown[] = []
  const target = await http2Target((incoming, response) => {
    const headers = Object.fromEntries(Object.entries(incoming.headers))
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', () => {
      seen.push({ ...headers, body: Buffer.concat(parts).toString(), version: incoming.httpVersion })
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.writeEarlyHints({ link: '</x>; rel=preload' })
      response.writeHead(201, { 'content-type': 'text/plain', 'x-latin': 'caf\xe9' })
      response.write('one ')
      response.addTrailers({ 'x-after': 'dropped' })
      response.end('two')
    })
  })
  const transport = http2With()
  const said = await answered(
    transport,
    request(target.origin, { method: 'POST', path: '/a?b=%20', headers: ['X-A', '1', 'x-a', '2'], body: 'größer' }),
  )
  expect(said).toMatchObject({ status: 201, body: 'one two' })
  expect(said.headers.slice(0, 4)).toEqual(['set-cookie', 'a=1', 'set-cookie', 'b=2'])
  expect(said.headers).not.toContain('x-after')
  expect(said.headers.some(header => header.startsWith(':'))).toBe(false)
  expect(seen).toEqual([
    {
      ':authority': target.origin.slice('http://'.length),
      ':method': 'POST',
      ':path': '/a?b=%20',
      ':scheme': 'http',
      'content-length': '8',
      'x-a': '1, 2',
      body: 'größer',
      version: '2.0',
    },
  ])
  expect(transport).toMatchObject({ name: 'http2', protocols: ['h2'] })
  expect(transport.counters).toMatchObject({ opened: 1, requests: 1, streams: 1, mostStreams: 1, lost: 0 })
})

test('bodies of all lengths, HEAD, 204 and 304', async () => {
  const long = 'x'.repeat(3_000_000)
  const target = await http2Target((incoming, response) => {
    const { method, url } = incoming
    if (url === '/echo') return void incoming.pipe(response as unknown as NodeJS.WritableStream)
    if (method === 'HEAD') return void response.writeHead(200, { 'content-length': '99' }).end()
    if (url === '/204') return void response.writeHead(204).end()
    if (url === '/304') return void response.writeHead(304, { 'content-length': '7' }).end()
    response.end(url === '/long' ? long : '')
  })
  const transport = http2With({ connections: 1 })
  const send = (path: string, more = {}) => answered(transport, request(target.origin, { path, ...more }))
  const [got, echoed, head, none, same, empty] = await Promise.all([
    send('/long'),
    send('/echo', { method: 'PUT', body: Buffer.from(long) }),
    send('/', { method: 'HEAD' }),
    send('/204'),
    send('/304'),
    send('/'),
  ])
  expect(got.body === long).toBe(true)
  expect(echoed.body === long).toBe(true)
  expect([head, none, same, empty].map(({ status, body }) => [status, body])).toEqual([
    [200, ''],
    [204, ''],
    [304, ''],
    [200, ''],
  ])
  expect(transport.counters).toMatchObject({ opened: 1, streams: 6, mostStreams: 6, lost: 0, resent: 0 })
})

test('ALPN over TLS, with the certificate that is trusted; none that is not', async () => {
  const target = await http2Target((_, response) => response.end('ok'), {}, true)
  const transport = http2With(tlsOf(target.origin))
  expect((await answered(transport, request(target.origin))).body).toBe('ok')
  expect(transport.protocols).toEqual(['h2'])
  const { cause, message } = await failed(http2With(), request(target.origin))
  expect(cause).toBe('protocol')
  expect(message).toMatch(/^Failed to trust https:\/\/127\.0\.0\.1:PORT: its certificate \(CN=127\.0\.0\.1\)/)
})

test('a server of TLS without HTTP/2 is a clear error, and never spoken to in HTTP/1.1', async () => {
  const asked: unknown[] = []
  const onlyHttp1 = await listening(
    createHttps({ ...credentials, ALPNProtocols: ['http/1.1'] }, incoming => asked.push(incoming.url)),
    'https',
  )
  const { cause, message } = await failed(http2With(tlsOf(onlyHttp1.origin)), request(onlyHttp1.origin))
  expect(cause).toBe('protocol')
  expect(message).toMatchInlineSnapshot(
    `"Failed to speak HTTP/2 to https://127.0.0.1:PORT: it speaks none of the protocols that TLS offered (ALPN: h2). Turn HTTP/2 on there, or write protocol: 'auto' or 'h1'."`,
  )
  // One that knows nothing of ALPN.
  const without = await listening(
    createTls(credentials, socket => socket.destroy()),
    'https',
  )
  const second = await failed(http2With(tlsOf(without.origin)), request(without.origin))
  expect(second.message).toMatchInlineSnapshot(
    `"Failed to speak HTTP/2 to https://127.0.0.1:PORT: it chose no protocol (ALPN). Turn HTTP/2 on there, or write protocol: 'auto' or 'h1'."`,
  )
  await expect(http2With(tlsOf(without.origin)).warm(without.origin, 4)).rejects.toThrow(/^Failed to speak HTTP\/2/)
  expect(asked).toEqual([])
})

test.each([createWireTransport, createUndiciTransport])(
  'a server of TLS that speaks HTTP/2 alone is the same clear error over HTTP/1.1: %o',
  async create => {
    const { origin } = await http2Target((_, response) => response.end(), {}, true)
    const { cause, message } = await failed(create({ ...tlsOf(origin) }), request(origin))
    expect(cause).toBe('protocol')
    expect(message).toBe(
      'Failed to connect to https://127.0.0.1:PORT: it speaks none of the protocols that TLS offered ' +
        "(ALPN: http/1.1). Write protocol: 'auto' or 'h2'.",
    )
  },
)

test('a server without TLS that does not speak HTTP/2 is a clear error', async () => {
  const asked: unknown[] = []
  const http1 = await httpTarget((incoming, response) => {
    asked.push(incoming.url)
    response.end()
  })
  const { cause, message } = await failed(http2With(), request(http1.origin))
  expect(cause).toBe('protocol')
  expect(message).toMatchInlineSnapshot(
    `"Failed to speak HTTP/2 to http://127.0.0.1:PORT: what it sent first is not HTTP/2. Turn HTTP/2 without TLS (prior knowledge) on there, or write protocol: 'h1'."`,
  )
  const mute = await listening(createTcp())
  const late = await failed(http2With({ connectTimeout: 100 }), request(mute.origin))
  expect(late.message).toMatchInlineSnapshot(
    `"Failed to speak HTTP/2 to http://127.0.0.1:PORT: it said nothing in HTTP/2 within 100 ms. Turn HTTP/2 without TLS (prior knowledge) on there, or write protocol: 'h1'."`,
  )
  expect(asked).toEqual([])
})

test.each(['undici', 'wire'] as const)('auto: what TLS negotiates with each server, %s for HTTP/1.1', async http1 => {
  const modern = await http2Target((_, response) => response.end('new'), { allowHTTP1: true }, true)
  const old = await listening(
    createHttps(credentials, (_, response) => response.end('old')),
    'https',
  )
  const plain = await httpTarget((_, response) => response.end('plain'))
  const tls = { [modern.origin]: { ca }, [old.origin]: { ca } }
  const transport = http2With({ tls }, http1)
  expect(transport).toMatchObject({ name: 'http2', protocols: [] })
  const first = await Promise.all([1, 2, 3].map(() => answered(transport, request(old.origin))))
  expect(first.map(({ body }) => body)).toEqual(['old', 'old', 'old'])
  expect(transport).toMatchObject({ name: http1, protocols: ['h1'] })
  expect((await answered(transport, request(plain.origin))).body).toBe('plain')
  await transport.warm(modern.origin, 3)
  expect((await answered(transport, request(modern.origin))).body).toBe('new')
  expect((await answered(transport, request(old.origin))).body).toBe('old')
  expect(transport).toMatchObject({ name: ['http2', http1].sort().join(' and '), protocols: ['h1', 'h2'] })
  expect(transport.counters).toMatchObject({ requests: 6, streams: 1, lost: 0, resent: 0 })
  transport.abort()
  await transport.close()
  await until(() => modern.sockets.size + old.sockets.size + plain.sockets.size === 0)
})

test('streams: the server allows few; others wait for one, or for a connection more', async () => {
  let [now, most] = [0, 0]
  const answers: (() => void)[] = []
  const target = await http2Target(
    (_, response) => {
      most = Math.max(most, ++now)
      answers.push(() => {
        now--
        response.end('ok')
      })
    },
    { settings: { maxConcurrentStreams: 3 } },
  )
  const one = http2With({ connections: 1 })
  const all = Array.from({ length: 10 }, () => answered(one, request(target.origin)))
  for (let seen = 0; seen < 10; seen++) {
    await until(() => answers.length > 0)
    answers.shift()!()
  }
  await Promise.all(all)
  expect(most).toBe(3)
  expect(one.counters).toMatchObject({ opened: 1, streams: 10, mostStreams: 3, waits: 7, reused: 9 })
  expect(one.counters.streamsAtOnce).toBeGreaterThan(20)

  const wide = http2With({ connections: 8 })
  const more = Array.from({ length: 8 }, () => answered(wide, request(target.origin)))
  await until(() => answers.length === 8)
  for (const answer of answers.splice(0)) answer()
  await Promise.all(more)
  expect(wide.counters).toMatchObject({ opened: 3, streams: 8, mostStreams: 3, waits: 0 })
})

test('who waits in line runs out of time; a header or a body that does not come does, too', async () => {
  const target = await http2Target(
    (incoming, response) => {
      if (incoming.url === '/ok') response.end('ok')
      if (incoming.url === '/part') response.write('part')
    },
    { settings: { maxConcurrentStreams: 1 } },
  )
  const narrow = http2With({ connections: 1 })
  const first = exchange(narrow, request(target.origin, { timeout: 500 }))
  const { cause, message } = await failed(narrow, request(target.origin, { timeout: 100 }))
  expect(cause).toBe('timeout')
  expect(message).toContain('no free connection within 100 ms')
  expect(await first).toMatchObject({ cause: 'timeout' })
  // The stream was given up, the connection was not.
  expect((await answered(narrow, request(target.origin, { path: '/ok' }))).body).toBe('ok')
  expect(narrow.counters).toMatchObject({ opened: 1, lost: 0 })

  const brief = http2With()
  await brief.warm(target.origin, 1)
  for (const path of ['/', '/part']) {
    const { message } = await failed(brief, request(target.origin, { timeout: 100, path }))
    expect(message).toContain('no complete response within 100 ms')
  }
  expect(brief.counters).toMatchObject({ opened: 1, lost: 0 })
})

test('limits: of headers and of bodies, as over HTTP/1.1', async () => {
  const target = await http2Target((incoming, response) => {
    if (incoming.url === '/header') response.setHeader('x-long', 'y'.repeat(20_000))
    if (incoming.url !== '/body') return void response.end('ok')
    response.writeHead(200, { 'content-length': 300_000_000 }).write('a')
    setTimeout(() => response.write('b'), 50)
  })
  const transport = http2With()
  const header = await failed(transport, request(target.origin, { path: '/header' }))
  expect(header).toMatchObject({ cause: 'protocol' })
  expect(header.message).toContain('its header is too large')
  const body = await failed(transport, request(target.origin, { path: '/body' }))
  expect(body).toMatchObject({ cause: 'protocol' })
  expect(body.message).toContain('its body is longer than 268,435,456 bytes')
  expect((await answered(transport, request(target.origin))).body).toBe('ok')
  expect(transport.counters).toMatchObject({ opened: 1, lost: 0 })
})

test('requests that HTTP/1.1 refuses are refused in the same words', async () => {
  const target = await http2Target((_, response) => response.end('ok'))
  const transport = http2With()
  const words = async (more: object) => (await failed(transport, request(target.origin, more))).message
  expect(await words({ method: 'GE T' })).toContain('invalid request method')
  expect(await words({ path: 'a b' })).toContain('invalid request path')
  expect(await words({ headers: ['x-a', 'b\r\nc: d'] })).toContain('invalid x-a header')
  expect(await words({ headers: ['transfer-encoding', 'chunked'] })).toContain('invalid transfer-encoding header')
  expect(await words({ headers: ['TE', 'gzip'] })).toContain('invalid te header')
  expect(await words({ headers: ['content-type', 'a/b', 'content-type', 'c/d'] })).toContain('content-type')
  const fine = { headers: ['Connection', 'keep-alive', 'Host', 'shop.example', 'te', 'trailers'] }
  expect((await answered(transport, request(target.origin, fine))).body).toBe('ok')
})

test('idle connections are closed, one for each user or exchange are opened where that is asked for', async () => {
  const target = await http2Target((_, response) => response.end('ok'))
  const brief = http2With({ idleTimeout: 50 })
  await answered(brief, request(target.origin))
  await until(() => target.sockets.size === 0)
  await answered(brief, request(target.origin))
  expect(brief.counters).toMatchObject({ opened: 2, lost: 0, reconnected: 1 })

  const single = http2With({ reuse: false })
  for (let i = 0; i < 3; i++) await answered(single, request(target.origin))
  expect(single.counters).toMatchObject({ opened: 3, reused: 0, lost: 0 })
  await until(() => target.sockets.size <= 1)

  const own = http2With({ reuse: 'per user' })
  const users = [request(target.origin), request(target.origin)]
  for (let round = 0; round < 2; round++) await Promise.all(users.map(user => answered(own, user)))
  expect(own.counters).toMatchObject({ opened: 2, streams: 4, mostStreams: 1 })

  const ahead = http2With({ connections: 250 })
  await ahead.warm(target.origin, 201)
  expect(ahead.counters).toMatchObject({ opened: 3, streams: 0 })
})

test('abort fails what is in flight, in line and about to connect; nothing is left open', async () => {
  const target = await http2Target(() => {}, { settings: { maxConcurrentStreams: 2 } })
  const transport = http2With({ connections: 1 })
  const all = Array.from({ length: 4 }, () => exchange(transport, request(target.origin)))
  await until(() => transport.counters.streams === 2)
  transport.abort()
  for (const outcome of await Promise.all(all)) expect(outcome).toMatchObject({ cause: 'aborted' })
  expect(await exchange(transport, request(target.origin))).toMatchObject({ cause: 'aborted' })
  await transport.close()
  await until(() => target.sockets.size === 0)
  const early = http2With()
  const connecting = exchange(early, request(target.origin))
  early.abort()
  expect(await connecting).toMatchObject({ cause: 'aborted' })
  await early.close()
  await until(() => target.sockets.size === 0)
  expect(transport.counters.lost).toBe(0)
})

test('close lets what is in flight end', async () => {
  const answers: (() => void)[] = []
  const target = await http2Target((_, response) => void answers.push(() => response.end('late')))
  const transport = http2With()
  const pending = answered(transport, request(target.origin))
  await until(() => answers.length === 1)
  const closed = transport.close()
  answers[0]!()
  expect((await pending).body).toBe('late')
  await closed
  await until(() => target.sockets.size === 0)
})

test('nobody listens', async () => {
  const target = await http2Target(() => {})
  await new Promise(resolve => target.server.close(resolve))
  const { cause, message } = await failed(http2With(), request(target.origin))
  expect(cause).toBe('refused')
  expect(message).toContain('connection refused')
})
