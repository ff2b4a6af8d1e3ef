import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { figuresOf } from '../../src/load/metrics/figures.ts'
import { expose, textOf } from '../../src/load/metrics/registry.ts'
import { requestsOf } from '../../src/measure/all-requests.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, serve } from '../builders/server.ts'

const document = (retryLimit = 5) => `
  - workflowId: main
    steps:
      - stepId: wait
        operationId: job
        successCriteria: [{ condition: $statusCode == 200 }]
        onFailure: [{ name: again, type: retry, retryAfter: 0.001, retryLimit: ${retryLimit} }]
      - stepId: read
        operationId: read
        successCriteria: [{ condition: $statusCode == 200 }]
`

const listed = (...statuses: string[]) => ({
  responses: Object.fromEntries(statuses.map(status => [status, { description: status }])),
})

interface Given {
  transport?: 'wire' | 'undici'
  statuses?: string[]
  retryLimit?: number
  read?: number
  budgets?: Budgets
}

/** Ten iterations of one user against a server whose every fourth response of the job is 200. */
async function load(pending: Answer, given: Given = {}): Promise<LoadReport> {
  const { transport = 'wire', statuses = ['200', '202'], retryLimit, read = 200, budgets = {} } = given
  let jobs = 0
  const server = await serve(({ url }) => {
    if (url === '/read') return { status: read }
    return ++jobs % 4 === 0 ? { status: 200 } : pending
  })
  const api = openapi({ job: ['get', '/job', listed(...statuses)], read: ['get', '/read'] })
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': arazzo(document(retryLimit)) })
  return runLoad({
    workflow: `${folder}/flow.arazzo.yaml#main`,
    servers: server.origin,
    load: { vus: 1, iterations: 10, threads: 1 },
    transport,
    budgets,
  })
}

const sum = (report: LoadReport, of: 'errors' | 'retried') =>
  report.series.reduce((total, one) => total + (one[of] ?? 0), 0)

describe.each(['wire', 'undici'] as const)('polling over %s', transport => {
  test('an attempt with a status that is listed, which the document retries, is no error anywhere', async () => {
    const report = await load({ status: 202 }, { transport, budgets: { requests: { errorRate: 0 }, errorRate: 0 } })
    expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass'])
    expect(report.errors).toEqual([])
    expect(report.steps.wait).toMatchObject({ requests: 40, errors: 0, retried: 30 })
    expect(requestsOf(report)).toMatchObject({ requests: 50, errors: 0, retried: 30 })
    expect([sum(report, 'errors'), sum(report, 'retried')]).toEqual([0, 30])
    expect(report.answers.find(({ status }) => status === '202')).toMatchObject({
      requests: 30,
      errors: {},
      retried: 30,
    })
    const metrics = textOf(expose(figuresOf(report)))
    expect(metrics).toMatch(/^arazzo_load_retried_total\{.*status="202".*\} 30$/m)
    expect(metrics).not.toMatch(/^arazzo_load_errors_total\{/m)
    const words = '30 attempts at wait, with a status that the description lists'
    expect(renderLoadReport(report, { width: 120 })).toContain(words)
    expect(renderMarkdown([{ name: 'run', report }])).toContain(words)
    const both = mergeReports([report, report])
    expect(both.steps.wait).toMatchObject({ requests: 80, errors: 0, retried: 60 })
    expect(requestsOf(both)).toMatchObject({ errors: 0, retried: 60 })
  })

  test.each([
    ['that is not listed', { status: 202 }, ['200']],
    ['that only `default` covers', { status: 202 }, ['200', 'default']],
    ["of a server's error, listed or not", { status: 503 }, ['200', '503', '5XX']],
  ])('an attempt with a status %s is an error, retried or not', async (_, pending, statuses) => {
    const report = await load(pending, { transport, statuses, budgets: { requests: { errorRate: 0 } } })
    expect(report.verdicts[0]).toMatchObject({ budget: 'requests.errorRate', verdict: 'fail' })
    expect(report.steps.wait).toMatchObject({ requests: 40, errors: 30 })
    expect(report.steps.wait!.retried).toBeUndefined()
    expect(report.errors).toMatchObject([{ step: 'wait', count: 30, retried: 30 }])
  })
})

test('a range of statuses lists them', async () => {
  const report = await load({ status: 202 }, { statuses: ['2XX'] })
  expect(report.steps.wait).toMatchObject({ errors: 0, retried: 30 })
})

test('a step whose retries run out fails its iteration, and its last attempt is an error', async () => {
  const report = await load({ status: 202 }, { retryLimit: 2, budgets: { errorRate: 0, requests: { errorRate: 0 } } })
  expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['fail', 'fail', 'pass'])
  expect(report.measuredArrivals.failed).toBe(report.steps.wait!.errors)
  expect(report.measuredArrivals.failed).toBeGreaterThan(2)
})

test('a cause that was not retried comes before one that was, even if it is less frequent', async () => {
  const report = await load({ status: 503 }, { read: 500, budgets: { errorRate: 0 } })
  expect(report.errors).toMatchObject([
    { step: 'read', count: 10 },
    { step: 'wait', count: 30, retried: 30 },
  ])
  expect(mergeReports([report, report]).errors.map(({ step }) => step)).toEqual(['read', 'wait'])
  expect(report.verdicts[0]!.because).toContain('10 attempts at read')
})

test('a functional run passes in the same way', async () => {
  const server = await serve((_, count) => ({ status: count < 3 ? 202 : 200 }))
  const api = openapi({ job: ['get', '/job', listed('200', '202')], read: ['get', '/read'] })
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': arazzo(document()) })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml#main`, { servers: server.origin })
  expect(report.state).toBe('passed')
})
