import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { constants, createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { listen } from '../builders/listen.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

/** Runs a step that reads `/watch`; the server writes each piece a turn after the one before, and then ends or not. */
async function run(
  rule: string,
  respond: (response: ServerResponse, request: IncomingMessage) => void,
  {
    step = '',
    version = '1.1.0',
    ...options
  }: { step?: string; version?: string } & Parameters<typeof runWorkflow>[1] = {},
) {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    respond(response, request)
  })
  const folder = project({
    'api.json': openapi({ watch: ['get', '/watch'] }),
    'flow.arazzo.yaml': arazzo(
      `  - workflowId: main
    inputs: { type: object, properties: { wanted: { type: string }, key: { type: string, format: password } } }
    steps:
      - stepId: watch
        operationId: watch
        x-events: ${rule}
${step}`,
      '',
      version,
    ),
  })
  const servers = await listen(server)
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers, ...options })
  return { report, run: report.steps[0]!, seen }
}

const saying =
  (pieces: string[], { ends = false, type = 'text/event-stream' } = {}) =>
  async (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': type })
    for (const piece of pieces) {
      response.write(piece)
      await new Promise(setImmediate)
    }
    if (ends) response.end()
  }

const statuses = ['pending', 'shipped', 'done'].map((status, n) => `id: ${n}\ndata: {"status":"${status}"}\n\n`)
const outputs = `        outputs:
          first: $response.body#/0/data/status
          last: { context: $response.body, selector: '$[-1].data.status', type: jsonpath }
          third: $response.body#/2/data/status
`

test('a stream is read until its condition holds, and the step goes on with what has come', async () => {
  const {
    report,
    run: step,
    seen,
  } = await run(`{ until: "$response.body#/1/data/status == $inputs.wanted" }`, saying(statuses), {
    inputs: { wanted: 'shipped' },
    step: `        successCriteria: [{ condition: $statusCode == 200 }]\n${outputs}`,
  })
  expect(report.because).toBeUndefined()
  expect(step).toMatchObject({ state: 'passed', outputs: { first: 'pending', last: 'shipped' } })
  expect(step).not.toHaveProperty('outputs.third', 'done')
  expect(step.exchange!.response!.body).toEqual([
    { event: 'message', id: '0', data: { status: 'pending' } },
    { event: 'message', id: '1', data: { status: 'shipped' } },
  ])
  expect(seen[0]!.headers.accept).toBe('text/event-stream')
})

test.each([
  [
    'a Criterion Object',
    `{ until: { context: $response.body, type: jsonpath, condition: "$[?@.data.status == 'done']" } }`,
  ],
  ['a list', `{ until: ["$response.body#/2/data/status == 'done'", { condition: $statusCode == 200 }] }`],
  ['a number', '{ most: 3 }'],
  ['the last event', `{ until: { context: $response.body, type: jsonpath, condition: "$[-1].data[?@ == 'done']" } }`],
])('what is enough may be %s', async (_, rule) => {
  const { report, run: step } = await run(rule, saying(statuses), { step: outputs })
  expect(report.because).toBeUndefined()
  expect(step).toMatchObject({ outputs: { third: 'done', last: 'done' } })
})

test.each([
  [
    'within',
    `{ until: "$response.body#/2/data/status == 'done'", within: 1500ms }`,
    statuses.slice(0, 2),
    /the stream did not come to \$response\.body#\/2\/data\/status == 'done' within 1\.5 s\. Raise `within`/,
    /^2 events had come, the last/,
  ],
  [
    'the timeout of the step',
    `{ most: 1, within: 1min }\n        timeout: 1500`,
    [': hello\n'],
    /no event came within 1\.5 s/,
    /^no event had come$/,
  ],
])('a stream that takes longer than %s fails the step', async (_, rule, pieces, error, note) => {
  const { run: step } = await run(rule, saying(pieces))
  expect(step).toMatchObject({
    state: 'unanswered',
    cause: 'timeout',
    error: expect.stringMatching(error),
    fault: { note: expect.stringMatching(note) },
  })
  expect(step.exchange!.response!.status).toBe(200)
})

test('a stream that breaks fails the step, with what had come', async () => {
  const { run: step } = await run('{ most: 3 }', async response => {
    await saying(statuses.slice(0, 1))(response)
    setTimeout(() => response.destroy(), 20)
  })
  expect(step).toMatchObject({
    state: 'unanswered',
    cause: 'reset',
    fault: { note: expect.stringContaining('1 event had come') },
  })
})

test('a step whose `until` reads an output waits for it, where dependsOn decides the order', async () => {
  const paths: string[] = []
  const server = createServer(({ url = '' }, response) => {
    paths.push(url)
    if (url !== '/watch') return void response.end('{"v":"ready"}')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: ready\n\n')
  })
  const folder = project({
    'api.json': openapi({ watch: ['get', '/watch'], ask: ['get', '/ask'], end: ['get', '/end'] }),
    'flow.arazzo.yaml': arazzo(
      `  - workflowId: main
    steps:
      - { stepId: watch, operationId: watch, x-events: { until: $response.body#/0/data == $steps.ask.outputs.v } }
      - { stepId: end, operationId: end, dependsOn: [watch] }
      - { stepId: ask, operationId: ask, outputs: { v: $response.body#/v } }`,
      '',
      '1.1.0',
    ),
  })
  const servers = await listen(server)
  const { because } = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers })
  expect(because).toBeUndefined()
  expect(paths).toEqual(['/ask', '/watch', '/end'])
})

test('a workflow that takes too long gives up the stream in hand', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  })
  const folder = project({
    'api.json': openapi({ watch: ['get', '/watch'] }),
    'flow.arazzo.yaml': arazzo(
      `  - workflowId: main
    steps: [{ stepId: outer, workflowId: inner, timeout: 200 }]
  - workflowId: inner
    steps: [{ stepId: watch, operationId: watch, x-events: { most: 9 } }]`,
      '',
      '1.1.0',
    ),
  })
  const servers = await listen(server)
  const { because, steps } = await runWorkflow(`${folder}/flow.arazzo.yaml#main`, { servers })
  expect(because).toBe('step "outer" failed: workflow step "outer" took longer than its timeout of 200 ms')
  expect(steps[0]).toMatchObject({
    stepId: 'watch',
    cause: 'timeout',
    error: expect.stringMatching(/^Failed to read the events of step "watch": workflow step "outer" took longer/),
    fault: { note: expect.stringContaining('1 event had come') },
  })
})

test('secrets in events are masked wherever an event is shown', async () => {
  const key = 'hunter2-of-a-long-kind'
  const { report } = await run(
    '{ most: 2 }',
    saying([`data: {"a":"${'x'.repeat(160)}","k":"${key}"}\n\n`], { ends: true }),
    { inputs: { key } },
  )
  expect(JSON.stringify(report)).not.toContain(key.slice(0, 8))
  expect(JSON.stringify(report)).toContain('1 event had come, the last')
})

test('a signal ends a run in the middle of a stream', async () => {
  const controller = new AbortController()
  const { report } = await run(
    '{ most: 9 }',
    async response => {
      await saying(statuses)(response)
      controller.abort()
    },
    { signal: controller.signal },
  )
  expect(report.state).toBe('failed')
  expect(report.because).toContain('aborted')
})

test('a stream is read over HTTP/2, and given up by itself', async () => {
  const codes: number[] = []
  const streams: Http2Server = createHttp2Server((_, response) => {
    response.stream.on('close', () => codes.push(response.stream.rstCode))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(statuses.join(''))
  })
  await new Promise<void>(resolve => streams.listen(0, '127.0.0.1', resolve))
  const folder = project({
    'api.json': openapi({ watch: ['get', '/watch'] }),
    'flow.arazzo.yaml': arazzo(`  - workflowId: main
    steps: [{ stepId: watch, operationId: watch, x-events: { most: 2 }, outputs: { id: $response.body#/1/id } }]`),
  })
  const servers = `http://127.0.0.1:${(streams.address() as AddressInfo).port}`
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers, protocol: 'h2' })
  expect(report).toMatchObject({ state: 'passed', protocol: 'h2', steps: [{ outputs: { id: '1' } }] })
  await vi.waitFor(() => expect(codes).toEqual([constants.NGHTTP2_CANCEL]), 60_000)
  streams.close()
})

test.each(['identity', 'gzip'])(
  'looking at `until` takes no longer than `within`, however much comes at once (%s)',
  async coding => {
    const [text, most] = ['data: 1\n\n'.repeat(40_000), 100_000]
    const until = '{ context: $response.body, type: jsonpath, condition: "$..[?@.data == 2]" }'
    const { report, run: step } = await run(`{ until: ${until}, most: ${most}, within: 200 }`, response => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': coding })
      response.end(coding === 'gzip' ? gzipSync(text) : text)
    })
    expect(step).toMatchObject({ state: 'unanswered', cause: 'timeout' })
    expect(report.because).toContain('the stream did not come to $..[?@.data == 2] within 200 ms')
    const events = step.exchange!.response!.body as unknown[]
    // A piece of what comes at once has 7,000 of them, which would take ten seconds.
    expect(events.length).toBeLessThan(6_000)
  },
)

test('a condition on any event is looked at once for each', async () => {
  const until = '{ context: $response.body, type: jsonpath, condition: "$[?@.data == 2]" }'
  // Looked at for all that have come each time, it takes five minutes.
  const text = `${'data: 1\n\n'.repeat(40_000)}data: 2\n\n`
  const { report, run: step } = await run(`{ until: ${until}, most: 100000, within: 60s }`, response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(text)
  })
  expect(report).toMatchObject({ state: 'passed' })
  expect(step.exchange!.response!.body).toHaveLength(40_001)
})

test.each([
  ['$[?@.data.x]', 3],
  ['$[?@.data.x].data.y', 4],
  ['$[?@.data.x == $[0].data]', 5],
  ['$[?@.data.x == 9, 1]', 2],
  ['$[?@.data.x == 9 || @.data == 2]', 2],
  ['$[-1].data.y', 4],
  ['$[1:]', 2],
])('%s holds when %i events have come', async (query, count) => {
  const data = [1, 2, { x: 3 }, { x: 4, y: 5 }, { x: 1 }, { x: 7 }]
  const until = `{ context: $response.body, type: jsonpath, condition: "${query}" }`
  const text = data.map(one => `data: ${JSON.stringify(one)}\n\n`).join('')
  const { report, run: step } = await run(`{ until: ${until} }`, saying([text]))
  expect(report).toMatchObject({ state: 'passed' })
  expect(step.exchange!.response!.body).toHaveLength(count)
})
