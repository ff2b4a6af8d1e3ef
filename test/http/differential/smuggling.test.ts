import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Transport } from '../../../src/http/transport.ts'
import { createWireTransport } from '../../../src/http/wire/pool.ts'
import { outcomeOf, type ScriptedServer, scriptedServer } from './compare.ts'

/*
 * RFC 9112, section 11: what two readers of one connection could take differently. Each is refused, and the next
 * request on the only connection there is gets its own answer and nothing of this one.
 */

const ok = 'HTTP/1.1 200 OK\r\n'
const evil = 'HTTP/1.1 200 OK\r\nx-evil: 1\r\nContent-Length: 4\r\n\r\nevil'

const refused: Record<string, string> = {
  'Content-Length beside Transfer-Encoding': `${ok}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${evil}`,
  'Transfer-Encoding beside Content-Length': `${ok}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${evil}`,
  'two Content-Lengths': `${ok}Content-Length: 4\r\nContent-Length: 9\r\n\r\nbody\r\n\r\n\r\n${evil}`,
  'a list of Content-Lengths': `${ok}Content-Length: 4, 9\r\n\r\nbody${evil}`,
  'a Content-Length with a sign': `${ok}Content-Length: +4\r\n\r\nbody${evil}`,
  'a hexadecimal Content-Length': `${ok}Content-Length: 0x4\r\n\r\nbody${evil}`,
  'a Content-Length with a space in it': `${ok}Content-Length: 4 4\r\n\r\nbody${evil}`,
  'a space before the colon of Content-Length': `${ok}Content-Length : 4\r\n\r\nbody${evil}`,
  'a space before the colon of Transfer-Encoding': `${ok}Transfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\nbody${evil}`,
  'chunked twice': `${ok}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${evil}`,
  'chunked, then something else': `${ok}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${evil}`,
  'chunked behind a vertical tab': `${ok}Transfer-Encoding: \x0bchunked\r\nContent-Length: 4\r\n\r\nbody${evil}`,
  'a folded Transfer-Encoding': `${ok}Transfer-Encoding:\r\n chunked\r\nContent-Length: 4\r\n\r\nbody${evil}`,
  'a folded Content-Length': `${ok}Content-Length:\r\n 4\r\n\r\nbody${evil}`,
  'lines that end in LF alone': `HTTP/1.1 200 OK\nContent-Length: 4\n\nbody${evil}`,
  'a CR alone that hides a header': `${ok}x: a\rContent-Length: 99\r\nContent-Length: 4\r\n\r\nbody${evil}`,
  'NUL in a name': `${ok}Content-Length\0: 9\r\nContent-Length: 4\r\n\r\nbody${evil}`,
  'NUL in a value': `${ok}x: a\0\r\nContent-Length: 4\r\n\r\nbody${evil}`,
  'a chunk size with a prefix': `${ok}Transfer-Encoding: chunked\r\n\r\n0x4\r\nbody\r\n0\r\n\r\n${evil}`,
  'a chunk size with a sign': `${ok}Transfer-Encoding: chunked\r\n\r\n+4\r\nbody\r\n0\r\n\r\n${evil}`,
  'a chunk size that overflows': `${ok}Transfer-Encoding: chunked\r\n\r\n100000000000000004\r\nbody\r\n0\r\n\r\n${evil}`,
  'a chunk size that ends in LF': `${ok}Transfer-Encoding: chunked\r\n\r\n4\nbody\r\n0\r\n\r\n${evil}`,
  'an extension without a name': `${ok}Transfer-Encoding: chunked\r\n\r\n4;\r\nbody\r\n0\r\n\r\n${evil}`,
  'a token behind a quoted extension': `${ok}Transfer-Encoding: chunked\r\n\r\n4;a="b"c\r\nbody\r\n0\r\n\r\n${evil}`,
  'an extension with two values': `${ok}Transfer-Encoding: chunked\r\n\r\n4;a=b=c\r\nbody\r\n0\r\n\r\n${evil}`,
  'LF in a chunk extension': `${ok}Transfer-Encoding: chunked\r\n\r\n4;a\nb\r\nbody\r\n0\r\n\r\n${evil}`,
  'a chunk longer than it says': `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nbodybody\r\n0\r\n\r\n${evil}`,
  'a chunk that ends in a character and LF': `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nbodyX\n0\r\n\r\n${evil}`,
  'a chunk that ends in CR and a character': `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\rX0\r\n\r\n${evil}`,
  'a chunk without its end': `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nbody0\r\n\r\n${evil}`,
  'an interim answer of HTTP/1.0': `HTTP/1.0 103 Early Hints\r\n\r\n${evil}`,
  'a trailer that is folded': `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nx: a\r\n b\r\n\r\n${evil}`,
}

let server: ScriptedServer
let transport: Transport
let id = 0

beforeAll(async () => {
  server = await scriptedServer()
  transport = createWireTransport({ connections: 1 })
})

afterAll(async () => {
  transport.abort()
  await transport.close()
  await server.close()
})

function exchange(bytes: string, after: 'keep' | 'close' = 'keep', cuts: number[] = []) {
  const answer = { seed: ++id, method: 'GET', bytes, cuts, after, how: 'by hand', isWhole: false } as const
  server.play(answer.seed, answer)
  const request = {
    origin: server.origin,
    method: 'GET',
    path: `/${id}`,
    headers: [],
    body: undefined,
    timeout: 10_000,
  }
  return outcomeOf(transport, request)
}

const own = { kind: 'answer', status: 200, headers: ['content-length: 3'], body: 'own' }
const askOwn = () => exchange(`${ok}Content-Length: 3\r\n\r\nown`)

test.each(Object.keys(refused))('%s', async name => {
  expect(await exchange(refused[name]!, 'close')).toMatchObject({ kind: 'failure', cause: 'protocol' })
  expect(await askOwn()).toEqual(own)
})

test('what comes behind an answer is nobody’s, and the connection is not used again', async () => {
  expect(await exchange(`${ok}Content-Length: 4\r\n\r\nbody${evil}`)).toMatchObject({ status: 200, body: 'body' })
  expect(await askOwn()).toEqual(own)
})

test('what comes while nothing was asked is nobody’s either', async () => {
  const { lost } = transport.counters
  const body = `${ok}Content-Length: 4\r\n\r\nbody`
  expect(await exchange(body + evil, 'keep', [body.length])).toMatchObject({ status: 200, body: 'body' })
  await expect.poll(() => transport.counters.lost).toBe(lost + 1)
  expect(await askOwn()).toEqual(own)
})
