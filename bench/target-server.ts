/**
 * The three steps in one process, and
 *
 *   GET  /iterations   -> 200 [how many items were got, for each connection that was used for that]
 *
 * Run: `node target-server.js <port>`; prints `listening <port>` once it is (port 0 takes a free one).
 */
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answer, reply, threeSteps } from './three-steps.ts'

/** Items got, by connection. */
const got = new Map<Socket, number>()

const server = createServer((request, response) => {
  if (request.url === '/iterations') return reply(response, answer(200, [...got.values()]))
  threeSteps(request, response, ({ socket }) => got.set(socket, (got.get(socket) ?? 0) + 1))
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', 1024, () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
