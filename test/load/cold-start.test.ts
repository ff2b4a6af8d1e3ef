import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { cases } from '../builders/thorough.ts'

const steps = '  - workflowId: main\n    steps: [{ stepId: get, operationId: get }]'
const load = { vus: 2, warmUp: 0, threads: 1 } as const

function flow(): string {
  const folder = project({ 'api.json': openapi({ get: ['get', '/'] }), 'flow.arazzo.yaml': arazzo(steps) })
  return `${folder}/flow.arazzo.yaml#main`
}

/** A server that responds to its first request after so long, and until then resets others, at most so many. */
async function startingUp(time: number, resets: number): Promise<string> {
  let requests = 0
  let isUp = false
  const server = createServer(async ({ socket }, response) => {
    if (++requests === 1 && time > 0) {
      await delay(time)
      isUp = true
    } else if (!isUp && requests <= 1 + resets) {
      await delay(50)
      return socket.resetAndDestroy()
    }
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each([
  ['one reset connection and a first response after 1.5 s', 1_500, 1],
  ['many of them, while the first request is still in flight', 4_500, 1_000_000],
])('a run goes on after %s', async (_, time, resets) => {
  const report = await runLoad({
    workflow: flow(),
    servers: await startingUp(time, resets),
    load: { ...load, duration: '6s' },
    budgets: { errorRate: 0 },
  })
  expect(report.state).toBe('completed')
  expect(report.verdicts[0]).toMatchObject({ budget: 'errorRate', verdict: 'fail' })
  expect(report.cause).toBeUndefined()
  expect(report.arrivals.passed).toBeGreaterThan(0)
  expect(report.arrivals.failed).toBeGreaterThan(0)
})

test('a run ends early if several requests failed and none is in flight, and names why', async () => {
  const servers = await startingUp(0, 1_000_000)
  const report = await runLoad({ workflow: flow(), servers, load: { ...load, duration: '10m' } })
  expect(report).toMatchObject({ state: 'not run', cause: expect.stringContaining('the connection was reset') })
  expect(report.arrivals.failed).toBeGreaterThanOrEqual(3)
})

/** A port at which no process listens until so much time has passed. */
async function listeningAfter(time: number): Promise<string> {
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  const timer = setTimeout(() => server.listen(port, '127.0.0.1'), time)
  onTestFinished(() => {
    clearTimeout(timer)
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${port}`
}

test.each(cases<'wire' | 'undici' | 'http2'>(['wire'], ['undici', 'http2']))(
  'connections refused before the warm-up is over are waited out (%s)',
  async name => {
    const servers = await listeningAfter(1_200)
    const http = name === 'http2' ? { protocol: 'auto' as const } : { transport: name }
    const report = await runLoad({
      workflow: flow(),
      servers,
      load: { vus: 2, warmUp: '4s', duration: '1s', threads: 2 },
      budgets: { errorRate: 0 },
      ...http,
    })
    expect(report).toMatchObject({ state: 'completed', measuredArrivals: { failed: 0 } })
    expect(report.verdicts[0]).toMatchObject({ budget: 'errorRate', verdict: 'pass' })
    expect(report.measuredArrivals.passed).toBeGreaterThan(0)
    expect(report.errors).toEqual([])
  },
)

test('nothing is waited for without a warm-up, or if it is too short', async () => {
  for (const warmUp of [0, 200]) {
    const servers = await listeningAfter(3_000)
    const report = await runLoad({ workflow: flow(), servers, load: { ...load, warmUp, duration: '1s' } })
    expect(report).toMatchObject({ state: 'not run', cause: expect.stringContaining('connection refused') })
  }
})

const CLUSTER = `const cluster = require('node:cluster')
if (cluster.isPrimary) {
  for (const busy of [0, 800]) cluster.fork({ BUSY: busy })
  cluster.on('listening', (worker, { port }) => console.log(port))
} else {
  for (const end = Date.now() + Number(process.env.BUSY); Date.now() < end; );
  require('node:http').createServer((_, response) => {
    require('node:fs').writeFileSync(String(process.pid), '')
    response.end()
  }).listen(0, '127.0.0.1')
}`

test.each([
  ['wire', 'target', (pid: number) => ({ target: { pid } })],
  ['undici', 'target', (pid: number) => ({ target: { pid } })],
  ['wire', 'one of targets', (pid: number) => ({ targets: { shop: { pid } } })],
] as const)(
  'each worker of a cluster has load, also one that listens later than the first (%s, %s)',
  async (name, _, as) => {
    const cwd = project({ 'app.cjs': CLUSTER })
    const child = spawn(process.execPath, ['app.cjs'], { cwd, stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill())
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    const report = await runLoad({
      workflow: flow(),
      servers: `http://127.0.0.1:${Number(port)}`,
      load: { vus: 2, iterations: 20, threads: 1 },
      transport: name,
      ...as(child.pid!),
    })
    expect(report.arrivals).toMatchObject({ passed: 40, failed: 0 })
    expect(readdirSync(cwd).filter(file => /^\d+$/.test(file))).toHaveLength(2)
  },
)

test('a run that is cancelled while its application starts sends nothing', async () => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  const ending = new AbortController()
  const running = runLoad({
    workflow: flow(),
    servers: await startingUp(0, 0),
    load: { ...load, duration: '10m' },
    target: { pid: child.pid! },
    signal: ending.signal,
  })
  setTimeout(() => ending.abort(), 500)
  const report = await running
  expect(report).toMatchObject({ requests: 0, cause: expect.stringContaining('it was cancelled') })
  expect(report.state).not.toBe('completed')
})
