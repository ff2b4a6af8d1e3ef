import { createServer, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ca, credentials } from '../h2/servers.ts'
import {
  answered,
  closeAll,
  httpTarget,
  listening,
  rawTarget,
  request,
  transportWith,
  until,
  useTransport,
} from '../support.ts'

afterEach(closeAll)
beforeEach(() => useTransport('wire'))

/** What is written to it within some milliseconds goes out at once: writes over TLS wait for one another. */
function inOneSegment(tcp: Socket): Duplex {
  let held: Buffer[] = []
  const duplex = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      if (held.push(chunk) === 1)
        setTimeout(() => {
          tcp.write(Buffer.concat(held))
          held = []
        }, 5)
      done()
    },
  })
  tcp.on('data', chunk => duplex.push(chunk))
  tcp.once('close', () => duplex.destroy())
  return duplex
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

test('what follows an answer that nobody asked for is never taken for the next answer', async () => {
  let count = 0
  const target = await rawTarget(socket => {
    count++
    socket.write(count === 1 ? `${ok}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil` : ok)
  })
  const transport = transportWith({ connections: 1 })
  expect(await answered(transport, request(target.origin))).toMatchObject({ body: 'ok' })
  expect(await answered(transport, request(target.origin))).toMatchObject({ body: 'ok' })
  expect(target.opened).toBe(2)
  expect(transport.counters).toMatchObject({ lost: 1, reconnected: 1 })
})

test('nor is it over TLS, in a record of its own, where one request follows another at once', async () => {
  const surplus = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'
  let count = 0
  const server = createServer(tcp => {
    const socket = new TLSSocket(inOneSegment(tcp), { isServer: true, ...credentials })
    socket.on('error', () => {})
    socket.on('data', () => {
      socket.write(ok)
      if (++count % 50 === 0) socket.write(surplus)
    })
  })
  const target = await listening(server, 'https')
  const transport = transportWith({ connections: 1, tls: { [target.origin]: { ca } } })
  const bodies = new Set<string>()
  await new Promise<void>((resolve, reject) => {
    let left = 210
    const next = () =>
      transport.send(request(target.origin), {
        onResponse(_status, _headers, body) {
          bodies.add(Buffer.from(body).toString())
          if (--left > 0) next()
          else resolve()
        },
        onFailure: (_cause, error) => reject(error),
      })
    next()
  })
  expect([...bodies]).toEqual(['ok'])
  expect(transport.counters).toMatchObject({ requests: 210, lost: 4 })
})

test('what comes on an idle connection ends it', async () => {
  const target = await rawTarget(socket => {
    socket.write(ok)
    setTimeout(() => socket.write(ok), 20)
  })
  const transport = transportWith()
  await answered(transport, request(target.origin))
  await until(() => target.sockets.size === 0)
  expect(transport.counters).toMatchObject({ opened: 1, lost: 1 })
})

test('reuse: false opens a connection for every request, and says that it closes it', async () => {
  const said: unknown[] = []
  const target = await httpTarget((incoming, response) => {
    said.push(incoming.headers.connection)
    response.end('ok')
  })
  const transport = transportWith({ reuse: false })
  for (let n = 0; n < 3; n++) await answered(transport, request(target.origin))
  expect(target.opened).toBe(3)
  expect(said).toEqual(['close', 'close', 'close'])
  expect(transport.counters).toMatchObject({ opened: 3, lost: 0, reused: 0 })
})

test('reuse: per user gives every owner of a request a connection of its own', async () => {
  const target = await httpTarget((incoming, response) => response.end(String(incoming.socket.remotePort)))
  const transport = transportWith({ reuse: 'per user', connections: 1 })
  const [one, other] = [request(target.origin), request(target.origin)]
  const ports: string[] = []
  for (const owned of [one, other, one, other]) ports.push((await answered(transport, owned)).body)
  expect(ports[0]).toBe(ports[2])
  expect(ports[1]).toBe(ports[3])
  expect(ports[0]).not.toBe(ports[1])
  expect(target.opened).toBe(2)
})

test('reuse: per user: owners take the connections that were opened ahead', async () => {
  const target = await httpTarget((_, response) => response.end('ok'))
  const transport = transportWith({ reuse: 'per user' })
  await transport.warm(target.origin, 2)
  const owners = [request(target.origin), request(target.origin)]
  for (const owner of [...owners, ...owners]) await answered(transport, owner)
  expect(target.opened).toBe(2)
  expect(transport.counters).toMatchObject({ opened: 2, reused: 2, reconnected: 0 })
})

test('waits for a free connection are counted, with the time they took', async () => {
  const target = await httpTarget((_, response) => setTimeout(() => response.end('ok'), 30))
  const transport = transportWith({ connections: 1 })
  await Promise.all(Array.from({ length: 3 }, () => answered(transport, request(target.origin))))
  expect(transport.counters).toMatchObject({ opened: 1, reused: 2, waits: 2 })
  expect(transport.counters.waited).toBeGreaterThan(60)
})

test('a name with several addresses: the one that answers is found', async () => {
  // Listens on 127.0.0.1 only; localhost is ::1 too.
  const target = await httpTarget((_, response) => response.end('ok'))
  const transport = transportWith()
  for (let n = 0; n < 2; n++)
    expect((await answered(transport, request(`http://localhost:${target.port}`))).body).toBe('ok')
  expect(target.opened).toBe(1)
})

test('a connection is kept as long as the server says, also one that was opened ahead, and over undici', async () => {
  const target = await rawTarget(socket =>
    socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=7\r\ncontent-length: 2\r\n\r\nok'),
  )
  const untold = transportWith()
  useTransport('undici')
  const undici = transportWith()
  await untold.warm(target.origin, 3)
  for (const transport of [untold, undici]) await answered(transport, request(target.origin))
  await until(() => target.sockets.size === 4)
  const start = performance.now()
  await new Promise(resolve => setTimeout(resolve, 5_000))
  // They are still there after 4 s, and go before the server ends them.
  expect(target.sockets.size).toBe(4)
  await until(() => target.sockets.size === 0)
  expect(performance.now() - start).toBeLessThan(20_000)
  expect(untold.counters).toMatchObject({ opened: 3, lost: 0 })
})

test('a server that says how long it keeps a connection is not kept waiting longer', async () => {
  const target = await rawTarget(socket =>
    socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1\r\ncontent-length: 2\r\n\r\nok'),
  )
  const transport = transportWith()
  await answered(transport, request(target.origin))
  await until(() => target.sockets.size === 0)
  expect(transport.counters).toMatchObject({ opened: 1, lost: 0 })
})
