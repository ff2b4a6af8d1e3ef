import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Library {
  url: string
  /** `GET /v1/books`, in the order of arrival. */
  requests: string[]
  /** What every request is answered with from now on; undefined: as it should be. */
  failWith(status: number | undefined): void
  close(): Promise<void>
}

const answers: Readonly<Record<string, unknown>> = {
  '/v1/books': [{ id: 'b 1', title: 'One' }],
  '/v1/books/b%201': { id: 'b 1', title: 'One' },
  '/v1/books/b%201/copies': { total: 1, copies: [{ shelf_mark: 'x/9' }] },
  '/v1/books/b%201/copies/x%2F9': {},
  '/v1/loans': [],
  '/v1/opening-hours': {},
}

/** Conforms to fixtures/openapi/library.yaml. */
export async function openLibrary(): Promise<Library> {
  const requests: string[] = []
  let failure: number | undefined
  const answer = ({ method, url }: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(url ?? '/', 'http://library')
    requests.push(`${method} ${pathname}`)
    const body = Object.hasOwn(answers, pathname) ? answers[pathname] : undefined
    const status = failure ?? (body === undefined ? 404 : 200)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}))
  }
  const server = createServer(answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failWith: status => {
      failure = status
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
