import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { answered, closeAll, exchange, failed, listening, request, until } from '../support.ts'
import {
  END_HEADERS,
  END_STREAM,
  frame,
  framesTarget,
  http2Target,
  http2With,
  literal,
  type OnStream,
  STATUS_200,
  TYPE,
  u32,
} from './servers.ts'

afterEach(closeAll)

const header = (stream: number, flags = 0, fields: Buffer = STATUS_200) =>
  frame(TYPE.headers, END_HEADERS | flags, stream, fields)
const data = (stream: number, text: string, flags = 0) => frame(TYPE.data, flags, stream, text)
const reset = (stream: number, code: number) => frame(TYPE.reset, 0, stream, u32(code))
const goaway = (last: number, code: number) => frame(TYPE.goaway, 0, 0, u32(last, code))
const ok = (stream: number) => [header(stream), data(stream, 'ok', END_STREAM)]
const length = (bytes: number) => Buffer.concat([STATUS_200, literal('content-length', String(bytes))])

/** One request, after `before` others that were answered, and after the connection has been idle. */
async function failureOf(onStream: OnStream, { before = 0, idle = 0, method = 'GET' } = {}) {
  const target = await framesTarget((say, stream, count, socket) =>
    count < before ? say(...ok(stream)) : onStream(say, stream, count, socket),
  )
  const transport = http2With()
  for (let i = 0; i < before; i++) await answered(transport, request(target.origin))
  await delay(idle)
  const { cause, message } = await failed(transport, request(target.origin, { method }))
  return { cause, message, counters: transport.counters, requests: target.requests }
}

test.each([
  [
    'a reset with NO_ERROR in a body',
    (say, id) => say(header(id), data(id, 'part'), reset(id, 0)),
    'reset',
    /NO_ERROR/,
  ],
  ['a reset with CANCEL in a body', (say, id) => say(header(id), data(id, 'part'), reset(id, 8)), 'reset', /CANCEL/],
  ['a reset with NO_ERROR before anything', (say, id) => say(reset(id, 0)), 'reset', /NO_ERROR/],
  ['a reset with INTERNAL_ERROR', (say, id) => say(reset(id, 2)), 'reset', /INTERNAL_ERROR/],
  ['a reset with HTTP_1_1_REQUIRED', (say, id) => say(reset(id, 13)), 'protocol', /HTTP_1_1_REQUIRED.*protocol: 'h1'/],
  ['a reset with REFUSED_STREAM in a body', (say, id) => say(header(id), reset(id, 7)), 'reset', /REFUSED_STREAM/],
  [
    'a body shorter than its Content-Length',
    (say, id) => say(header(id, 0, length(9)), data(id, 'part', END_STREAM)),
    'protocol',
    /PROTOCOL_ERROR/,
  ],
  [
    'a body longer than its Content-Length',
    (say, id) => say(header(id, 0, length(2)), data(id, 'part', END_STREAM)),
    'protocol',
    /PROTOCOL_ERROR/,
  ],
  [
    'a header with a capital',
    (say, id) => say(header(id, END_STREAM, Buffer.concat([STATUS_200, literal('X-A', '1')]))),
    'protocol',
    /PROTOCOL_ERROR/,
  ],
  [
    'a response without a status',
    (say, id) => say(header(id, END_STREAM, literal('x-a', '1'))),
    'protocol',
    /PROTOCOL/,
  ],
  ['data before a header', (say, id) => say(data(id, 'part', END_STREAM)), 'protocol', /HTTP\/2|PROTOCOL/],
  ['a frame that is too large', say => say(frame(TYPE.data, 0, 1, Buffer.alloc(20_000))), 'protocol', /HTTP\/2/],
  [
    'the end of the connection',
    (say, id, _, socket) => {
      say(header(id), data(id, 'part'))
      socket.end()
    },
    'reset',
    /closed/,
  ],
  ['a reset connection', (_, _id, _count, socket) => void socket.resetAndDestroy(), 'reset', /reset|closed/],
] satisfies [string, OnStream, string, RegExp][])(
  '%s is a failure, not a response',
  async (_, onStream, cause, words) => {
    const failure = await failureOf(onStream)
    expect(failure.cause).toBe(cause)
    expect(failure.message).toMatch(words)
    expect(failure.message).toMatch(/^Failed to \w+ .+: .+\. [A-Z].+\.$/)
    expect(failure).toMatchObject({ requests: 1, counters: { requests: 1, resent: 0 } })
  },
)

test('a response that is complete counts, whatever comes behind it', async () => {
  const target = await framesTarget((say, id) => say(...ok(id), reset(id, 0)))
  const transport = http2With()
  for (let i = 0; i < 3; i++) expect((await answered(transport, request(target.origin))).body).toBe('ok')
  // Without reading the request to its end. Source: RFC 9113, section 8.1.
  const hasty = { method: 'POST', body: Buffer.alloc(5_000_000) }
  expect((await answered(transport, request(target.origin, hasty))).body).toBe('ok')
  expect(transport.counters).toMatchObject({ opened: 1, lost: 0, resent: 0 })
})

test.each(['GET', 'POST'])(
  '%s that was refused before it was processed is sent again, on the same connection',
  async method => {
    const target = await framesTarget((say, id, count) => (count < 2 ? say(reset(id, 7)) : say(...ok(id))))
    const transport = http2With()
    const said = await answered(transport, request(target.origin, { method, body: 'once' }))
    expect(said.body).toBe('ok')
    expect(target).toMatchObject({ requests: 3, opened: 1 })
    expect(transport.counters).toMatchObject({ requests: 1, streams: 3, refused: 2, resent: 0, lost: 0 })
  },
)

test('one that is refused for ever fails after a few times', async () => {
  const failure = await failureOf((say, id) => say(reset(id, 7)))
  expect(failure).toMatchObject({ cause: 'reset', requests: 6, counters: { requests: 1, refused: 5, resent: 0 } })
  expect(failure.message).toMatchInlineSnapshot(
    `"Failed to send a request to http://127.0.0.1:PORT: it was sent 6 times, and refused each time before it was processed (REFUSED_STREAM or GOAWAY). Look for a limit of the application."`,
  )
})

test.each([0, 2, 11])('GOAWAY with code %s: what it leaves out is sent again elsewhere, also a POST', async code => {
  const ids: number[] = []
  const target = await framesTarget((say, id, count) => {
    ids.push(id)
    if (count === 0) say(goaway(0, code))
    else say(...ok(id))
  })
  const transport = http2With()
  const said = await answered(transport, request(target.origin, { method: 'POST', body: 'once' }))
  expect(said.body).toBe('ok')
  expect(ids).toEqual([1, 1])
  expect(target.opened).toBe(2)
  expect(transport.counters).toMatchObject({
    ...{ requests: 1, resent: 0, refused: 1, opened: 2, reconnected: 1 },
    // One without an error was announced.
    lost: code === 0 ? 0 : 1,
  })
})

test('GOAWAY in order: what it covers ends on its connection, what comes later goes to another', async () => {
  const target = await framesTarget((say, id, count) => {
    if (count > 0) return void say(...ok(id))
    say(header(id), goaway(2 ** 31 - 1, 0), goaway(id, 0))
    setTimeout(() => say(data(id, 'covered', END_STREAM)), 50)
  })
  const transport = http2With()
  const covered = answered(transport, request(target.origin))
  expect((await answered(transport, request(target.origin))).body).toBe('ok')
  expect((await covered).body).toBe('covered')
  expect(transport.counters).toMatchObject({ opened: 2, lost: 0, resent: 0 })
})

test('GOAWAY with an error: what it covers has failed, also where the connection had been idle', async () => {
  const fresh = await failureOf((say, id) => say(goaway(id, 2)))
  expect(fresh).toMatchObject({ cause: 'reset', requests: 1, counters: { lost: 1, resent: 0 } })
  expect(fresh.message).toMatchInlineSnapshot(
    `"Failed to read a response from http://127.0.0.1:PORT: the other side ended the connection (GOAWAY, INTERNAL_ERROR). Look for a crash or a limit in the application's log."`,
  )
  const kept = await failureOf((say, id) => say(goaway(id, 2)), { before: 1, idle: 1_050 })
  expect(kept).toMatchObject({ cause: 'reset', requests: 2, counters: { lost: 1, resent: 0 } })
})

test('a kept connection that ends: sent again once if it had been idle and the method is idempotent', async () => {
  const end: OnStream = (_say, _id, _count, socket) => void socket.end()
  const idle = 1_050
  const [get, post, twice, inUse, late] = await Promise.all([
    failureOf((say, id, count, socket) => (count === 1 ? socket.end() : say(reset(id, 2))), { before: 1, idle }),
    failureOf(end, { before: 1, idle, method: 'POST' }),
    failureOf(end, { before: 1, idle }),
    failureOf(end, { before: 1 }),
    failureOf((_say, _id, _count, socket) => void setTimeout(() => socket.end(), 600), { before: 1, idle }),
  ])
  expect(get).toMatchObject({ cause: 'reset', requests: 3, counters: { lost: 1, resent: 1, opened: 2 } })
  expect(post).toMatchObject({ cause: 'reset', requests: 2, counters: { lost: 1, resent: 0 } })
  expect(post.message).toContain('POST is not idempotent')
  expect(twice).toMatchObject({ cause: 'reset', requests: 3, counters: { lost: 2, resent: 1 } })
  for (const cut of [inUse, late])
    expect(cut).toMatchObject({ cause: 'reset', requests: 2, counters: { lost: 1, resent: 0 } })
  expect(inUse.message).toContain('before a byte of the response had come')
})

test('a connection that ends under several requests had not been idle if another of them has a response', async () => {
  let count = 0
  const target = await framesTarget((say, id, _count, socket) => {
    if (++count < 3) return void say(...ok(id))
    socket.end()
  })
  const transport = http2With()
  await answered(transport, request(target.origin))
  await delay(1_050)
  const both = [exchange(transport, request(target.origin)), exchange(transport, request(target.origin))]
  expect((await Promise.all(both)).map(one => ('status' in one ? one.status : one.cause))).toEqual([200, 'reset'])
  expect(transport.counters).toMatchObject({ resent: 0, lost: 1 })
})

test('what ends before SETTINGS have come is not HTTP/2', async () => {
  const closing = await listening(createServer(socket => socket.once('data', () => socket.end())))
  expect((await failed(http2With(), request(closing.origin))).message).toMatchInlineSnapshot(
    `"Failed to speak HTTP/2 to http://127.0.0.1:PORT: it closed the connection before it had said anything in HTTP/2. Turn HTTP/2 without TLS (prior knowledge) on there, or write protocol: 'h1'."`,
  )
  const chatty = await listening(createServer(socket => socket.end('SSH-2.0-OpenSSH\r\n')))
  expect((await failed(http2With(), request(chatty.origin))).message).toMatchInlineSnapshot(
    `"Failed to speak HTTP/2 to http://127.0.0.1:PORT: what it sent first is not HTTP/2. Turn HTTP/2 without TLS (prior knowledge) on there, or write protocol: 'h1'."`,
  )
})

test('a server that goes round and round loses no request', async () => {
  // Every session is ended in order after a few requests, as nginx does after `keepalive_requests`.
  let asked = 0
  const served = new WeakMap<object, number>()
  const target = await http2Target((incoming, response) => {
    const { session } = incoming.stream
    asked++
    const before = served.get(session!) ?? 0
    served.set(session!, before + 1)
    response.end('ok')
    if (before === 5) session!.close()
  })
  const transport = http2With({ connections: 4 })
  let got = 0
  const user = async () => {
    for (let i = 0; i < 20; i++) if ((await answered(transport, request(target.origin))).body === 'ok') got++
  }
  await Promise.all(Array.from({ length: 8 }, user))
  expect(got).toBe(160)
  expect(asked).toBe(160)
  expect(transport.counters.requests).toBe(160)
  expect(transport.counters).toMatchObject({ lost: 0, resent: 0 })
  expect(transport.counters.reconnected).toBeGreaterThan(5)
  transport.abort()
  await transport.close()
  await until(() => target.sockets.size === 0)
})

test('an endless stream of interim responses runs out of time', async () => {
  const target = await framesTarget((say, id, _, socket) => {
    const again = () => {
      if (socket.destroyed) return
      say(header(id, 0, Buffer.concat([Buffer.from([0x08, 3]), Buffer.from('103')])))
      setTimeout(again, 5)
    }
    again()
  })
  expect(await exchange(http2With(), request(target.origin, { timeout: 200 }))).toMatchObject({ cause: 'timeout' })
})
