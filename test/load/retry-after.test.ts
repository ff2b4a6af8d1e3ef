import { expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const again = 'onFailure: [{ name: again, type: retry, retryAfter: 0, retryLimit: 3 }]'
const flow = `
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        successCriteria: [{ condition: $statusCode == 200 }]
        ${again}
`

test('load waits for no longer than it may take: the iteration has failed, after one request', async () => {
  const server = await serve(() => ({ status: 503, headers: { 'retry-after': '3600' } }))
  const folder = project({ 'api.json': openapi({ a: ['get', '/a'] }), 'flow.arazzo.yaml': arazzo(flow) })
  const report = await runLoad({
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers: server.origin,
    load: { vus: 2, iterations: 3, maxDuration: '20s', threads: 1 },
  })
  expect(report.arrivals).toMatchObject({ started: 6, failed: 6, aborted: 0 })
  expect(server.seen).toHaveLength(6)
})
