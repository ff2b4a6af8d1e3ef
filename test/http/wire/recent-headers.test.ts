import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BodyStore, readBuffer } from '../../../src/http/body-store.ts'
import { ResponseParser } from '../../../src/http/wire/parser.ts'

function readIn(pieces: readonly Buffer[], isHead: boolean, isInReadBuffer = false) {
  const body = new BodyStore()
  const parser = new ResponseParser(body)
  body.headers = parser.header
  parser.begin(isHead)
  let progress = 'more'
  for (const piece of pieces) {
    if (progress !== 'more') break
    const bytes = isInReadBuffer ? readBuffer : piece
    if (isInReadBuffer) readBuffer.set(piece)
    progress = parser.read(bytes, 0, piece.length)
    if (progress === 'more') {
      body.settle()
      parser.settle()
    }
  }
  const { status, keepsAlive, keepSeconds, fault, header } = parser
  const known = {
    type: header.find('content-type'),
    cookie: header.find('Set-Cookie'),
    location: header.find('location'),
    encoding: header.find('content-encoding'),
  }
  const text = Buffer.from(body.bytes).toString()
  return progress !== 'done'
    ? { progress, fault }
    : { progress, status, keepsAlive, keepSeconds, list: header.list(), known, text }
}

const line = fc.constantFrom(
  'Content-Type: application/json',
  'content-type: text/plain',
  'Connection: close',
  'Connection: keep-alive',
  'Keep-Alive: timeout=7',
  'Set-Cookie: a=b',
  'Location: /there',
  'Content-Encoding: gzip',
  'Content-Length: 2',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'Date: Wed, 25 Nov 2026 21:51:14 GMT',
  'no colon',
)
const answer = fc
  .record({
    status: fc.constantFrom(
      'HTTP/1.1 200 OK',
      'HTTP/1.0 404 No',
      'HTTP/1.1 204 None',
      'HTTP/1.1 100 Continue',
      '\r\nHTTP/1.1 200 OK',
    ),
    lines: fc.array(line, { maxLength: 4 }),
    body: fc.constantFrom('', '{}', '2\r\n{}\r\n0\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'),
  })
  .map(({ status, lines, body }) => Buffer.from(`${[status, ...lines].join('\r\n')}\r\n\r\n${body}`))

test('a header that was read before is read the same again as one that comes in pieces', () => {
  const distinct = fc.array(answer, { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(distinct, fc.array(fc.nat(), { maxLength: 40 }), fc.boolean(), (answers, order, isHead) => {
      for (const at of order) {
        const bytes = answers[at % answers.length] as Buffer
        // One byte by itself: what comes in pieces is always read.
        const inPieces = readIn([bytes.subarray(0, 1), bytes.subarray(1)], isHead)
        expect(readIn([bytes], isHead)).toEqual(inPieces)
        expect(readIn([bytes], isHead, true)).toEqual(inPieces)
      }
    }),
  )
})

test('headers that are all different are read, too, and one that comes again after them', () => {
  const of = (n: number) => Buffer.from(`HTTP/1.1 200 OK\r\nX-Id: ${n}\r\nContent-Length: 2\r\n\r\n{}`)
  for (let n = 0; n < 500; n++)
    expect(readIn([of(n)], false)).toMatchObject({ list: ['X-Id', `${n}`, 'Content-Length', '2'] })
  for (let n = 0; n < 50; n++)
    expect(readIn([of(7)], false)).toMatchObject({ list: ['X-Id', '7', 'Content-Length', '2'] })
})

test('one that differs from it in a single byte, wherever that is, is another', () => {
  const text = 'HTTP/1.1 200 OK\r\nX-Id: 0123456789012345678901234567890123456789\r\nContent-Length: 2\r\n\r\n{}'
  const from = text.indexOf('0123')
  for (let n = 0; n < 40; n++) {
    const bytes = Buffer.from(text)
    readIn([bytes], false, true)
    bytes[from + n] = 0x78
    const id = text.slice(from, from + n) + 'x' + text.slice(from + n + 1, from + 40)
    expect(readIn([bytes], false, true)).toMatchObject({ list: ['X-Id', id, 'Content-Length', '2'] })
  }
})
