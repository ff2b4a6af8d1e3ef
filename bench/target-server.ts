/**
 * A target that costs as little as `node:http` allows, in one process: every body and header list is made
 * before the first request.
 *
 *   POST /login        {"username","password"} -> 200 {"token"}; 400 without a name and a password
 *   GET  /items        `Authorization: Bearer <token>` -> 200 {"items":[10 of {"id","name"}]}; 401 without
 *   GET  /items/{id}   the same -> 200 {"id","name","price"}; 404 for an unknown id
 *   GET  /iterations   -> 200 [how many items were got, for each connection that was used for that]
 *
 * Run: `node target-server.js <port>`; prints `listening <port>` once it is (port 0 takes a free one).
 */
import { Buffer } from 'node:buffer'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

interface Answer {
  status: number
  headers: string[]
  body: Buffer
}

function answer(status: number, value: unknown): Answer {
  const body = Buffer.from(JSON.stringify(value))
  return {
    status,
    headers: ['content-type', 'application/json', 'content-length', String(body.byteLength)],
    body,
  }
}

const token = 'c2hvcC1kZW1vLXRva2Vu'
const authorization = `Bearer ${token}`
const items = Array.from({ length: 10 }, (_, n) => ({
  id: `item-${n + 1}`,
  name: `Item ${n + 1}`,
  price: 9.5 + n,
}))

const loggedIn = answer(200, { token })
const list = answer(200, { items: items.map(({ id, name }) => ({ id, name })) })
const byPath = new Map(items.map(item => [`/items/${item.id}`, answer(200, item)]))
const badLogin = answer(400, { error: 'username and password are needed' })
const unauthorized = answer(401, { error: 'a bearer token is needed' })
const notFound = answer(404, { error: 'no such thing' })

function reply(response: ServerResponse, { status, headers, body }: Answer) {
  response.sendDate = false
  response.writeHead(status, headers)
  response.end(body)
}

function login(request: IncomingMessage, response: ServerResponse) {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', chunk => {
    text += chunk
  })
  request.on('end', () => {
    let given: { username?: unknown; password?: unknown } | undefined
    try {
      given = JSON.parse(text)
    } catch {
      given = undefined
    }
    const complete = typeof given?.username === 'string' && typeof given.password === 'string'
    reply(response, complete ? loggedIn : badLogin)
  })
}

/** Items got, by connection. */
const got = new Map<Socket, number>()

const server = createServer((request, response) => {
  const url = request.url as string
  if (request.method === 'POST' && url === '/login') return login(request, response)
  if (url === '/iterations') return reply(response, answer(200, [...got.values()]))
  if (request.headers.authorization !== authorization) return reply(response, unauthorized)
  if (url === '/items') return reply(response, list)
  got.set(request.socket, (got.get(request.socket) ?? 0) + 1)
  reply(response, byPath.get(url) ?? notFound)
})
server.keepAliveTimeout = 60_000
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', 1024, () => {
  process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`)
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0))
