import { expect, test } from 'vitest'
import { findWorkflow, readRef } from '../../src/workflow/find.ts'
import { patienceWith } from '../../src/workflow/patience.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

test('whoever waits for a run gives each step the time that it declares, however deep it is', async () => {
  const inner = `
  - workflowId: inner
    steps: [{ stepId: call, workflowId: $sourceDescriptions.other.innermost }]`
  const flow = `
  - workflowId: main
    steps: [{ stepId: call, workflowId: inner }]
  - workflowId: alone
    steps: [{ stepId: watch, operationId: $sourceDescriptions.api.watch }]${inner}`
  const folder = project({
    'api.json': openapi({ watch: ['get', '/watch'] }),
    'other.arazzo.yaml': arazzo(`
  - workflowId: innermost
    steps: [{ stepId: watch, operationId: watch, x-events: { most: 1, within: 20s } }]
    successActions: [{ name: again, type: goto, workflowId: innermost, criteria: [{ condition: '1 == 2' }] }]`),
    'flow.arazzo.yaml': arazzo(flow).replace(
      'workflows:',
      '  - { name: other, url: ./other.arazzo.yaml, type: arazzo }\nworkflows:',
    ),
  })
  const { document } = await readRef(`${folder}/flow.arazzo.yaml#main`)
  const of = (workflowId: string) => patienceWith(document, findWorkflow(document, workflowId), 1_000)
  expect(['main', 'inner', 'alone'].map(of)).toEqual([21_000, 21_000, 1_000])
})
