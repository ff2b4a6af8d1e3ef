import { expect, onTestFinished, test } from 'vitest'
import { bytesInUse } from '../builders/memory.ts'
import { arazzo, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { loadUser } from '../builders/user.ts'

test('a virtual user that is idle keeps no response, as it stays when a burst is over', async () => {
  const { origin } = await serve(() => ({ headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(20_000_000) }))
  const folder = project({
    'api.json': JSON.stringify({
      openapi: '3.1.0',
      info: { title: '', version: '1' },
      paths: { '/text': { get: { operationId: 'text', responses: { default: { description: '' } } } } },
    }),
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - stepId: text
        operationId: text
        successCriteria:
          - condition: $response.body != 'y'
`),
  })
  const before = await bytesInUse()
  const load = await loadUser(`${folder}/flow.arazzo.yaml`, { servers: origin })
  onTestFinished(load.close)
  expect(await load.iterate(1)).toEqual(['passed'])
  // Less than the response, and more than the modules that the first iteration of a process loads.
  expect((await bytesInUse()) - before).toBeLessThan(16_000_000)
  expect(await load.iterate(2)).toEqual(['passed', 'passed'])
})
