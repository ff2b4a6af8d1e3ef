import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { isSampled } from '../builders/thorough.ts'
import {
  application,
  everyTenth,
  freePort,
  ITEMS,
  JSON_TYPE,
  load,
  ok,
  program,
  type Respond,
  verdictsOf,
  workflow,
} from './applications.ts'

/* Real applications that misbehave, each with the verdict that is right and the cause that has to be named. */

const RED = { errorRate: 'fail', 'requests.errorRate': 'fail' }
const head = { ...JSON_TYPE, 'content-length': ITEMS.length }
const gzip = gzipSync(ITEMS)

/** The first bytes of the response, and then what else happens to its connection. */
const half =
  (then: (response: Parameters<Respond>[0]) => unknown): Respond =>
  response => {
    response.writeHead(200, head)
    response.write(ITEMS.slice(0, 9))
    then(response)
  }
/** Bytes as they are, past the checks of Node's server. */
const raw =
  (length: number): Respond =>
  response =>
    response.socket!.write(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n${ITEMS}`,
    )
const text =
  (body: string | Buffer, headers = {}, status = 200): Respond =>
  response =>
    response.writeHead(status, { ...JSON_TYPE, ...headers }).end(body)
const soon = (action: () => unknown) => void setTimeout(action, 20)

type Row = [misbehaviour: string, respond: Respond, cause: RegExp, options?: Partial<LoadOptions>]

const brief: Partial<LoadOptions> = { requestTimeout: '300ms' }
const trickle = half(response => {
  const writing = setInterval(() => response.write(' '), 50)
  response.once('close', () => clearInterval(writing))
})
const RESPONSES: Row[] = [
  ['the header and half of the body', half(() => {}), /no complete response within 300 ms/, brief],
  ['one byte now and then', trickle, /no complete response within 300 ms/, brief],
  [
    'a reset before the first byte',
    response => soon(() => response.socket!.resetAndDestroy()),
    /(?:reset|closed the connection) before a byte of the response/,
  ],
  [
    'a reset behind the first byte',
    half(response => soon(() => response.socket!.resetAndDestroy())),
    /(?:reset|closed the connection) within the body of the response/,
  ],
  [
    'an end of the connection within the body',
    half(response => soon(() => response.socket!.end())),
    /closed the connection within the body/,
  ],
  ['a Content-Length that is too long', raw(ITEMS.length + 9), /no complete response within 300 ms/, brief],
  ['a Content-Length that is too short', raw(20), /ends after 20 bytes/],
  ['gzip that is cut', text(gzip.subarray(0, -12), { 'content-encoding': 'gzip' }), /not valid gzip/],
  [
    'gzip that is broken',
    text(Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8, 1)]), { 'content-encoding': 'gzip' }),
    /not valid gzip/,
  ],
  ['JSON that is broken', text(`${ITEMS.slice(0, -1)},}`), /unexpected "}" at byte \d+/],
  ['a failure of a database that is full', text('{}', {}, 507), /responded with 507/],
]

/** Checks a report in which every tenth request failed in this way, and no other. */
function expectTenth(report: LoadReport, cause: RegExp): void {
  expect(verdictsOf(report)).toMatchObject(RED)
  expect(report.arrivals).toMatchObject({ due: 80, passed: 72, failed: 8, aborted: 0 })
  expect(report.errors.map(({ message }) => message)).toEqual(report.errors.map(() => expect.stringMatching(cause)))
  expect(report.errors.reduce((sum, { count }) => sum + count, 0)).toBe(8)
  expect(report.verdicts[0]!.because).toMatch(cause)
}

describe.each(['wire', 'undici'] as const)('over %s, every tenth response', transport => {
  const rows = RESPONSES.filter((_, place) => transport === 'wire' || isSampled(place))

  test.each(rows)('is %s: red, with that cause', async (_, respond, cause, options) => {
    const servers = await application(everyTenth(respond))
    expectTenth(await load({ servers, transport, ...options }), cause)
  })

  test.each<[string, string, Respond, string, RegExp]>([
    [
      'an error page with status 200',
      '$response.body#/items/3 == 4',
      text('<h1>Error</h1>', { 'content-type': 'text/html' }),
      'text/html',
      /is not met \(nothing\)/,
    ],
    ['an empty list', '$response.body#/items/3 == 4', text('{"items":[]}'), '[]', /is not met \(nothing\)/],
    ['the response of another user', "$response.body#/user == 'ann'", text('{"user":"bob"}'), 'bob', /"bob"/],
  ])('is %s: red by a criterion, and the response is shown', async (_, condition, respond, shown, cause) => {
    const step = `successCriteria: [{ condition: "${condition}" }], outputs: { items: $response.body#/items }`
    const servers = await application(everyTenth(respond))
    const report = await load({ servers, transport, workflow: workflow(step) })
    expectTenth(report, cause)
    expect(JSON.stringify(report.errors[0]!.exemplars[0])).toContain(shown)
  })
})

describe.each(['wire', 'undici'] as const)('over %s', transport => {
  test.each([429, 503])(
    'a limiter that responds with %i from the 41st request on: red, with the status',
    async status => {
      const limited: Respond = (response, ...more) =>
        more[0] > 40 ? text('{}', { 'retry-after': '1' }, status)(response, ...more) : ok(response, ...more)
      const report = await load({ servers: await application(limited), transport })
      expect(verdictsOf(report)).toMatchObject(RED)
      expect(report.arrivals).toMatchObject({ passed: 40, failed: 40 })
      expect(report.verdicts[0]!.because).toContain(`responded with ${status}`)
      expect(report.answers).toContainEqual(expect.objectContaining({ status: `${status}`, requests: 40 }))
    },
  )

  test('state of an earlier run: the first run passes, the second is red with the response', async () => {
    let created = 0
    const servers = await application((response, ...more) =>
      text(++created > 80 ? '{"message":"name is taken"}' : '{}', {}, created > 80 ? 409 : 201)(response, ...more),
    )
    const step = 'successCriteria: [{ condition: $statusCode == 201 }]'
    const [first, second] = [
      await load({ servers, transport, workflow: workflow(step) }),
      await load({ servers, transport, workflow: workflow(step) }),
    ]
    expect(verdictsOf(first)).toMatchObject({ errorRate: 'pass', 'requests.errorRate': 'pass' })
    expect(verdictsOf(second)).toMatchObject(RED)
    expect(second.verdicts[0]!.because).toContain('$statusCode == 201 is not met (409)')
    expect(JSON.stringify(second.errors[0]!.exemplars[0])).toContain('name is taken')
    expect(await runWorkflow(workflow(step), { servers })).toMatchObject({ state: 'failed' })
  })

  test('an application that accepts no connection any more: red, and the wait for a connection is named', async () => {
    const app = await program(`
      let count = 0
      const server = require('node:http').createServer((_, response) => {
        response.end('{}')
        if (++count === 40) setImmediate(() => process.kill(process.pid, 'SIGSTOP'))
      }).listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
        require('node:fs').writeSync(1, String(server.address().port)))`)
    const report = await load({
      servers: app.servers,
      transport,
      requestTimeout: '300ms',
      load: { vus: 8, duration: '1s', warmUp: 0, threads: 1 },
    })
    expect(verdictsOf(report)).toMatchObject(RED)
    const messages = report.errors.map(({ message }) => message)
    expect(messages).toContainEqual(expect.stringContaining('no connection within 300 ms'))
  })
})

test('a worker that crashes and is started again: red, and its end is named', async () => {
  const { servers, pid } = await program(`
    const cluster = require('node:cluster')
    if (cluster.isPrimary) {
      let up = 0
      cluster.on('exit', () => cluster.fork())
      cluster.on('listening', (_, { port }) => ++up === 2 && require('node:fs').writeSync(1, String(port)))
      for (let i = 0; i < 2; i++) cluster.fork()
    } else {
      let count = 0
      require('node:http').createServer((_, response) =>
        ++count > 40 ? process.kill(process.pid, 'SIGSEGV') : setTimeout(() => response.end('{}'), 2),
      ).listen(${await freePort()}, '127.0.0.1')
    }`)
  const shape = { rate: 60, duration: '2s', warmUp: 0, threads: 1 } as const
  const report = await load({ servers, target: { pid }, requestTimeout: '1s', load: shape })
  expect(verdictsOf(report)).toMatchObject(RED)
  expect(report.errors.map(({ kind }) => kind)).toContain('reset')
  expect(report.target!.replaced!.ended).toBeGreaterThan(0)
})

test.runIf(process.platform === 'linux')(
  'files that are opened and never closed: red, and the response is shown',
  async () => {
    const source = `
    require('node:http').createServer((_, response) => require('node:fs').open(__filename, error => {
      response.writeHead(error ? 500 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: error?.message }))
    })).listen(0, '127.0.0.1', function () { require('node:fs').writeSync(1, String(this.address().port)) })`
    const { servers, pid } = await program(source, 'ulimit -n 90')
    const report = await load({ servers, target: { pid }, load: { vus: 2, iterations: 100, threads: 1 } })
    expect(verdictsOf(report)).toMatchObject(RED)
    expect(report.arrivals.passed).toBeGreaterThan(0)
    expect(JSON.stringify(report.errors[0]!.exemplars[0])).toContain('EMFILE')
  },
)

test('a latency that grows misses its bound in the last windows, though few of all iterations do', async () => {
  const servers = await application((...all) => setTimeout(() => ok(...all), all[1] * 4))
  const p25 = { bound: '250ms', everyWindow: '1s' }
  const shape = { rate: 50, duration: '3s', warmUp: 0, threads: 1 } as const
  const report = await load({ servers, load: shape, budgets: { p25, max: '30s' } })
  // On a busy machine it is not known how much of a window's latency is the machine's.
  const isBusy = report.doubts.some(({ kind }) => kind.endsWith('starved'))
  const missed = isBusy ? expect.stringMatching(/fail|inconclusive/) : 'fail'
  expect(verdictsOf(report), report.verdicts[0]!.because).toEqual({ p25: missed, max: 'pass' })
  const standings = report.windows!.p25!.map(({ standing }) => standing)
  expect([standings[0], standings.at(-1)]).toEqual(['kept', 'missed'])
})
