import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

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
