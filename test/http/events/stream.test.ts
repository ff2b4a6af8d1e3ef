import type { IncomingMessage, ServerResponse } from 'node:http'
import * as zlib from 'node:zlib'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { EventStream } from '../../../src/http/events.ts'
import { createHttp2Transport } from '../../../src/http/h2/pool.ts'
import type { Transport, TransportOptions } from '../../../src/http/transport.ts'
import { createUndiciTransport } from '../../../src/http/undici.ts'
import { createWireTransport } from '../../../src/http/wire/pool.ts'
import { http2Target } from '../h2/servers.ts'
import {
  answered,
  closeAll,
  closedAfterwards,
  exchange,
  failed,
  httpTarget,
  request,
  type Target,
  until,
} from '../support.ts'

/* Event streams over each transport: read until there is enough, and given up then. */

type Listener = (request: Pick<IncomingMessage, 'url'>, response: ServerResponse) => void

const ways: [
  name: string,
  serve: (listener: Listener) => Promise<Target<never>>,
  make: (options?: TransportOptions) => Transport,
][] = [
  ['wire', serve => httpTarget(serve) as never, createWireTransport],
  ['undici', serve => httpTarget(serve) as never, createUndiciTransport],
  ['http2', serve => http2Target(serve as never) as never, createHttp2Transport],
]

afterEach(closeAll)

/** A stream of which so many events are enough. */
function reading(most: number) {
  const seen: { sent: number; count: number }[] = []
  const stream: EventStream = new EventStream({
    onBegin: () => {},
    onEvent: sent => {
      seen.push({ sent, count: stream.events.length })
      return stream.events.length < most
    },
  })
  return { stream, seen }
}

const head = { 'content-type': 'text/event-stream' }
const dataOf = ({ events }: EventStream) => events.map(({ data }) => data)

describe.each(ways)('over %s', (name, serve, make) => {
  const transportWith = (options?: TransportOptions) => closedAfterwards(make(options))

  test('a stream is read until there is enough; its bytes left over are nobody’s', async () => {
    let closed = 0
    const { origin } = await serve(({ url }, response) => {
      if (url === '/plain') return void response.end('plain')
      response.on('close', () => closed++)
      response.writeHead(200, head)
      // Both in one piece: what is behind the second is there already when the first is enough.
      response.write('id: 1\ndata: {"n": 1}\n\nevent: tick\nretry: 5\ndata: 2 of them\n\ndata: 3\n\n')
    })
    const transport = transportWith({ connections: 1 })
    const { stream, seen } = reading(2)
    const { status, body, times } = await answered(transport, request(origin, { reader: stream }))
    expect({ status, body }).toEqual({ status: 200, body: '' })
    expect(stream.events).toEqual([
      { event: 'message', id: '1', data: { n: 1 } },
      { event: 'tick', id: '1', data: '2 of them', retry: 5 },
    ])
    expect(stream).toMatchObject({ isOpen: true, isMet: true, misfit: undefined, refusal: undefined })
    expect(seen.map(({ count }) => count)).toEqual([1, 2])
    expect(seen.every(({ sent }) => sent === times.sent)).toBe(true)
    await until(() => closed === 1)
    expect((await answered(transport, request(origin, { path: '/plain' }))).body).toBe('plain')
    // A stream of HTTP/2 ends alone; over HTTP/1.1 its connection goes, which nobody has lost.
    expect(transport.counters).toMatchObject({ opened: name === 'http2' ? 1 : 2, lost: 0, resent: 0, requests: 2 })
  })

  test('a stream that ends is complete, and its connection is used again', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, head)
      response.write('data: 1\n\nda')
      setImmediate(() => response.end('ta: 2\n\ndata: 3\n'))
    })
    const transport = transportWith({ connections: 1 })
    for (let i = 0; i < 2; i++) {
      const { stream } = reading(3)
      await answered(transport, request(origin, { reader: stream }))
      expect(dataOf(stream)).toEqual([1, 2])
      expect(stream.isMet).toBe(false)
    }
    expect(transport.counters).toMatchObject({ opened: 1, lost: 0 })
  })

  test.each([
    [503, head, 'its status is 503'],
    [204, {}, 'its status is 204'],
    [200, { 'content-type': 'application/json' }, 'its Content-Type is application/json'],
    [200, {}, 'it has no Content-Type'],
  ])('a response with status %s and %j is held as any other', async (status, headers, misfit) => {
    const { origin } = await serve((_, response) => void response.writeHead(status, headers).end('data: 1\n\n'))
    const { stream } = reading(1)
    const { body } = await answered(transportWith(), request(origin, { reader: stream }))
    expect(body).toBe(status === 204 ? '' : 'data: 1\n\n')
    expect(stream).toMatchObject({ isOpen: false, misfit, events: [] })
  })

  test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, br'])('a stream in %s is read as it comes', async encoding => {
    if (encoding === 'zstd' && !('createZstdCompress' in zlib)) return
    const stages = encoding.split(', ').map(name => {
      if (name === 'br') return zlib.createBrotliCompress()
      if (name === 'zstd') return (zlib as unknown as { createZstdCompress(): zlib.Gzip }).createZstdCompress()
      return name === 'gzip' ? zlib.createGzip() : zlib.createDeflate()
    })
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { ...head, 'content-encoding': encoding })
      const [first, second] = stages
      if (second) first!.pipe(second)
      stages.at(-1)!.pipe(response)
      first!.write('data: 1\n\ndata: 2\n\n')
      // It never ends: only what is flushed can be read.
      first!.flush(() => second?.flush())
    })
    const { stream } = reading(2)
    await answered(transportWith(), request(origin, { reader: stream }))
    expect(dataOf(stream)).toEqual([1, 2])
  })

  test('a decoded stream that ends is caught up with', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { ...head, 'content-encoding': 'gzip' }).end(gzipSync('data: 1\n\ndata: 2\n\n'))
    })
    const { stream } = reading(5)
    await answered(transportWith(), request(origin, { reader: stream }))
    const { catchUp } = stream
    if (catchUp) await new Promise<void>(catchUp)
    expect(dataOf(stream)).toEqual([1, 2])
    expect(stream.catchUp).toBeUndefined()
  })

  test.each([
    ['gzip', Buffer.from('not gzip at all'), /its body is not valid gzip \(incorrect header check\)/],
    ['rot13', Buffer.from('qngn: 1\n\n'), /its event stream has the unknown content-encoding "rot13"\. Known are gzip/],
  ])('a stream in a broken %s is refused', async (encoding, bytes, found) => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { ...head, 'content-encoding': encoding }).write(bytes)
    })
    const { stream } = reading(1)
    const { cause, message } = await failed(transportWith(), request(origin, { reader: stream }))
    expect({ cause, message }).toEqual({ cause: 'protocol', message: expect.stringMatching(found) })
    expect(stream.events).toEqual([])
  })

  test('only the time of the whole limits a stream: it may be silent for long', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, head)
      response.write('data: 1\n\n')
      setTimeout(() => response.write('data: 2\n\n'), 300)
    })
    const transport = transportWith()
    const { stream } = reading(2)
    await answered(transport, request(origin, { reader: stream, timeout: 60_000 }))
    expect(dataOf(stream)).toEqual([1, 2])
    const late = reading(5)
    const { cause, message } = await failed(transport, request(origin, { reader: late.stream, timeout: 1_500 }))
    expect({ cause, message }).toEqual({ cause: 'timeout', message: expect.stringContaining('within 1.5 s') })
    expect(dataOf(late.stream)[0]).toBe(1)
  })

  test('a stream that is let go is given up; one that another reads on the same transport goes on', async () => {
    const open = new Set<ServerResponse>()
    const { origin } = await serve((_, response) => {
      open.add(response)
      response.on('close', () => open.delete(response))
      response.writeHead(200, head)
      response.write('data: 1\n\n')
    })
    const transport = transportWith()
    const [gone, kept] = [reading(9), reading(2)]
    const ended = exchange(transport, request(origin, { reader: gone.stream }))
    const other = exchange(transport, request(origin, { reader: kept.stream }))
    await until(() => gone.stream.events.length === 1 && kept.stream.events.length === 1)
    gone.stream.letGo()
    await ended
    await until(() => open.size === 1)
    // Once more, when nothing of it is left.
    gone.stream.letGo()
    for (const response of open) response.write('data: 2\n\n')
    await other
    expect(dataOf(kept.stream)).toEqual([1, 2])
    const early = reading(9)
    early.stream.letGo()
    await exchange(transport, request(origin, { reader: early.stream }))
    expect(early.stream.events).toEqual([])
    await until(() => open.size === 0)
  })

  test('abort ends open streams', async () => {
    let closed = 0
    const { origin } = await serve((_, response) => {
      response.on('close', () => closed++)
      response.writeHead(200, head)
      response.write('data: 1\n\n')
    })
    const transport = transportWith()
    const { stream } = reading(9)
    const ended = exchange(transport, request(origin, { reader: stream }))
    await until(() => stream.events.length === 1)
    transport.abort()
    expect(await ended).toMatchObject({ cause: 'aborted' })
    await transport.close()
    await until(() => closed === 1)
  })

  test('a stream that breaks is a failure, with what had come', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, head)
      response.write('data: 1\n\n', () => setTimeout(() => response.destroy(), 20))
    })
    const { stream } = reading(9)
    const { cause } = await failed(transportWith(), request(origin, { reader: stream }))
    expect(cause).toBe('reset')
    expect(dataOf(stream)).toEqual([1])
  })
})

test.each([
  ['comments', `: ${'x'.repeat(1_000)}\n`, undefined],
  ['one line', 'data: x', undefined],
  ['lines of one event', `data: ${'x'.repeat(1_000)}\n`, undefined],
  ['comments in gzip', `: ${'x'.repeat(1_000)}\n`, 'gzip'],
])('%s without end are bounded', async (_, piece, encoding) => {
  const { stream } = reading(1)
  const headers = ['content-type', 'text/event-stream', ...(encoding ? ['content-encoding', encoding] : [])]
  stream.begin(200, headers, { times: { sent: 5 }, cutShort: () => {} })
  const bytes = encoding ? gzipSync(Buffer.alloc(2 ** 28 + 1_000, piece)) : Buffer.alloc(2 ** 20, piece)
  let taken = 0
  while (stream.take(bytes, 0, bytes.length) && !encoding && taken < 300) taken++
  if (encoding) await new Promise<void>(resolve => stream.catchUp!(resolve))
  else expect(taken).toBe(256)
  expect(stream.refusal?.found).toBe('its event stream is longer than 268,435,456 bytes')
  expect(stream.events).toEqual([])
})

test('events that are decoded later are of the request that brought them, whatever its connection does by then', async () => {
  const times = { sent: 5 }
  const { stream, seen } = reading(9)
  const headers = ['content-type', 'text/event-stream', 'content-encoding', 'gzip']
  stream.begin(200, headers, { times, cutShort: () => {} })
  const bytes = gzipSync('data: 1\n\n')
  stream.take(bytes, 0, bytes.length)
  stream.end()
  times.sent = 7
  await new Promise<void>(resolve => stream.catchUp!(resolve))
  expect(seen).toEqual([{ sent: 5, count: 1 }])
})
