import { Buffer } from 'node:buffer'
import { bench, describe } from 'vitest'
import { ResponseParser } from '../../src/http/wire/parser.ts'

const body = 'x'.repeat(91)
const header = 'HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Wed, 25 Nov 2026 22:00:00 GMT\r\n'
const fixed = Buffer.from(
  `${header}Content-Type: application/json\r\nContent-Length: 91\r\nConnection: keep-alive\r\n\r\n${body}`,
)
const chunked = Buffer.from(
  `${header}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5b\r\n${body}\r\n0\r\n\r\n`,
)
const many = Buffer.from(
  `${header}${Array.from({ length: 30 }, (_, n) => `X-Header-${n}: value ${n}\r\n`).join('')}Content-Length: 91\r\n\r\n${body}`,
)

let counted = 0
const parser = new ResponseParser({
  status: 0,
  begin() {},
  take(_, from, to) {
    counted += to - from
    return true
  },
})

function parse(bytes: Buffer, piece: number): void {
  parser.begin(false)
  let progress = 'more'
  for (let from = 0; from < bytes.length; from += piece)
    progress = parser.read(bytes, from, Math.min(bytes.length, from + piece))
  if (progress !== 'done') throw new Error(`${progress}: ${parser.fault} (${counted} bytes of bodies so far)`)
}

describe('a response of 91 bytes', () => {
  bench('with its length', () => parse(fixed, fixed.length))
  bench('in chunks', () => parse(chunked, chunked.length))
  bench('with 32 headers', () => parse(many, many.length))
  bench('cut into pieces of 64 bytes', () => parse(fixed, 64))
})
