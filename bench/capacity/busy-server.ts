/**
 * A server that works so many milliseconds of CPU on each request, one after the other. Run: `node busy-server.js
 * <milliseconds>`; sends its port.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [work = 2] = process.argv.slice(2).map(Number)
const body = JSON.stringify([{ id: 7 }])
const headers = { 'content-type': 'application/json', 'content-length': body.length }

const server = createServer((_, response) => {
  const before = process.cpuUsage()
  for (;;) {
    const { user, system } = process.cpuUsage(before)
    if (user + system >= work * 1_000) break
  }
  response.writeHead(200, headers).end(body)
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
