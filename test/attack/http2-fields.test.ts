import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { countFields, FieldCounts } from '../../src/http/h2/exchange.ts'
import {
  END_HEADERS,
  END_STREAM,
  frame,
  framesTarget,
  http2Target,
  http2With,
  literal,
  STATUS_200,
  TYPE,
} from '../http/h2/servers.ts'
import {
  answered,
  closeAll,
  failed,
  listening,
  rawTarget,
  request,
  transportWith,
  useTransport,
} from '../http/support.ts'

/* Node leaves out fields of HTTP/2 that are malformed. Over HTTP/1.1 the response fails, and so it does here. */

afterEach(closeAll)

const END = END_HEADERS | END_STREAM
const CONTINUATION = 9
const PADDED = 8
const block = (...fields: Buffer[]) => Buffer.concat([STATUS_200, ...fields])
/** `x-a: a\rb` with Huffman codes: `a` is 00011, CR 30 bits, `b` 100011; the rest are ones. */
const huffman = () => {
  const bits = `00011${(0x3ffffffd).toString(2)}100011`
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
  const bytes = whole.match(/.{8}/g)!.map(byte => Number.parseInt(byte, 2))
  return Buffer.from([0, 3, ...Buffer.from('x-a'), 0x80 | bytes.length, ...bytes])
}

const malformed: [string, Buffer][] = [
  ['CR in a value', literal('x-a', 'a\rb')],
  ['LF in a value', literal('x-a', 'a\nb')],
  ['NUL in a value', literal('x-a', 'a\0b')],
  ['a further header in a value', literal('x-a', 'a\r\nset-cookie: b=c')],
  ['LF at the end of a value', literal('x-a', 'a\n')],
  ['CR in a name', literal('x\ra', 'b')],
  ['LF in a name', literal('x\na', 'b')],
  ['NUL in a name', literal('x\0a', 'b')],
  ['a space in a name', literal('x a', 'b')],
  ['no name', literal('', 'b')],
  ['CR in a value of Huffman codes', huffman()],
  ['CR in a value that is kept in the table', Buffer.from([0x40, ...literal('x-a', 'a\rb').subarray(1)])],
]

describe.each(malformed)('%s', (_, field) => {
  const FAULT = /^Failed to read a response from http:\/\/127\.0\.0\.1:\w+: it is not valid HTTP\/2 \(a name or value /

  test.each<[string, (say: (...frames: Buffer[]) => void, id: number) => void]>([
    ['in the header', (say, id) => say(frame(TYPE.headers, END, id, block(field)))],
    [
      'in the header before a body',
      (say, id) => say(frame(TYPE.headers, END_HEADERS, id, block(field)), frame(TYPE.data, END_STREAM, id, 'evil')),
    ],
    [
      'in a header of several padded frames',
      (say, id) => {
        const whole = block(literal('x-b', 'c'), field)
        const first = Buffer.concat([Buffer.from([4]), whole.subarray(0, 5), Buffer.alloc(4)])
        say(
          frame(TYPE.headers, END_STREAM | PADDED, id, first),
          frame(CONTINUATION, 0, id, whole.subarray(5, 9)),
          frame(CONTINUATION, END_HEADERS, id, whole.subarray(9)),
        )
      },
    ],
    [
      'in an interim response',
      (say, id) =>
        say(
          frame(TYPE.headers, END_HEADERS, id, Buffer.concat([literal(':status', '103'), field])),
          frame(TYPE.headers, END, id, STATUS_200),
        ),
    ],
    [
      'in trailers',
      (say, id) =>
        say(
          frame(TYPE.headers, END_HEADERS, id, STATUS_200),
          frame(TYPE.data, 0, id, 'evil'),
          frame(TYPE.headers, END, id, field),
        ),
    ],
  ])('%s fails the response', async (_, respond) => {
    const target = await framesTarget(respond)
    const { cause, message } = await failed(http2With(), request(target.origin))
    expect(cause).toBe('protocol')
    expect(message).toMatch(FAULT)
  })
})

test('the connection stays, and other responses on it pass', async () => {
  const target = await framesTarget((say, id, count) => {
    const fields = count % 2 === 0 ? block(literal('x-a', 'a\rb')) : block(literal('x-a', 'ab'))
    say(frame(TYPE.headers, END_HEADERS, id, fields), frame(TYPE.data, END_STREAM, id, 'ok'))
  })
  const transport = http2With()
  for (let i = 0; i < 3; i++) {
    expect((await failed(transport, request(target.origin))).cause).toBe('protocol')
    expect((await answered(transport, request(target.origin))).body).toBe('ok')
  }
  expect(target.opened).toBe(1)
})

test('byte by byte, in one piece, with fields of every form and many of them', async () => {
  const target = await http2Target((_, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    for (let i = 0; i < 90; i++) response.setHeader(`x-${i}`, 'v'.repeat(3 * i))
    response.setHeader('set-cookie', ['a=b', 'c=d', 'e=f'])
    response.setHeader('trailer', 'x-t')
    response.addTrailers({ 'x-t': 'end' })
    response.end('ok')
  })
  const transport = http2With()
  for (let i = 0; i < 3; i++) expect(await answered(transport, request(target.origin))).toMatchObject({ body: 'ok' })
  const bytes = Buffer.concat([frame(TYPE.settings, 0, 0), frame(TYPE.headers, END, 5, block(literal('x', 'y')))])
  for (const size of [1, 2, 7, bytes.length]) {
    const counts = new FieldCounts()
    for (let at = 0; at < bytes.length; at += size) counts.feed(bytes.subarray(at, at + size))
    expect([counts.take(5), counts.take(5)]).toEqual([2, undefined])
  }
  expect(countFields(Buffer.from([0x3f, 0xe1, 0x1f, 0x88, 0xff, 0x01]))).toBe(2)
})

test('a response that comes before its request fails the connection', async () => {
  const evil = [
    frame(TYPE.settings, 0, 0),
    frame(TYPE.headers, END_HEADERS, 1, block()),
    frame(0, END_STREAM, 1, 'evil'),
  ]
  const target = await listening(createServer(socket => void socket.write(Buffer.concat(evil))))
  const { cause, message } = await failed(http2With(), request(target.origin))
  expect([cause, message]).toEqual(['protocol', expect.stringContaining('HTTP/2')])
})

test.each(['undici', 'wire'] as const)('%s: as over HTTP/1.1', async kind => {
  useTransport(kind)
  for (const value of ['a\rb', 'a\0b']) {
    const { origin } = await rawTarget(socket =>
      socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\nx-a: ${value}\r\n\r\n`),
    )
    expect((await failed(transportWith(), request(origin))).cause).toBe('protocol')
  }
})
