import { Buffer } from 'node:buffer'
import { afterEach, expect, test } from 'vitest'
import { BodyStore } from '../../../src/http/body-store.ts'
import { ResponseParser } from '../../../src/http/wire/parser.ts'
import { bytesInUse } from '../../builders/memory.ts'
import { closeAll, httpTarget, request, transportWith, useTransport } from '../support.ts'

afterEach(closeAll)

const half = Buffer.alloc(1_000_000, 'x')

test.each(['completely', 'half'])('connections that are idle keep no body that came %s', async how => {
  useTransport('wire')
  const { origin } = await httpTarget((_, response) => {
    response.writeHead(200, { 'content-length': 2 * half.length })
    response.write(half)
    setTimeout(() => (how === 'half' ? response.destroy() : response.end(half)), 20)
  })
  const transport = transportWith()
  const burst = (count: number) =>
    Promise.all(
      Array.from(
        { length: count },
        () =>
          new Promise<number>(resolve => {
            const onResponse = (_status: number, _headers: unknown, body: Uint8Array) => resolve(body.length)
            transport.send(request(origin), { onResponse, onFailure: () => resolve(0) })
          }),
      ),
    )
  await burst(2)
  const before = await bytesInUse()
  const lengths = await burst(40)
  expect(new Set(lengths)).toEqual(new Set([how === 'half' ? 0 : 2 * half.length]))
  expect((await bytesInUse()) - before).toBeLessThan(20_000_000)
})

test('a header that came in pieces costs its connection about its own length', async () => {
  const pieces = ['HTTP/1.1 200 OK\r\nContent-Le', 'ngth: 2\r\nDate: Wed, 25 Nov 2026 21:51:14 GMT\r\n\r\n{', '}']
  const parsers: ResponseParser[] = []
  const before = process.memoryUsage().arrayBuffers
  for (let n = 0; n < 500; n++) {
    const body = new BodyStore()
    const parser = new ResponseParser(body)
    parser.begin(false)
    const progress = pieces.map(piece => {
      const was = parser.read(Buffer.from(piece), 0, piece.length)
      body.settle()
      parser.settle()
      return was
    })
    expect(progress).toEqual(['more', 'more', 'done'])
    parsers.push(parser)
  }
  expect((process.memoryUsage().arrayBuffers - before) / parsers.length).toBeLessThan(1_000)
})
