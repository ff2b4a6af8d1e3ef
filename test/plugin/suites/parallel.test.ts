import { expect, test } from 'vitest'
import { openGate } from '../../builders/gate.ts'
import { arazzo, openapi } from '../../builders/project.ts'
import { runSuite, writeSuite } from './run-suite.ts'

const workflows = `
  - workflowId: well
    x-vitest: { parallel: true }
    x-load-test: { vus: 2, iterations: 3, warmUp: 0, budgets: { errorRate: 0 } }
    steps:
      - { stepId: a, operationId: a }
      - { stepId: b, operationId: b }
      - { stepId: after, operationId: c, dependsOn: [a, b] }
  - workflowId: two-fail
    x-vitest: { parallel: true }
    steps:
      - { stepId: first, operationId: d }
      - { stepId: between, operationId: c }
      - { stepId: last, operationId: e }
      - { stepId: after, operationId: c, dependsOn: [between, last] }
`

test('steps at the same time have a test each, and so has every failure', async () => {
  const gate = await openGate(['/a', '/b'], path => ({ status: /[de]/.test(path) ? 503 : 200 }))
  const operation = (id: string): [string, string] => ['get', `/${id}`]
  const folder = await writeSuite({
    'api.json': openapi(Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map(id => [id, operation(id)]))),
    'flow.arazzo.yaml': arazzo(workflows, '', '1.1.0'),
    'vitest.config.js': `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: [arazzo({ servers: '${gate.origin}', reports: false })] }
`,
  })
  const { tree, output, exitCode } = await runSuite(folder)
  // What was measured is different each time.
  expect(tree.replaceAll(/\n *notice:.*/g, '')).toMatchInlineSnapshot(`
    "flow.arazzo.yaml
      well
        ✓ a
        ✓ b
        ✓ after
        well under load
          ✓ 2 virtual users, 3 iterations each
          ✓ budget: errorRate
            budget:9: errorRate <= 0 %: 0 % (another run of 6 may have up to 39 %)
          ✓ budget: resent
            budget:9: resent <= 0: 0
      two-fail
        × first (CriterionError)
        ✓ between
        × last (CriterionError)
        ↓ after [not reached: step "first" failed]"
  `)
  expect(output).toMatch(/step "first"[\s\S]*step "last"/)
  expect(exitCode).toBe(1)
})
