import { expect, test } from 'vitest'
import { documentSite } from '../../../plugin/runtime/site.ts'
import { readBudgets } from '../../../src/budget/read.ts'
import { readArazzo } from '../../../src/document/read.ts'
import { pointerThrough } from '../../../src/ground/pointer.ts'
import { loadTestProblems, loadTestsOf } from '../../../src/load/plan/document-tests.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'

const text = `x-load-test:
  vus: 1
  duration: 1s
  budgets:
    p99.9: 11ms
    errorRate: { bound: 0.12, everyWindow: 10s }
    memory:
      abortOnFail: true
      bound: 13MB
    series:
      queue.length: 14
      mail/out~: 15
    generator:
      memory: 16MB
    steps:
      payment.charge:
        p99.9: 17ms
        max: { bound: 18ms }
      a/b:
        mean: 19ms
    targets:
      db:
        memory: 20MB
        series:
          a.b: 21
      cache.v1/eu:
        cpu: 0.22
        series: { hits: 23 }
`

async function written(loadTest: string) {
  const steps = ['payment.charge', 'a/b'].map(stepId => `      - { stepId: ${stepId}, operationId: op }`)
  const workflow = [
    '  - workflowId: checkout',
    '    steps:',
    ...steps,
    ...loadTest.split('\n').map(line => `    ${line}`),
  ]
  const text = arazzo(workflow.join('\n'))
  const folder = project({ 'api.json': openapi({ op: ['get', '/'] }), 'shop.arazzo.yaml': text })
  const { document } = await readArazzo(`${folder}/shop.arazzo.yaml`)
  return { document: document!, workflow: document!.workflows[0]!, lines: text.split('\n') }
}

test('each budget of a document has its own place, however it is nested and whatever its names hold', async () => {
  const { workflow, lines } = await written(text)
  const [loadTest] = loadTestsOf(workflow).tests
  const { budgets, problems } = readBudgets(loadTest!.options.budgets, {
    steps: ['payment.charge', 'a/b'],
    target: true,
    targets: { db: true, 'cache.v1/eu': true },
  })
  expect(problems).toEqual([])
  expect(budgets).toHaveLength(13)

  const site = documentSite(loadTest!)
  const shown = budgets.map(({ path }) => {
    const [frame] = site.framesOf(pointerThrough(['budgets', ...path]))
    if (typeof frame !== 'object') throw new Error('without a place')
    const { line, column } = frame.at
    return `${frame.what.replace('checkout under load > ', '')}: ${lines[line - 1]!.slice(column - 1)}`
  })
  expect(shown).toMatchInlineSnapshot(`
    [
      "budgets.p99.9: 11ms",
      "budgets.errorRate: { bound: 0.12, everyWindow: 10s }",
      "budgets.memory: abortOnFail: true",
      "budgets.series.queue.length: 14",
      "budgets.series.mail/out~: 15",
      "budgets.generator.memory: 16MB",
      "budgets.steps.payment.charge.p99.9: 17ms",
      "budgets.steps.payment.charge.max: { bound: 18ms }",
      "budgets.steps.a/b.mean: 19ms",
      "budgets.targets.db.memory: 20MB",
      "budgets.targets.db.series.a.b: 21",
      "budgets.targets.cache.v1/eu.cpu: 0.22",
      "budgets.targets.cache.v1/eu.series.hits: 23 }",
    ]
  `)
})

test('a fault in a bound is at the bound, not at what stands before it in the same budget', async () => {
  const { document, workflow, lines } = await written(text.replace('13MB', '13 parsecs'))
  const problems = await loadTestProblems(document, workflow, { application: true, others: 'any' })
  const shown = problems.map(
    ({ at: { line, column }, message, hint }) => `${lines[line - 1]!.slice(column - 1)}: ${message} ${hint}`,
  )
  expect(shown).toMatchInlineSnapshot(`
    [
      "13 parsecs: Failed to read budget memory.bound: "13 parsecs" is not a size: "parsecs" is not a unit of size. Write bytes as a number, or text such as '200MB' (1 MB is 1,000,000 bytes) or '200MiB' (1 MiB is 1,048,576).",
    ]
  `)
})
