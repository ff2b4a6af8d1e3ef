import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The path of the `n`th operation: `/lists1`, `/lists1/{list1Id}`, `/lists1/{list1Id}/lists2`, ... */
function pathOf(n: number): string {
  if (n === 0) return ''
  const list = Math.ceil(n / 2)
  return n % 2 === 1 ? `${pathOf(n - 1)}/list${list}` : `${pathOf(n - 1)}/{list${list}Id}`
}

const item = { type: 'object', required: ['id'], properties: { id: { type: 'string' } } }

/**
 * An OpenAPI description of which `init` makes one workflow of so many steps: a list, what is in it, a list in that,
 * and so on.
 */
export function chainedApi(steps: number): string {
  const paths = Array.from({ length: steps }, (_, index) => {
    const path = pathOf(index + 1)
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }))
    const schema = index % 2 === 0 ? { type: 'array', items: item } : item
    const responses = { 200: { description: 'there', content: { 'application/json': { schema } } } }
    return [path, { get: { operationId: `step${index + 1}`, parameters, responses } }]
  })
  return JSON.stringify({
    openapi: '3.0.3',
    info: { title: 'Chained', version: '1' },
    paths: Object.fromEntries(paths),
  })
}

/** A server that conforms to all of them. */
export async function openChained(): Promise<{ url: string; requests: string[]; close(): void }> {
  const requests: string[] = []
  const server = createServer(({ url }, response) => {
    requests.push(url!)
    const isList = /\/list\d+$/.test(url!)
    const body = isList ? [{ id: 'a' }, { id: 'b' }] : { id: 'a' }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
