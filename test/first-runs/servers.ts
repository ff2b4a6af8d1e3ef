import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startPetstore } from '../../fixtures/apps/petstore/app.ts'
import { openLibrary } from '../cli/library.ts'
import { openNotes } from '../cli/notes.ts'

/** An OpenAPI file, and a server that conforms to it. */
export interface Api {
  /** Below fixtures/openapi. */
  file: string
  open(): Promise<{ url: string; close(): void | Promise<void> }>
  /** Credentials for the environment of the run. */
  env?: Record<string, string>
}

export const APIS: readonly Api[] = [
  { file: 'library.yaml', open: openLibrary },
  { file: 'notes.yaml', open: openNotes },
  { file: '../apps/petstore/petstore.openapi.yaml', open: startPetstore },
  {
    file: 'swagger.json',
    open: () =>
      openPlain({
        known: { '/api/items?limit=5': [{ sku: 'a/1' }], '/api/items/a%2F1': {} },
        authorization: 'Basic Y2xlcms6cGF5',
        base: '/api',
      }),
    env: { STOCK_LOGIN_USERNAME: 'clerk', STOCK_LOGIN_PASSWORD: 'pay' },
  },
  {
    file: 'split/openapi.yaml',
    open: () =>
      openPlain({
        known: { '/stations': { data: [{ name: 'tegel' }] }, '/stations/berlin': {} },
        type: 'application/hal+json',
      }),
  },
]

interface Plain {
  /** Responses by path and query. */
  known: Readonly<Record<string, unknown>>
  type?: string
  authorization?: string
  /** Path that the API lies under. */
  base?: string
}

/** Responds to what it knows, with JSON, and to those who are allowed to ask. */
async function openPlain({ known, type = 'application/json', authorization, base = '' }: Plain) {
  const server = createServer(({ url, headers }, response) => {
    const isAllowed = authorization === undefined || headers.authorization === authorization
    const status = !isAllowed ? 401 : Object.hasOwn(known, url!) ? 200 : 404
    response.writeHead(status, { 'content-type': type })
    response.end(JSON.stringify(status === 200 ? known[url!] : {}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
