import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const items = Array.from({ length: 5_000 }, (_, n) => ({ n, text: 'ä 🎉'.repeat(5) }))

/** How the first failure is shown of a response of which a value is read that is not as it should be. */
async function shown(name: 'wire' | 'undici', body: string | Buffer, type = 'application/json') {
  const { origin } = await serve(() => ({ headers: { 'content-type': type }, body }))
  const folder = project({
    'api.json': openapi({ a: ['get', '/a'] }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 201 }], outputs: { id: $response.body#/id } }]
`),
  })
  const load = { vus: 1, iterations: 1, threads: 1 }
  const { errors } = await runLoad({
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers: origin,
    load,
    transport: name,
  })
  return errors[0]!.exemplars[0]!.response!.body!
}

test.each(['wire', 'undici'] as const)(
  'a body that is too long to be held is shown from its beginning (%s)',
  async name => {
    const body = JSON.stringify({ id: 1, text: 'a "quoted" word', items })
    const found = await shown(name, body)
    expect(found).toBe(`${body.slice(0, 1_000)}... (${Buffer.byteLength(body)} bytes)`)
  },
)

test('members that are named like credentials are hidden in it, and in JSON with a fault', async () => {
  const secrets = { password: 'pass"word', access_token: 'abc.def', pin: { apiKey: 12345 }, list: ['token'] }
  const hidden = '{"password":"***","access_token":"***","pin":{"apiKey":"***"},"list":["token"]'
  const long = JSON.stringify({ ...secrets, items })
  expect(await shown('wire', long)).toContain(`${hidden},"items"`)
  expect(await shown('wire', `${JSON.stringify(secrets).slice(0, -1)},}`)).toBe(`${hidden},}`)
  expect(await shown('wire', '{"token" : "cut o')).toBe('{"token" : "***"')
})

test('bytes that are not text are only counted', async () => {
  expect(await shown('wire', Buffer.alloc(300_000, 0xff), 'image/png')).toBe('<300000 bytes>')
  expect(await shown('wire', Buffer.alloc(300_000, 0xff))).toBe('<300000 bytes, not held>')
})
