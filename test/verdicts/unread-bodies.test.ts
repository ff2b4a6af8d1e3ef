import { randomBytes } from 'node:crypto'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { application, ITEMS, JSON_TYPE, load, type Respond, verdictsOf, workflow } from './applications.ts'

/* Bodies that no criterion, no output and no schema reads: they still have to be what their own headers say. */

const unread = () => workflow('description: reads nothing')
const long = Buffer.from(
  JSON.stringify({ items: Array.from({ length: 4_000 }, (_, id) => ({ id, name: 'x'.repeat(20) })) }),
)
/** Random bytes, which stay as long as they are when they are compressed. */
const noise = Buffer.from(JSON.stringify({ noise: randomBytes(100_000).toString('base64') }))

const withoutEnd = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 9)

type Row = [what: string, headers: Record<string, string>, sound: Buffer, broken: Buffer, cause: RegExp]

const encoded = (encoding: string) => ({ ...JSON_TYPE, 'content-encoding': encoding })
const text = { 'content-type': 'text/html', 'content-encoding': 'gzip' }

const ROWS: Row[] = [
  ['JSON', JSON_TYPE, Buffer.from(ITEMS), Buffer.from(`${ITEMS.slice(0, -1)},}`), /unexpected "}" at byte \d+/],
  ['JSON of 150 KB', JSON_TYPE, long, withoutEnd(long), /it ends after \d+ bytes, before its value is complete/],
  ['gzip', encoded('gzip'), gzipSync(ITEMS), withoutEnd(gzipSync(ITEMS)), /not valid gzip/],
  ['gzip of HTML', text, gzipSync('<p>'.repeat(99)), withoutEnd(gzipSync('<p>'.repeat(99))), /not valid gzip/],
  ['100 KB of gzip', encoded('gzip'), gzipSync(noise), withoutEnd(gzipSync(noise)), /not valid gzip/],
  ['brotli', encoded('br'), brotliCompressSync(ITEMS), withoutEnd(brotliCompressSync(ITEMS)), /not valid br/],
  ['deflate', encoded('deflate'), deflateSync(ITEMS), withoutEnd(deflateSync(ITEMS)), /not valid deflate/],
]

/** Sends each fifth body as `broken`, in two pieces if it is sent in chunks. */
function everyFifth([, headers, sound, broken]: Row, isChunked: boolean): Respond {
  return (response, count) => {
    const body = count % 5 === 0 ? broken : sound
    if (!isChunked) return response.writeHead(200, { ...headers, 'content-length': body.length }).end(body)
    response.writeHead(200, headers)
    response.write(body.subarray(0, body.length >> 1))
    return setImmediate(() => response.end(body.subarray(body.length >> 1)))
  }
}

describe.each(['wire', 'undici'] as const)('over %s, a body that nothing reads', transport => {
  test.each(ROWS)('is broken %s: red, with that cause', async (...row) => {
    for (const isChunked of [false, true]) {
      const servers = await application(everyFifth(row, isChunked))
      const report = await load({ servers, transport, workflow: unread() })
      expect(verdictsOf(report)).toMatchObject({ errorRate: 'fail' })
      expect(report.arrivals).toMatchObject({ passed: 64, failed: 16 })
      expect(report.errors.map(({ message }) => message)).toEqual(
        report.errors.map(() => expect.stringMatching(row[4])),
      )
    }
  })

  test.each([
    ['has no Content-Type', {}, 'ok'],
    ['is text', { 'content-type': 'text/plain' }, '{"a":'],
    ['is empty', JSON_TYPE, ''],
    ['says that it is not encoded', encoded('identity'), ITEMS],
    ['is an image', { 'content-type': 'image/png' }, 'not a png'],
  ])('%s: green', async (_, headers, body) => {
    const servers = await application(response => response.writeHead(200, headers).end(body))
    const report = await load({ servers, transport, workflow: unread() })
    expect(report.arrivals).toMatchObject({ passed: 80, failed: 0 })
  })
})

test.each(ROWS)('a functional run fails by broken %s, too', async (_, headers, sound, broken, cause) => {
  for (const [body, state] of [
    [sound, 'passed'],
    [broken, 'failed'],
  ] as const) {
    const servers = await application(response => response.writeHead(200, headers).end(body))
    const run = await runWorkflow(unread(), { servers })
    expect(run.state).toBe(state)
    if (state === 'failed') expect(JSON.stringify(run).replaceAll('\\"', '"')).toMatch(cause)
  }
})

test('bodies are not read if checks are off', async () => {
  const servers = await application(response => response.writeHead(200, JSON_TYPE).end('{'))
  const report = await load({ servers, workflow: unread(), checks: 'off' })
  expect(report.arrivals).toMatchObject({ passed: 80, failed: 0 })
})

test('encoded bodies that are too long to be held count as not checked', async () => {
  const large = gzipSync(JSON.stringify({ noise: randomBytes(1_500_000).toString('base64') }))
  const servers = await application(response => response.writeHead(200, encoded('gzip')).end(large))
  const folder = project({
    'api.json': openapi({ list: ['get', '/items', { responses: { 200: { description: 'items' } } }] }),
    'flow.arazzo.yaml': arazzo('  - workflowId: main\n    steps: [{ stepId: list, operationId: list }]'),
  })
  const report = await load({
    servers,
    workflow: `${folder}/flow.arazzo.yaml#main`,
    load: { vus: 2, iterations: 10, threads: 1 },
  })
  expect(report.arrivals).toMatchObject({ passed: 20 })
  expect(report.steps.list!.contract).toEqual({ responses: 20, checked: 0, broken: 0 })
})
