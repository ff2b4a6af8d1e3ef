import { brotliCompressSync, gzipSync } from 'node:zlib'
import { openapi } from '../../builders/project.ts'
import { type Case, main, ok } from '../case.ts'
import type { Said } from '../server.ts'

const type = 'Content-Type: text/event-stream'

/** A stream of these bytes, in chunks of so many; it goes on for ever, or ends. */
function stream(bytes: string | Buffer, { lines = [type], ends = false, size = 7 } = {}): Said {
  const all = Buffer.from(bytes)
  const chunks: Buffer[] = []
  for (let at = 0; at < all.length; at += size) {
    const chunk = all.subarray(at, at + size)
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  const head = ['HTTP/1.1 200 OK', ...lines, 'Transfer-Encoding: chunked', '', ''].join('\r\n')
  return { raw: Buffer.concat([Buffer.from(head), ...chunks, Buffer.from(ends ? '0\r\n\r\n' : '')]) }
}

const orders = ['pending', 'shipped', 'done'].map((status, n) => `id: ${n}\ndata: {"status":"${status}"}\n\n`).join('')
const done = { context: '$response.body', type: 'jsonpath', condition: "$[?@.data.status == 'done']" }
const last = { context: '$response.body', type: 'jsonpath', selector: '$[-1].data.status' }

/** A step that reads a stream, and one that shows what it took from there. */
const watching = (rule: object, more = ''): string =>
  main(
    [
      `stepId: a, operationId: a, x-events: ${JSON.stringify(rule)}${more}, outputs: ${JSON.stringify({
        first: '$response.body#/0/data/status',
        last,
        id: '$response.body#/1/id',
        kind: '$response.header.Content-Type',
      })}`,
      `stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $steps.a.outputs.last }], ${ok}`,
    ],
    { first: '$steps.a.outputs.first', last: '$steps.a.outputs.last', id: '$steps.a.outputs.id' },
  )

const outputs = { first: 'pending', last: 'done', id: '1' }
const one = (rule: object, more = '') => main(`stepId: a, operationId: a, x-events: ${JSON.stringify(rule)}${more}`)

export const events: Case[] = [
  {
    name: 'a stream that goes on, until an event is there',
    workflows: watching({ until: done }),
    script: { '/a': [stream(`\ufeff: hello\n${orders}data: more\n\n`)] },
    state: 'passed',
    outputs,
  },
  {
    name: 'what is left over of a stream is not the next response',
    workflows: watching({ most: 3 }),
    script: { '/a': [stream(`${orders}${'data: more\n\n'.repeat(3_000)}`, { size: 5_000 })], '/b': [{ json: {} }] },
    state: 'passed',
    outputs,
  },
  {
    name: 'a stream of so many events that ends with them',
    workflows: watching({ most: 3 }, `, ${ok}`),
    script: { '/a': [stream(orders, { ends: true })] },
    state: 'passed',
    outputs,
  },
  {
    name: 'line ends of all kinds',
    workflows: watching({ most: 3 }),
    script: { '/a': [stream(orders.replace('\n\n', '\r\r').replace('\n\n', '\r\n\r\n'), { size: 1 })] },
    state: 'passed',
    outputs,
  },
  ...[
    ['gzip', gzipSync(orders)] as const,
    ['br', brotliCompressSync(orders)] as const,
    ['gzip, br', brotliCompressSync(gzipSync(orders))] as const,
  ].map(
    ([encoding, bytes]): Case => ({
      name: `a stream in ${encoding}, whose header sets a cookie`,
      workflows: watching({ until: done }),
      script: {
        '/a': [stream(bytes, { lines: [type, `Content-Encoding: ${encoding}`, 'Set-Cookie: c=1'], ends: true })],
      },
      state: 'passed',
      outputs,
    }),
  ),
  {
    name: 'a stream whose length is said',
    workflows: watching({ most: 3 }),
    script: { '/a': [{ headers: [['Content-Type', 'text/event-stream; charset=utf-8']], body: orders }] },
    state: 'passed',
    outputs,
  },
  {
    name: 'a stream that ends with its connection',
    workflows: watching({ most: 3 }),
    script: { '/a': [{ raw: `HTTP/1.1 200 OK\r\n${type}\r\n\r\n${orders}`, end: true }] },
    state: 'passed',
    outputs,
  },
  {
    name: 'a stream that ends too early',
    workflows: one({ until: done }),
    script: { '/a': [stream(orders.slice(0, -5), { ends: true })] },
    state: 'failed',
    because: /^step "a" failed: Failed to read the events of step "a": the stream ended before .+ == 'done'\]\.$/,
  },
  {
    name: 'a stream that ends without an event',
    workflows: one({ most: 1 }),
    script: { '/a': [stream(': nothing\n\nid: 1\n\ndata: half', { ends: true })] },
    state: 'failed',
    because: /the stream ended without an event\.$/,
  },
  {
    name: 'a stream of no bytes',
    workflows: one({ most: 1 }),
    script: { '/a': [{ headers: [['Content-Type', 'text/event-stream']] }] },
    state: 'failed',
    because: /the stream ended without an event\.$/,
  },
  {
    name: 'a stream that takes too long',
    workflows: one({ until: done, within: '600ms' }),
    script: { '/a': [stream(orders.slice(0, -40))] },
    state: 'failed',
    because: /the stream did not come to .+ within 600 ms\. Raise `within`, or make the application faster\.$/,
  },
  {
    name: 'comments alone',
    workflows: one({ until: done, within: '600ms' }),
    script: { '/a': [stream(': ping\n\n'.repeat(9))] },
    state: 'failed',
    because: /no event came within 600 ms\./,
  },
  {
    name: 'more events than are read',
    workflows: one({ until: done, most: 2 }),
    script: { '/a': [stream(orders)] },
    state: 'failed',
    because: /2 events came without .+, and no more are read\. Correct `until`, or raise `most`\.$/,
  },
  {
    name: 'a stream that breaks',
    workflows: one({ most: 9 }),
    script: { '/a': [{ ...stream(orders), end: true } as Said] },
    state: 'failed',
  },
  {
    name: 'a body in a wrong encoding',
    workflows: one({ most: 1 }),
    script: { '/a': [stream('not gzip', { lines: [type, 'Content-Encoding: gzip'], ends: true })] },
    state: 'failed',
    because: /its body is not valid gzip \(incorrect header check\)/,
  },
  {
    name: 'an error, which is none',
    workflows: one({ most: 1 }),
    script: { '/a': [{ status: 503, headers: [['Content-Type', 'text/event-stream']], body: orders }] },
    state: 'failed',
    because: /the response is not an event stream: its status is 503\.$/,
  },
  {
    name: 'JSON, which is none',
    workflows: one({ most: 1 }),
    script: { '/a': [{ json: [{ data: 1 }] }] },
    state: 'failed',
    because: /the response is not an event stream: its Content-Type is application\/json\.$/,
  },
  {
    name: 'criteria of the step are held against all that came',
    workflows: one({ most: 2 }, ", successCriteria: [{ condition: $response.body#/1/data/status == 'done' }]"),
    script: { '/a': [stream(orders)] },
    state: 'failed',
    because: /\$response\.body#\/1\/data\/status == 'done' is not met \("shipped"\)$/,
  },
  {
    name: 'a stream that is tried again',
    workflows: one({ until: done }, ', onFailure: [{ name: again, type: retry, retryAfter: 0, retryLimit: 3 }]'),
    script: { '/a': [stream('data: 1\n\n', { ends: true }), { status: 500 }, stream(orders)] },
    state: 'passed',
  },
  {
    name: 'a stream that a redirect leads to',
    workflows: one({ until: done }),
    script: { '/a': [{ status: 302, headers: [['Location', '/b']] }], '/b': [stream(orders)] },
    options: { followRedirects: true },
    state: 'passed',
  },
  {
    name: 'a described stream is not held against the schema of its text',
    api: openapi({
      a: [
        'get',
        '/a',
        {
          responses: {
            200: {
              description: 'events',
              content: { 'text/event-stream': { schema: { type: 'string', maxLength: 1 } } },
            },
          },
        },
      ],
      b: ['get', '/b'],
    }),
    workflows: one({ until: done }),
    script: { '/a': [stream(orders)] },
    state: 'passed',
  },
  {
    name: 'a stream of another type than is described',
    api: openapi({
      a: ['get', '/a', { responses: { 200: { description: 'JSON', content: { 'application/json': {} } } } }],
      b: ['get', '/b'],
    }),
    workflows: one({ until: done }),
    script: { '/a': [stream(orders)] },
    state: 'failed',
    because: /the content type text\/event-stream is not documented/,
  },
]
