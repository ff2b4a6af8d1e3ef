import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

interface Note {
  folderId: number
  text: string
  stars: number
}

interface Answer {
  status: number
  body?: unknown
}

export interface Notes {
  url: string
  /** How many notes there are. */
  count(): number
  /** Requests that were refused: `401 GET /folders`. */
  refused: string[]
  close(): void
}

/** Conforms to fixtures/openapi/notes.yaml, and knows one user; each login has a token of its own. */
export async function openNotes(): Promise<Notes> {
  const tokens = new Set<string>()
  const notes = new Map<string, Note>()
  const refused: string[] = []
  let made = 0

  function login(body: unknown): Answer {
    const { username, password, client } = body as Record<string, unknown>
    if (username !== 'ada' || password !== "it's a secret" || client !== 'web') return { status: 401 }
    const accessToken = `token-${tokens.size + 1}`
    tokens.add(accessToken)
    return { status: 200, body: { user: username, accessToken } }
  }

  function write(body: unknown): Answer {
    const { folderId, text, stars, ...more } = body as Note
    const isRight = text.length >= 6 && text.length <= 8 && stars % 2 === 0 && stars >= 1 && stars <= 5
    if (folderId !== 17 || !isRight || Object.keys(more).length > 0) return { status: 422 }
    const id = `note ${++made}`
    notes.set(id, { folderId, text, stars })
    return { status: 201, body: { id, folderId, text, stars } }
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const [, place, id = ''] = decodeURIComponent(request.url!).split('/')
    const what = `${request.method} ${place}`
    if (what === 'POST login') return login(await json(request))
    if (!tokens.has(request.headers.authorization?.replace(/^Bearer /, '') ?? '')) return { status: 401 }
    if (what === 'GET folders') return { status: 200, body: { folders: [{ id: 17 }] } }
    if (what === 'POST notes') return write(await json(request))
    const note = notes.get(id)
    if (what === 'GET notes' && note) return { status: 200, body: { id, ...note } }
    if (what === 'DELETE notes' && notes.delete(id)) return { status: 204 }
    return { status: 404 }
  }

  const server = createServer(async (request, response) => {
    const { status, body } = await answer(request)
    if (status >= 400) refused.push(`${status} ${request.method} ${request.url}`)
    response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => notes.size,
    refused,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
