import { expect, test } from 'vitest'
import { joinBudgets, parseBudgets } from '../../src/cli/budgets.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { readLoadTest } from '../../src/load/plan/load-test.ts'
import { arazzo, openapi, project } from '../builders/project.ts'

const workflow = () => {
  const text = arazzo('  - workflowId: main\n    steps: [{ stepId: one, operationId: op }]')
  return `${project({ 'api.json': openapi({ op: ['get', '/'] }), 'flow.arazzo.yaml': text })}/flow.arazzo.yaml`
}

// `budgets:` in YAML with nothing below it: a load that is judged by nothing would pass.
test.each([
  [null, []],
  [null, ['p99<100ms']],
  [7, []],
])('budgets of a document that are %j are not taken for none (%j)', async (written, flags) => {
  const budgets = joinBudgets(written as never, parseBudgets(flags))
  const options = { workflow: workflow(), servers: 'http://127.0.0.1:9', load: { vus: 1, iterations: 1 }, budgets }
  const { faults = [] } = await readLoadTest(options)
  expect(faults.map(sentenceOf)).toEqual([
    expect.stringContaining(`Failed to read budgets: ${written} is not an object.`),
  ])
})
