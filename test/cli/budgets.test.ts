import { expect, test } from 'vitest'
import { joinBudgets, parseBudgets } from '../../src/cli/budgets.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { readLoadTest } from '../../src/load/plan/load-test.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runCli } from './cli.ts'

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

test.each([
  ['one.p99<1ms', 'one.p99', 'Did you mean steps.one.p99?'],
  ['on.p99<1ms', 'on.p99', 'Did you mean steps.one.p99?'],
  ['checkout.p99<1ms', 'checkout.p99', "A step's budget is written steps.<step>.p99."],
])('a budget %s is told how one of a step is written, in the words of budgets', async (budget, key, hint) => {
  const flags = ['--server', 'http://127.0.0.1:9', '--rps', '1', '--duration', '1s', '--budget', budget]
  const { code, stderr } = await runCli(await builtPlugin(), ['load', `${workflow()}#main`, ...flags])
  expect(stderr).toMatch(`Failed to read --budget ${key}: unknown key. ${hint} Known keys are rps, iterationRate, `)
  expect(code).toBe(2)
})
