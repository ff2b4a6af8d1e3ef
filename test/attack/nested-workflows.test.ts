import { expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { compilePlan } from '../../src/workflow/plan.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

const COUNT = 60

test('workflows that run the next one twice each are compiled in time by their number, not by 2^n', async () => {
  const workflows = Array.from({ length: COUNT }, (_, i) => {
    const steps = i === COUNT - 1 ? ['{ stepId: a, operationId: item }'] : ['a', 'b'].map(id => stepOf(id, i + 1))
    return `  - workflowId: w${i}\n    steps:\n${steps.map(step => `      - ${step}`).join('\n')}`
  })
  const folder = project({
    'api.json': openapi({ item: ['get', '/item'] }),
    'flow.arazzo.yaml': arazzo(workflows.join('\n')),
  })
  const { document } = await readArazzo(`${folder}/flow.arazzo.yaml`)
  const plan = compilePlan(document!, 'w0', { servers: 'http://127.0.0.1:4000' })
  expect(plan.requestsPerRun).toBe(2 ** (COUNT - 1))
  expect(plan.requestsAtOnce).toBe(1)
})

const stepOf = (id: string, workflow: number) => `{ stepId: ${id}, workflowId: w${workflow} }`
