import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { ConnectionOptions } from '../../src/http/transport-options.ts'
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

/** Connections that eight users had for five iterations each. */
async function opened(connections: ConnectionOptions, transport: 'wire' | 'undici') {
  const { origin, count } = await counting()
  const workflow = `${project(files)}/flow.arazzo.yaml`
  const load = { vus: 8, iterations: 5, threads: 1 }
  const report = await runLoad({ workflow, servers: origin, load, transport, connections })
  expect(report.arrivals).toMatchObject({ passed: 40, failed: 0 })
  expect(report.transport).toMatchObject({ name: transport, connectionsLost: 0 })
  return count()
}

describe.each(['wire', 'undici'] as const)('over %s', transport => {
  test.each<[ConnectionOptions, number]>([
    [{ max: 2 }, 2],
    [{ reuse: 'per user', max: 2 }, 8],
    [{ reuse: false }, 40],
  ])('eight users with %j have %i connections', async (connections, expected) => {
    expect(await opened(connections, transport)).toBe(expected)
  })
})

test('what cannot be read is told with its place', async () => {
  const workflow = `${project(files)}/flow.arazzo.yaml`
  const run = (connections: object) => runLoad({ workflow, load: { vus: 1, iterations: 1 }, connections })
  await expect(run({ maxx: 1, reuse: 'per vu' })).rejects.toThrow(
    expect.objectContaining({
      message: expect.stringMatching(
        /connections\.maxx.*Did you mean "max"[\s\S]*connections\.reuse: it is "per vu"\. Write true, false or 'per user'/,
      ),
    }),
  )
})
