import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

/*
 * Applications that cut connections and break responses off under load: each such request is a failure of its step, over
 * either transport, and stands in the figures.
 */

const api = openapi({ get: ['get', '/'] })
const header = (more: string) => `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${more}\r\n\r\n`
const ok = `${header('content-length: 8')}{"a": 1}`
const step = 'stepId: only\n        operationId: get\n        successCriteria: [{ condition: $statusCode == 200 }]'
const outputs = 'outputs: { a: $response.body#/a }'
const flow = arazzo(`\n  - workflowId: main\n    steps:\n      - ${step}\n        ${outputs}\n`)

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Every 25th request fares as `harm` says. */
async function harmed(harm: (socket: Socket) => void) {
  const counts = { seen: 0, harmed: 0 }
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', () => {
      if (++counts.seen % 25 > 0) return void socket.write(ok)
      counts.harmed++
      harm(socket)
    })
  })
  return { origin: await listening(server), counts }
}

async function loadOver(transport: 'wire' | 'undici', servers: string): Promise<LoadReport> {
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow })
  const load = { vus: 4, iterations: 50, warmUp: 0 }
  const budgets = { errorRate: 0 }
  return runLoad({
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers,
    transport,
    load,
    budgets,
    requestTimeout: '1s',
  })
}

/** Two workers, each of which kills itself under its 40th request. */
const CLUSTER = `
  const cluster = require('node:cluster')
  if (cluster.isPrimary) {
    for (let i = 0; i < 2; i++) cluster.fork()
    cluster.on('exit', () => cluster.fork())
    let listening = 0
    cluster.on('listening', (_, { port }) => ++listening === 2 && console.log(port))
  } else {
    let seen = 0
    require('node:http').createServer((_, response) => {
      if (++seen === 40) process.kill(process.pid, 'SIGKILL')
      response.setHeader('content-type', 'application/json')
      response.end('{"a": 1}')
    }).listen(0, '127.0.0.1')
  }
`

const broken = gzipSync('{"a": 1}').fill(0, 12)

describe.each(['wire', 'undici'] as const)('over %s', transport => {
  test.each<[string, (socket: Socket) => void]>([
    ['closes the connection before the first byte', socket => socket.end()],
    ['resets the connection before the first byte', socket => socket.resetAndDestroy()],
    ['closes the connection within the header', socket => socket.end('HTTP/1.1 200 OK\r\ncontent-')],
    ['closes the connection within the body', socket => socket.end(ok.slice(0, -3))],
    ['stops within the body', socket => void socket.write(ok.slice(0, -3))],
    ['sends less than its Content-Length', socket => socket.end(`${header('content-length: 20')}{"a": 1}`)],
    [
      'sends broken gzip',
      socket => {
        socket.write(header(`content-encoding: gzip\r\ncontent-length: ${broken.length}`))
        socket.write(broken)
      },
    ],
  ])('an application that %s fails as often as it did so', async (_, harm) => {
    const { origin, counts } = await harmed(harm)
    const report = await loadOver(transport, origin)
    expect(counts).toEqual({ seen: 200, harmed: 8 })
    expect(report.arrivals).toMatchObject({ due: 200, passed: 192, failed: 8 })
    expect(report.transport.requestsResent).toBeUndefined()
    const verdicts = Object.fromEntries(report.verdicts.map(({ budget, verdict }) => [budget, verdict]))
    expect(verdicts).toEqual({ errorRate: 'fail', resent: 'pass' })
  })

  test('a worker that kills itself under a request, and is replaced, fails the run', async () => {
    const child = spawn(process.execPath, [`${project({ 'cluster.cjs': CLUSTER })}/cluster.cjs`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const [port] = await once(child.stdout, 'data')
    const report = await loadOver(transport, `http://127.0.0.1:${Number(port)}`)
    const { passed, failed, aborted } = report.arrivals
    expect([passed + failed, aborted]).toEqual([200, 0])
    expect(failed).toBeGreaterThanOrEqual(2)
    expect(report.errors.map(({ message }) => message).join()).toMatch(/before a byte of the response had come/)
    expect(report.verdicts[0]).toMatchObject({ budget: 'errorRate', verdict: 'fail' })
  })

  test('connections that are announced to end are neither failures nor lost', async () => {
    const server = createHttpServer((_, response) => {
      response.setHeader('connection', 'close')
      response.setHeader('content-type', 'application/json')
      response.end('{"a": 1}')
    })
    const report = await loadOver(transport, await listening(server))
    expect(report.arrivals).toMatchObject({ passed: 200, failed: 0 })
    expect(report.transport).toMatchObject({ connectionsLost: 0, requestsSent: 200 })
    expect(report.transport.requestsResent).toBeUndefined()
    expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
  })
})
