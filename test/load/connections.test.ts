import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { readConnections } from '../../src/http/transport-options.ts'
import { listen } from '../builders/listen.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

const files = {
  'api.json': openapi({ get: ['get', '/'] }),
  'flow.arazzo.yaml': arazzo('  - { workflowId: main, steps: [{ stepId: get, operationId: get }] }'),
}

/** A server that knows how many connections it has had; it responds a little later, so that users would want more. */
async function counting() {
  let connections = 0
  const server = createServer((_, response) => void setTimeout(() => response.end('{}'), 5))
  server.on('connection', () => {
    connections += 1
  })
  return { origin: await listen(server), count: () => connections }
}

test.each([[{ max: 2, connectTimeout: '30s' }], [{ max: 2, connectTimeout: 30_000 }]])(
  'eight users share two connections with %j',
  async connections => {
    const { origin, count } = await counting()
    const workflow = `${project(files)}/flow.arazzo.yaml`
    const load = { vus: 8, iterations: 5, threads: 1 }
    const report = await runLoad({ workflow, servers: origin, load, connections })
    expect(report.arrivals).toMatchObject({ passed: 40, failed: 0 })
    expect(count()).toBe(2)
  },
)

test('times are text or milliseconds', () => {
  expect(readConnections({ max: 3, idleTimeout: '1m30s', connectTimeout: 250, reuse: false })).toEqual({
    allowHosts: [],
    connections: 3,
    idleTimeout: 90_000,
    connectTimeout: 250,
    reuse: false,
  })
  expect(readConnections()).toEqual({ allowHosts: [] })
})

test('what cannot be read is told with its place', async () => {
  const workflow = `${project(files)}/flow.arazzo.yaml`
  const run = (connections: object) => runLoad({ workflow, load: { vus: 1, iterations: 1 }, connections })
  await expect(run({ max: 2, idleTimeout: 'soon', maxx: 1 })).rejects.toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/connections\.maxx.*Did you mean "max"[\s\S]*connections\.idleTimeout: "soon"/),
    }),
  )
})
