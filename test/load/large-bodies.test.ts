import { describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { cases } from '../builders/thorough.ts'

const schema = { type: 'object', properties: { id: { type: 'integer' }, last: { type: 'integer' } } }
const documented = { responses: { 200: { description: 'x', content: { 'application/json': { schema } } } } }
const files = {
  'api.json': openapi({ a: ['get', '/a', documented] }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps: [{ stepId: a, operationId: a, outputs: { id: $response.body#/id } }]
`),
}

/** Two megabytes; what is wrong with them stands at their end. */
async function large(last: unknown) {
  const body = JSON.stringify({ id: 1, text: 'x'.repeat(2_000_000), last })
  const { origin } = await serve(() => ({ headers: { 'content-type': 'application/json' }, body }))
  return { workflow: `${project(files)}/flow.arazzo.yaml#main`, servers: origin }
}

test.each(cases(['wire'], ['undici']))('where all break their schema, none passes, over %s', async transport => {
  const { origin } = await serve(() => ({ body: { id: 1, last: 'no number' } }))
  const workflow = `${project(files)}/flow.arazzo.yaml#main`
  const load = { vus: 2, iterations: 300, threads: 2 }
  const options: LoadOptions = { workflow, servers: origin, transport, load, budgets: { errorRate: '2%' } }
  const report = await runLoad(options)
  expect(report.arrivals).toMatchObject({ passed: 0, failed: 600 })
  expect(report.verdicts).toMatchObject([{ verdict: 'fail' }])
})

describe.each(cases(['wire'], ['undici']))('long bodies, over %s', transport => {
  const loaded = async (last: unknown, over: Partial<LoadOptions> = {}) =>
    runLoad({ ...(await large(last)), transport, load: { vus: 1, iterations: 12, threads: 1 }, ...over })

  test('are held against their schema as in a functional run', async () => {
    const { workflow, servers } = await large('no number')
    const functional = await runWorkflow(workflow, { servers })
    expect(functional.state).toBe('failed')
    const report = await loaded('no number')
    expect(report.arrivals).toMatchObject({ passed: 0, failed: 12 })
    expect(report.errors).toMatchObject([{ kind: 'openapi', count: 12 }])
    expect(functional.because).toContain('/last')
    expect(JSON.stringify(report.errors)).toContain('does not match its schema')
  })

  test('a fault is seen also where a number of users ask at once', async () => {
    const load = { vus: 8, iterations: 4, threads: 1 }
    const report = await loaded('no number', { load })
    expect(report.errors).toMatchObject([{ kind: 'openapi' }])
  })

  test('pass where they are as they should be', async () => {
    expect((await loaded(2)).arrivals).toMatchObject({ passed: 12, failed: 0 })
  })
})
