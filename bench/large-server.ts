/**
 * Answers `GET /large` with 100 MB of JSON, made of pieces of 1 MB that are sent again and again:
 * `{"first":{"id":"early"},"items":[{...},...],"last":{"id":"late"}}`.
 *
 * Run: `node large-server.js <port>`; prints `listening <port>` once it does (port 0 takes a free one).
 */
import { Buffer } from 'node:buffer'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const PIECES = 100
const item = '{"id":"item-1","name":"Item \\"one\\"","price":12.5,"tags":["a","b"],"stock":{"count":7,"place":null}},\n'
const piece = Buffer.from(item.repeat(Math.ceil(1e6 / item.length)))
const head = Buffer.from('{"first":{"id":"early"},"items":[')
const tail = Buffer.from('{}],"last":{"id":"late"}}')

function send(response: ServerResponse): void {
  let sent = 0
  const more = () => {
    while (sent < PIECES) {
      sent++
      if (!response.write(piece)) {
        response.once('drain', more)
        return
      }
    }
    response.end(tail)
  }
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': head.length + PIECES * piece.length + tail.length,
  })
  response.write(head)
  more()
}

const server = createServer((_request, response) => send(response))
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
