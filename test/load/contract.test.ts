import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { cases } from '../builders/thorough.ts'

const described = (schema: object) => ({
  responses: { 200: { description: 'x', content: { 'application/json': { schema } } } },
})
const files = {
  'api.json': openapi({
    cheap: ['get', '/cheap', described({ type: 'object', properties: { id: { type: 'integer' } } })],
    // Each item is compared with each other one.
    dear: ['get', '/dear', described({ type: 'array', uniqueItems: true })],
    free: ['get', '/free', { responses: {} }],
    any: ['get', '/any', { responses: { default: { description: 'x' }, 200: { description: 'x' } } }],
  }),
  ...Object.fromEntries(
    ['cheap', 'dear', 'free', 'any'].map(id => [
      `${id}.arazzo.yaml`,
      arazzo(`
  - workflowId: main
    steps: [{ stepId: only, operationId: ${id}, successCriteria: [{ condition: $statusCode == 200 }] }]
`),
    ]),
  ),
}
const workflow = (id: string) => `${project(files)}/${id}.arazzo.yaml#main`

/** Small bodies: 7 of 900 break their schema. */
const body = (count: number) => ({ id: count % 128 === 0 ? 'no number' : count })
const many = Array.from({ length: 300 }, (_, a) => ({ a, b: { a } }))

async function serveHttp2(): Promise<string> {
  let count = 0
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(body(++count)))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const load = { vus: 1, iterations: 900, threads: 1 }
const budgets = { contract: '0.5%', errorRate: '0.5%', steps: { only: { contract: '1%' } }, requests: { contract: 0 } }

describe.each(
  cases<[string, Partial<LoadOptions>]>(
    [
      ['wire', { transport: 'wire' }],
      ['HTTP/2', { protocol: 'h2' }],
    ],
    [['undici', { transport: 'undici' }]],
  ),
)('over %s', (name, how) => {
  // On a machine that is busy beyond measure some are not checked.
  test('each of 900 small bodies is checked, and the contract decided', { retry: 2 }, async () => {
    const servers = name === 'HTTP/2' ? await serveHttp2() : (await serve((_, count) => ({ body: body(count) }))).origin
    const report = await runLoad({ workflow: workflow('cheap'), servers, load, budgets, ...how })
    expect(report.steps.only!.contract).toEqual({ responses: 900, checked: 900, broken: 7 })
    expect(report.measuredArrivals).toMatchObject({ passed: 893, failed: 7 })
    const verdicts = report.verdicts.map(({ budget, verdict }) => `${budget} ${verdict}`)
    expect(verdicts).toEqual([
      ...['contract fail', 'errorRate fail', 'steps.only.contract pass', 'requests.contract fail'],
    ])
    expect(report.verdicts[0]!.because).toContain('7 of 900 responses')
    expect(renderLoadReport(report)).not.toContain('bodies checked')
  })
})

test('some of the bodies that are expensive to check are checked, the report says how many, and the contract is open', async () => {
  const { origin } = await serve(() => ({ body: many }))
  const run = (over: Partial<LoadOptions>) =>
    runLoad({ workflow: workflow('dear'), servers: origin, load: { vus: 1, iterations: 80, threads: 1 }, ...over })
  const asked = { contract: '1%', errorRate: '1%' }
  const [some, all] = [await run({ budgets: asked }), await run({ budgets: asked, checks: 'all' })]
  const { responses, checked, broken } = some.steps.only!.contract!
  expect([responses, broken]).toEqual([80, 0])
  expect(checked).toBeGreaterThanOrEqual(10)
  expect(checked).toBeLessThan(70)
  expect(some.verdicts).toMatchObject([
    { budget: 'contract', verdict: 'inconclusive' },
    {
      budget: 'errorRate',
      verdict: 'pass',
      aside: expect.stringContaining(`OpenAPI: ${checked} of 80 bodies checked`),
    },
  ])
  expect(some.verdicts[0]!.because).toContain("checks: 'all'")
  expect(renderLoadReport(some)).toContain(`OpenAPI: ${checked} of 80 bodies checked`)
  expect(all.steps.only!.contract).toEqual({ responses: 80, checked: 80, broken: 0 })
  expect(all.verdicts.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
  const merged = mergeReports([some, all]).steps.only!.contract
  expect(merged).toEqual({ responses: 160, checked: 80 + checked, broken: 0 })
})

test('a contract of which nothing was checked has no data, and one of nothing is refused', async () => {
  const { origin } = await serve(() => ({ status: 500, body: { id: 1 } }))
  const failing = {
    workflow: workflow('cheap'),
    servers: origin,
    load: { ...load, iterations: 20 },
    budgets: { contract: 0 },
  }
  expect((await runLoad(failing)).verdicts).toMatchObject([{ budget: 'contract', verdict: 'fail', value: 'no data' }])
  const refused = 'no response is checked against an OpenAPI description'
  for (const id of ['free', 'any'])
    await expect(runLoad({ ...failing, workflow: workflow(id) })).rejects.toThrow(refused)
  await expect(runLoad({ ...failing, checks: 'warn' })).rejects.toThrow(refused)
  await expect(runLoad({ ...failing, checks: 'eror' as 'error' })).rejects.toThrow('Did you mean "error"?')
})

test.each([
  ['not described, are not known to be as described', described({ type: 'object' }), 'inconclusive', 19],
  ['described, are of no operation', { responses: { ...described({}).responses, 302: {} } }, 'pass', undefined],
])('responses behind redirects that are %s', async (_, operation, verdict, unchecked) => {
  const { origin } = await serve(({ url }, count) =>
    url === '/page' || count % 6 > 0 ? { body: {} } : { status: 302, headers: { location: '/page' } },
  )
  const folder = project({ ...files, 'api.json': openapi({ cheap: ['get', '/cheap', operation] }) })
  const report = await runLoad({
    workflow: `${folder}/cheap.arazzo.yaml#main`,
    servers: origin,
    load: { vus: 1, iterations: 96, threads: 1 },
    budgets: { contract: 0 },
    followRedirects: true,
    checks: 'all',
  })
  const { responses, checked, broken } = report.steps.only!.contract!
  expect({ passed: report.measuredArrivals.passed, broken }).toEqual({ passed: 96, broken: 0 })
  expect(responses - checked).toBe(unchecked ?? 0)
  expect(report.verdicts[0]!.verdict).toBe(verdict)
})
