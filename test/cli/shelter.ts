import { createServer, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { listen } from '../builders/listen.ts'

/** What the look at a pet responds with. */
export type Look = 'it' | 'another kind of thing' | 'a failure'

interface Shelter {
  url: string
  /** `POST /pets`, in the order of arrival. */
  requests: string[]
  /** How many pets there are. */
  count(): number
  lookGives(look: Look): void
}

/**
 * Conforms to fixtures/openapi/shelter.yaml, but for its look at a pet where that is asked for. Closed when the test
 * ends.
 */
export async function openShelter(): Promise<Shelter> {
  const requests: string[] = []
  const pets = new Map<string, object>()
  let made = 0
  let look: Look = 'it'

  async function respond(request: IncomingMessage): Promise<[status: number, body?: unknown]> {
    const [, place, id, more] = request.url!.split('/')
    const what = `${request.method} ${place}${id === undefined ? '' : '/id'}`
    if (what === 'GET pets') return [200, [...pets.values()]]
    if (what === 'POST pets') {
      const pet = { ...((await json(request)) as object), id: ++made }
      pets.set(String(made), pet)
      return [201, pet]
    }
    const pet = pets.get(id ?? '')
    if (pet === undefined) return [404]
    if (request.method === 'DELETE') return pets.delete(id!) ? [204] : [404]
    if (more !== undefined) return [200, []]
    return look === 'it' ? [200, pet] : look === 'a failure' ? [500] : [200, { id: 'no number' }]
  }

  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    const [status, body] = await respond(request)
    response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  return {
    url: await listen(server),
    requests,
    count: () => pets.size,
    lookGives: given => {
      look = given
    },
  }
}
