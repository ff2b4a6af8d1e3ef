import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Comment {
  id: number
  body: string
  user: { login: string; type: 'User' | 'Bot' }
}

const BOT: Comment['user'] = { login: 'github-actions[bot]', type: 'Bot' }

/** GitHub's interface for comments and pull requests, as a server on loopback. */
export class FakeGitHub {
  readonly comments: Comment[] = []
  /** Pull requests that are open, as a list has them. */
  pulls: object[] = []
  /** `GET /repos/team/shop/...`, in their order. */
  readonly asked: string[] = []
  /** Who a token is of; the token of a job may not ask. */
  user: string | undefined
  /** What is responded instead, for a request; 0 ends the connection. */
  refuse: (method: string, path: string, tried: number) => number | undefined = () => undefined
  url = ''
  /** From then on nothing listens. */
  close: () => Promise<void> = async () => {}

  async listen(): Promise<this> {
    const server = createServer((request, response) => void this.#respond(request, response))
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
    this.close = () => new Promise(done => server.close(() => done()))
    onTestFinished(() => void server.close())
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return this
  }

  /** A comment that is there already. */
  has(body: string, user = BOT): Comment {
    const comment = { id: 100 + this.comments.length, body, user }
    this.comments.push(comment)
    return comment
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    const { pathname, searchParams } = new URL(request.url!, this.url)
    const asked = `${request.method} ${pathname}`
    this.asked.push(asked)
    const tried = this.asked.filter(one => one === asked).length
    const status = this.refuse(request.method!, pathname, tried)
    if (status === 0) return void request.socket.destroy()
    const [code, answer] =
      status !== undefined
        ? [status, { message: 'Resource not accessible by integration' }]
        : request.headers.authorization === 'Bearer a-token'
          ? this.#answer(request.method!, pathname, searchParams, text)
          : [401, { message: 'Bad credentials' }]
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  #answer(method: string, path: string, query: URLSearchParams, text: string): [number, unknown] {
    const page = <T>(items: readonly T[]) => {
      const [size, number] = [Number(query.get('per_page')), Number(query.get('page'))]
      return items.slice((number - 1) * size, number * size)
    }
    if (path === '/user') return this.user === undefined ? [403, { message: 'no' }] : [200, { login: this.user }]
    if (path === '/repos/team/shop/pulls') {
      const owned = this.pulls.filter(pull => (pull as { label?: string }).label === query.get('head'))
      return [200, page(owned)]
    }
    const body = () => {
      const { body } = JSON.parse(text)
      // As GitHub: longer ones are refused.
      return typeof body === 'string' && body.length <= 65_536 ? body : undefined
    }
    if (path === '/repos/team/shop/issues/7/comments') {
      if (method === 'GET') return [200, page(this.comments)]
      const given = body()
      return given === undefined ? [422, { message: 'Validation Failed' }] : [201, this.has(given)]
    }
    const [, id] = /^\/repos\/team\/shop\/issues\/comments\/(\d+)$/.exec(path) ?? []
    const comment = this.comments.find(one => one.id === Number(id))
    if (method !== 'PATCH' || comment === undefined) return [404, { message: 'Not Found' }]
    const given = body()
    if (given === undefined) return [422, { message: 'Validation Failed' }]
    comment.body = given
    return [200, comment]
  }
}
