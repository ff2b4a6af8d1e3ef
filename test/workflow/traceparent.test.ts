import { describe, expect, test } from 'vitest'
import { stepError } from '../../plugin/failure/step-error.ts'
import { readArazzo } from '../../src/document/read.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { loadTestsOf } from '../../src/load/plan/document-tests.ts'
import { slowestTable } from '../../src/report/html/page.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { newTrace, newTraceparent, traceIn } from '../../src/workflow/request/trace.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Seen, serve } from '../builders/server.ts'

const api = openapi({ first: ['get', '/first'], second: ['post', '/second'], own: ['get', '/own'] })
const OWN = '00-11111111111111111111111111111111-2222222222222222-01'
const flow = arazzo(`
  - workflowId: main
    x-load-test: { vus: 1, iterations: 1, traceparent: true }
    steps:
      - stepId: one
        operationId: first
        onFailure: [{ name: again, type: retry, retryLimit: 1, retryAfter: 0 }]
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { sent: $request.header.traceparent }
      - stepId: two
        operationId: second
        requestBody: { contentType: application/json, payload: { a: 1 } }
      - stepId: three
        operationId: own
        parameters: [{ name: TraceParent, in: header, value: ${OWN} }]
        successCriteria: [{ condition: $statusCode == 200 }]
`)

/** Runs against a server whose first response is 503, and every response of /own. */
async function application() {
  const server = await serve(({ url }, count) => ({ status: count === 1 || url === '/own' ? 503 : 200 }))
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow })
  return { server, workflow: `${folder}/flow.arazzo.yaml` }
}

const FORM = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-01$/
const traceparents = (seen: readonly Seen[], url: string) =>
  seen.filter(one => one.url === url).map(({ headers }) => headers.traceparent as string | undefined)

test('ids are valid, and none comes twice', () => {
  const traces = Array.from({ length: 50_000 }, newTrace)
  const spans = traces.map(newTraceparent)
  expect(spans.every(span => FORM.test(span))).toBe(true)
  expect(new Set(traces).size).toBe(traces.length)
  expect(new Set(spans.map(span => span.slice(36, 52))).size).toBe(spans.length)
  expect(traceIn(spans[7])).toBe(traces[7])
  // What samplers look at is spread as random bits are: of 50,000 within six standard deviations.
  const sampled = traces.filter(trace => Number.parseInt(trace.slice(-8), 16) < 0x80000000).length
  expect(Math.abs(sampled - 25_000)).toBeLessThan(6 * Math.sqrt(12_500))
})

describe('a functional run', () => {
  test('names none unless it is asked to', async () => {
    const { server, workflow } = await application()
    await runWorkflow(workflow, { servers: server.origin })
    expect(traceparents(server.seen, '/first')).toEqual([undefined, undefined])
    expect(traceparents(server.seen, '/own')).toEqual([OWN])
  })

  test('is one trace, each attempt a span; a header of the document wins, and the failure names its trace', async () => {
    const { server, workflow } = await application()
    const report = await runWorkflow(workflow, { servers: server.origin, traceparent: true })
    const [refused, again, second] = [...traceparents(server.seen, '/first'), ...traceparents(server.seen, '/second')]
    for (const sent of [refused, again, second]) expect(sent).toMatch(FORM)
    expect(new Set([refused, again, second].map(traceIn)).size).toBe(1)
    expect(new Set([refused, again, second]).size).toBe(3)
    expect(traceparents(server.seen, '/own')).toEqual([OWN])
    expect(report.steps[1]).toMatchObject({ outputs: { sent: again } })
    const error = stepError(report.steps[0]!)
    expect(error.message).toContain(`traceparent: ${refused}`)

    await runWorkflow(workflow, { servers: server.origin, traceparent: true })
    expect(traceIn(traceparents(server.seen, '/first').at(-1))).not.toBe(traceIn(refused))
  })
})

describe.each(['wire', 'undici'] as const)('load over %s', transport => {
  test('a trace for each iteration; slow requests and failures name theirs', async () => {
    const { server, workflow } = await application()
    const load = { vus: 2, iterations: 5, warmUp: 0 }
    const report = await runLoad({ workflow, servers: server.origin, load, transport, traceparent: true })
    const all = [...traceparents(server.seen, '/first'), ...traceparents(server.seen, '/second')]
    expect(all).toHaveLength(21)
    for (const sent of all) expect(sent).toMatch(FORM)
    expect(new Set(all).size).toBe(21)
    // Ten iterations of two requests, one of them tried again.
    expect(new Set(all.map(traceIn)).size).toBe(10)

    const sent = new Set(server.seen.map(({ headers }) => traceIn(headers.traceparent as string)))
    for (const { trace } of report.slowest!) expect(sent).toContain(trace)
    const failed = report.errors.find(({ step }) => step === 'one')!
    expect(failed.exemplars.map(({ trace }) => trace)).toEqual([traceIn(traceparents(server.seen, '/first')[0])])
    const text = renderLoadReport(report, { color: false, width: 200, verbose: true })
    expect(text).toContain(`, trace ${failed.exemplars[0]!.trace}`)
    expect(text).toContain(`, trace ${report.slowest![0]!.trace}`)
    expect(String(slowestTable(report))).toContain(`trace <code>${report.slowest![0]!.trace}</code>`)
  })
})

test('a document asks for it beside its load', async () => {
  const { workflow } = await application()
  const { document } = await readArazzo(workflow)
  expect(loadTestsOf(document!.workflows[0]!).tests[0]!.options).toEqual({
    traceparent: true,
    load: { vus: 1, iterations: 1 },
  })
  const wrong = runWorkflow(workflow, { servers: 'http://127.0.0.1:9', traceparent: 'yes' as never })
  await expect(wrong).rejects.toThrow('Failed to read traceparent: "yes" is')
})
