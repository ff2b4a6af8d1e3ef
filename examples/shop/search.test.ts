import { expect, test } from 'vitest'
import { runLoad, runWorkflow } from 'vitest-arazzo'

test('a search opens what it found', async () => {
  const run = await runWorkflow('./shop.arazzo.yaml#search', { inputs: { words: 'folding chair' } })

  expect(run.state).toBe('passed')
  expect(run.outputs.price).toBeGreaterThan(0)
  expect(run.steps.map(step => step.stepId)).toEqual(['search', 'open'])
})

test('a search that finds nothing says which expectation it broke', async () => {
  const run = await runWorkflow('./shop.arazzo.yaml#search', { inputs: { words: 'submarine' } })

  expect(run.state).toBe('failed')
  expect(run.steps[0]).toMatchObject({
    stepId: 'search',
    state: 'failed',
    checks: [{ passed: true }, { passed: false, condition: '$response.body#/total > 0' }, { passed: false }],
  })
})

test('search stays fast with ten users at once', async () => {
  const report = await runLoad({
    workflow: './shop.arazzo.yaml#search',
    load: { vus: 10, duration: '3s' },
    inputs: { words: 'garden' },
  })

  expect(report).toSustainRps(200)
  expect(report.steps.search).toHoldPercentile(95, '150ms')
  expect(report.target).toStayUnderMemory('250MB')
  expect(report.target).toStayUnderCpu('150%')
}, 60_000)
