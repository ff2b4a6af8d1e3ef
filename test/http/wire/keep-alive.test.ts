import { Buffer } from 'node:buffer'
import { createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BodyStore } from '../../../src/http/body-store.ts'
import { ResponseParser } from '../../../src/http/wire/parser.ts'
import { closeAll, listening, request, transportWith, useTransport } from '../support.ts'

afterEach(closeAll)
beforeEach(() => useTransport('wire'))

test.each([
  ['timeout=5', 5],
  ['Timeout=5, max=100', 5],
  ['max=100, timeout=5', 5],
  ['max=100;timeout=5', 5],
  ['timeout="5"', 5],
  ['timeout=5, timeout=2', 2],
  ['timeout=2\r\nKeep-Alive: timeout=5', 2],
  ['timeout=5\r\nKeep-Alive: timeout=2', 2],
  ['timeout=0', 0],
  ['timeout=', -1],
  ['timeout=-1', -1],
  ['timeout=x\r\nServer: timeout=5', -1],
  ['xtimeout=5', -1],
  ['on', -1],
])('Keep-Alive: %j keeps a connection for %d s', (value, seconds) => {
  const parser = new ResponseParser(new BodyStore())
  parser.begin(false)
  const bytes = Buffer.from(`HTTP/1.1 204 None\r\nKeep-Alive: ${value}\r\n\r\n`)
  expect(parser.read(bytes, 0, bytes.length)).toBe('done')
  expect([parser.keepSeconds, parser.keepsAlive]).toEqual([seconds, seconds !== 0])
})

test.each([
  ['HTTP/1.1', '', true],
  ['HTTP/1.1', 'Connection: close', false],
  ['HTTP/1.1', 'Connection: x, Close', false],
  ['HTTP/1.0', '', false],
  ['HTTP/1.0', 'Connection: keep-alive', true],
  ['HTTP/1.0', 'Connection: keep-alive, close', false],
])('%s with %j keeps a connection: %j', (version, field, isKept) => {
  const parser = new ResponseParser(new BodyStore())
  parser.begin(false)
  const bytes = Buffer.from(`${version} 200 OK\r\n${field === '' ? '' : `${field}\r\n`}Content-Length: 0\r\n\r\n`)
  expect(parser.read(bytes, 0, bytes.length)).toBe('done')
  expect(parser.keepsAlive).toBe(isKept)
})

test('a connection that the server keeps for 0 s is not used again', async () => {
  const server = createServer((socket: Socket) => {
    // Ends it once the next request may be under way.
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 2\r\n\r\nok')
      setImmediate(() => socket.end())
    })
  })
  const target = await listening(server)
  const transport = transportWith({ connections: 1 })
  const post = request(target.origin, { method: 'POST', body: 'x' })
  await new Promise<void>((resolve, reject) => {
    let left = 20
    const next = () =>
      transport.send(post, {
        onResponse: () => (--left > 0 ? next() : resolve()),
        onFailure: (_cause, error) => reject(error),
      })
    next()
  })
  expect(target.opened).toBe(20)
})
