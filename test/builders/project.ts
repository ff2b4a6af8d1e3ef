import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Writes files into a fresh folder; gone when the test ends. Returns the folder. */
export function project(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * An OpenAPI file whose operations are `method path` with an operationId and, if need be, more of the operation as
 * JSON.
 */
export function openapi(operations: Record<string, [method: string, path: string, more?: object]>): string {
  const paths: Record<string, Record<string, object>> = {}
  for (const [operationId, [method, path, more]] of Object.entries(operations)) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }))
    paths[path] = {
      ...paths[path],
      [method]: { operationId, parameters, responses: { default: { description: 'any' } }, ...more },
    }
  }
  return JSON.stringify({ openapi: '3.1.0', info: { title: 'api', version: '1' }, paths })
}

/** An Arazzo document over `api.json` with the given `workflows` block (YAML, indented by two). */
export function arazzo(workflows: string, more = '', version = '1.0.1'): string {
  return `arazzo: ${version}
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.json, type: openapi }
workflows:
${workflows}
${more}`
}

/** A workflow that asks, and sends a message about it; `name` is that of its document. */
export const askAndPublish = (name: string): Record<string, string> => ({
  [name]: `arazzo: 1.1.0
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.json, type: openapi }
  - { name: events, url: ./events.yaml, type: asyncapi }
workflows:
  - workflowId: main
    steps:
      - { stepId: ask, operationId: $sourceDescriptions.api.ask }
      - stepId: publish
        operationId: $sourceDescriptions.events.publish
        action: send
        requestBody: { payload: { id: 1 } }
`,
  'api.json': openapi({ ask: ['get', '/ask'] }),
  'events.yaml': `asyncapi: 3.0.0
info: { title: Orders, version: '1' }
channels: { orders: { address: orders } }
operations: { publish: { action: send, channel: { $ref: '#/channels/orders' } } }
`,
})
