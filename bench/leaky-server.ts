/**
 * A server as small as `node:http` allows, which may keep some of what it allocates: with `leak` 100,000 bytes for
 * every hundredth request, outside of JavaScript's heap and written to, so that each is resident and no more than that
 * is.
 *
 *   GET /ping -> 200 {"ok":true}
 *
 * Run: `node leaky-server.js <port> [leak]`; prints `listening <port>` once it is (port 0 takes a free one).
 */
import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const EVERY = 100
const SIZE = 100_000
const body = Buffer.from('{"ok":true}')
const headers = ['content-type', 'application/json', 'content-length', String(body.byteLength)]
const kept: Buffer[] = []
const leaks = process.argv[3] === 'leak'
let requests = 0

const server = createServer((_, response) => {
  if (++requests % EVERY === 0 && leaks) kept.push(Buffer.alloc(SIZE, 1))
  response.sendDate = false
  response.writeHead(200, headers)
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', 1024, () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
