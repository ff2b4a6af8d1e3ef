import { createServer } from 'node:http'
import { listen } from '../../builders/listen.ts'

export interface Pets {
  url: string
  /** `GET /pets`, in the order in which they came. */
  requests: string[]
}

/**
 * The API of the suites on loopback: two pets, and a resource that is busy two times out of three. Closed when the test
 * ends.
 */
export async function servePets(): Promise<Pets> {
  const requests: string[] = []
  let asked = 0
  const server = createServer((request, response) => {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    requests.push(`${request.method} ${request.url}`)
    const { pathname } = new URL(request.url!, 'http://localhost')
    if (pathname === '/pets')
      return send(200, [
        { id: '1', name: 'Rex' },
        { id: '2', name: 'Tom' },
      ])
    if (pathname === '/pets/1') return send(200, { id: '1', name: 'Rex' })
    if (pathname === '/busy') return ++asked % 3 === 0 ? send(200, {}) : send(503, { error: 'busy' })
    if (pathname === '/silent') return
    send(404, { error: 'no such pet' })
  })
  return { url: await listen(server), requests }
}
