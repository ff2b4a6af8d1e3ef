import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { cases } from '../builders/thorough.ts'
import { httpTarget } from '../http/support.ts'

const items = Array.from({ length: 5_000 }, (_, n) => ({ n, text: 'ä 🎉'.repeat(5) }))

/** How the first failure is shown of a response of which a value is read that is not as it should be. */
async function shown(name: 'wire' | 'undici', body: string | Buffer, type = 'application/json') {
  const { origin } = await serve(() => ({ headers: { 'content-type': type }, body }))
  return shownFrom(origin, name)
}

async function shownFrom(origin: string, name: 'wire' | 'undici') {
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

test.each(cases(['wire'], ['undici']))(
  'a body that is too long to be held is shown from its beginning (%s)',
  async name => {
    const body = JSON.stringify({ id: 1, text: 'a "quoted" word', items })
    const found = await shown(name, body)
    expect(found).toBe(`${body.slice(0, 1_000)}... (${Buffer.byteLength(body)} bytes)`)
  },
)

test.each(cases(['wire'], ['undici']))(
  'and so is one that comes byte by byte at first, or without its length (%s)',
  async name => {
    const body = JSON.stringify({ id: 1, text: 'a "quoted" word', items })
    for (const length of [{ 'content-length': Buffer.byteLength(body) }, {}]) {
      const { origin } = await httpTarget(async (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', ...length })
        for (let at = 0; at < 5; at++) {
          response.write(body[at])
          await setTimeout(20)
        }
        response.end(body.slice(5))
      })
      expect(await shownFrom(origin, name)).toBe(`${body.slice(0, 1_000)}... (${Buffer.byteLength(body)} bytes)`)
    }
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

test('nothing is shown of what is hidden in odd ways, however long it takes to look for it', async () => {
  expect(await shown('wire', '{"pass\\u0077ord":"hunter2","a":1,}')).toBe('{"pass\\u0077ord":"***","a":1,}')
  expect(await shown('wire', '{"a":"x, "password":"hunter2"}')).not.toContain('hunter2')
  expect(await shown('wire', '{"apiKey":0x1234ABC,"token":"a\\\n b"}')).toBe('{"apiKey":"***","token":"***"}')
  const began = performance.now()
  const inString = JSON.stringify([JSON.stringify(Array.from({ length: 6_000 }, () => ({ a: 1 })))]).slice(0, -1)
  expect(await shown('wire', `${inString},]`)).toMatch(/ characters\)$/)
  expect(await shown('wire', `He said: "${'x'.repeat(12_000_000)}`, 'text/html')).toMatch(/\(12000010 characters\)$/)
  expect(performance.now() - began).toBeLessThan(20_000)
})

test('bytes that are not text are only counted', async () => {
  expect(await shown('wire', Buffer.alloc(300_000, 0xff), 'image/png')).toBe('<300000 bytes>')
  expect(await shown('wire', Buffer.alloc(300_000, 0xff))).toBe('<300000 bytes>')
})

test('a message is no longer than 2,000 characters, whatever the server sends', async () => {
  const { origin } = await serve(() => ({ headers: { 'content-type': `text/${'x'.repeat(12_000)}` }, body: 'a' }))
  const content = { 'application/json': { schema: {} } }
  const folder = project({
    'api.json': openapi({ a: ['get', '/a', { responses: { 200: { description: 'ok', content } } }] }),
    'flow.arazzo.yaml': arazzo('  - { workflowId: main, steps: [{ stepId: a, operationId: a }] }'),
  })
  const load = { vus: 1, iterations: 1, threads: 1 }
  const { errors } = await runLoad({ workflow: `${folder}/flow.arazzo.yaml#main`, servers: origin, load })
  expect(errors[0]!.kind).toBe('openapi')
  expect(errors[0]!.message).toMatch(/^the content type text\/x+\.\.\.$/)
  expect(errors[0]!.message).toHaveLength(2_000)
})
