/**
 * An application that costs as little as `node:http` allows: every body and header list is made before the first
 * request.
 *
 *   POST /login        {"username","password"} -> 200 {"token"}; 400 without a name and a password
 *   GET  /items        `Authorization: Bearer <token>` -> 200 {"items":[10 of {"id","name"}]}; 401 without
 *   GET  /items/{id}   the same -> 200 {"id","name","price"}; 404 for an unknown id
 */
import { Buffer } from 'node:buffer'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface Answer {
  status: number
  headers: string[]
  body: Buffer
}

export function answer(status: number, value: unknown): Answer {
  const body = Buffer.from(JSON.stringify(value))
  return { status, headers: ['content-type', 'application/json', 'content-length', String(body.byteLength)], body }
}

const token = 'c2hvcC1kZW1vLXRva2Vu'
export const authorization = `Bearer ${token}`
const items = Array.from({ length: 10 }, (_, n) => ({ id: `item-${n + 1}`, name: `Item ${n + 1}`, price: 9.5 + n }))

const loggedIn = answer(200, { token })
const list = answer(200, { items: items.map(({ id, name }) => ({ id, name })) })
const byPath = new Map(items.map(item => [`/items/${item.id}`, answer(200, item)]))
const badLogin = answer(400, { error: 'username and password are needed' })
const unauthorized = answer(401, { error: 'a bearer token is needed' })
const notFound = answer(404, { error: 'no such thing' })

export function reply(response: ServerResponse, { status, headers, body }: Answer) {
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

/** What the steps ask for; `onItem` is called with each item that is got. */
export function threeSteps(
  request: IncomingMessage,
  response: ServerResponse,
  onItem?: (request: IncomingMessage) => void,
): void {
  const url = request.url as string
  if (request.method === 'POST' && url === '/login') return login(request, response)
  if (request.headers.authorization !== authorization) return reply(response, unauthorized)
  if (url === '/items') return reply(response, list)
  onItem?.(request)
  reply(response, byPath.get(url) ?? notFound)
}
