import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { budgetError, loadError } from '../../plugin/failure/load-error.ts'
import { stepError } from '../../plugin/failure/step-error.ts'
import { annotationsOf } from '../../plugin/runtime/workflow-suite.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { readArazzo } from '../../src/document/read.ts'
import { plainJson } from '../../src/ground/plain.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { renderMetrics } from '../../src/load/metrics/figures.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { renderWorkflowReport } from '../../src/report/workflow.ts'
import { openRun } from '../../src/workflow/functional.ts'
import { project } from '../builders/project.ts'
import { amount, isSampled } from '../builders/thorough.ts'
import { encoding, encodings, secret, windowsOf } from './encodings.ts'

/* A secret goes out in every place of a request, and comes back, encoded twice, in every place of a response. */

interface Case {
  secret: string
  /** How the server writes it. */
  written: string
  frame: string
}

const oneCase: fc.Arbitrary<Case> = fc
  .tuple(secret, encoding, encoding)
  .map(([secret, inner, outer]) => ({
    secret,
    written: encodings[outer]!(encodings[inner]!(secret)),
    frame: encodings[outer]!(encodings[inner]!('')),
  }))

let cases: readonly Case[] = []
/** What a header and a status line can hold. */
const safe = (text: string) => (/^[\x20-\x7e]*$/.test(text) ? text : encodeURIComponent(text))

const server = createServer((request, response) => {
  const number = /n=(\d+)/.exec(request.url!)![1]!
  const { written, secret } = cases[Number(number)]!
  response.sendDate = false
  response.writeHead(Number(request.headers['x-status'] ?? 200), safe(written).slice(0, 200), {
    'x-echo': safe(written),
    'set-cookie': [`sid=${encodeURIComponent(written)}; Path=/`, `${safe(secret).replaceAll(/[^\w%.-]/g, '')}=1`],
    'content-type': 'application/json',
    link: `<http://127.0.0.1/${encodeURIComponent(secret)}>`,
  })
  response.end(JSON.stringify({ echo: written, [written]: 1, list: [{ [secret]: secret }], url: request.url }))
})
beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** The step's further lines, by what they are about. */
const steps: Record<string, string> = {
  'a body value': "successCriteria: [{ condition: $response.body#/echo == 'none' }]",
  'a whole body': "successCriteria: [{ condition: $response.body == 'none' }]",
  'a header': "successCriteria: [{ condition: $response.header.x-echo == 'none' }]",
  'a cookie': "successCriteria: [{ condition: $response.header.set-cookie == 'none' }]",
  'a URL': "successCriteria: [{ condition: $url == 'none' }]",
  'an input': "successCriteria: [{ condition: $inputs.secret == 'none' }]",
  'a request header': "successCriteria: [{ condition: $request.header.x-body == 'none' }]",
  'a request body': "successCriteria: [{ condition: $request.body#/secret == 'none' }]",
  'a pattern': 'successCriteria: [{ context: $response.body#/echo, condition: ^none$, type: regex }]',
  'a path': "successCriteria: [{ context: $response.body, condition: '$[?@.none]', type: jsonpath }]",
  'a schema': '',
  'a status': 'parameters: [{ name: x-status, in: header, value: "418" }]',
  'an unsendable header': 'parameters: [{ name: x-raw, in: header, value: "{$inputs.secret}€" }]',
}

const schema = {
  type: 'object',
  additionalProperties: false,
  propertyNames: { maxLength: 5 },
  properties: { echo: { type: 'string', maxLength: 3 }, list: { type: 'array' }, url: { const: 'none' } },
}
const parameter = (name: string, place: string) => ({ name, in: place, schema: { type: 'string' } })
const description = {
  openapi: '3.1.0',
  info: { title: 'api', version: '1' },
  paths: {
    '/echo/{id}': {
      post: {
        operationId: 'echo',
        parameters: [
          { ...parameter('id', 'path'), required: true },
          ...[parameter('q', 'query'), parameter('n', 'query'), parameter('sid', 'cookie')],
          ...[parameter('x-status', 'header'), parameter('x-raw', 'header')],
        ],
        requestBody: { content: { 'application/json': {} } },
        responses: { 200: { description: 'ok', content: { 'application/json': { schema } } } },
      },
    },
  },
}

const document = (lines: string): string => `arazzo: 1.0.1
info: { title: test, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.json, type: openapi }]
workflows:
  - workflowId: main
    inputs: { type: object, properties: { secret: { type: string, format: password } } }
    parameters:
      - { name: id, in: path, value: $inputs.secret }
      - { name: q, in: query, value: "<{$inputs.secret}>" }
      - { name: n, in: query, value: $inputs.n }
      - { name: sid, in: cookie, value: $inputs.secret }
    outputs: { echo: $steps.ask.outputs.echo }
    steps:
      - stepId: ask
        operationId: echo
        requestBody: { payload: { secret: $inputs.secret, text: "a {$inputs.secret} b" } }
        outputs: { echo: $response.body#/echo, cookie: $response.header.set-cookie, in: $inputs.secret }
        ${lines}
`

const decoded = (text: string): string[] => [
  text,
  text
    .replaceAll(/\\u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\(.)/g, '$1'),
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&'),
]

/**
 * As many units as ten characters of the secret take: of an escape for each, a tenth of that would be one character.
 */
const widthOf = (secret: string, written: string) => Math.max(10, Math.ceil((10 * written.length) / secret.length))

/** What of the secrets stands in a text, with what is around it. */
function leaksIn(texts: Readonly<Record<string, string>>): string[] {
  const leaks: string[] = []
  for (const [name, whole] of Object.entries(texts))
    for (const text of decoded(whole))
      for (const { secret, written, frame } of cases)
        for (const window of [...windowsOf(secret), ...windowsOf(written, widthOf(secret, written))]) {
          const at = frame.includes(window) ? -1 : text.indexOf(window)
          if (at >= 0) leaks.push(`${name}: ...${text.slice(Math.max(0, at - 60), at + 60)}...`)
        }
  return leaks.slice(0, 3)
}

const textOf = (error: Error | undefined): string =>
  error === undefined ? '' : `${error.message}\n${error.stack}\n${JSON.stringify({ ...error })}`

async function functionally(file: string): Promise<Record<string, string>> {
  const { document } = await readArazzo(file)
  const texts: Record<string, string> = {}
  for (const [n, { secret }] of cases.entries()) {
    const { port } = server.address() as AddressInfo
    const servers = `http://127.0.0.1:${port}`
    const run = openRun(document!, 'main', { servers, inputs: { secret, n: `${n}` } })
    while (await run.next()) {}
    const { steps } = run.report()
    const shown = run.shown()
    await run.close()
    expect(shown.state).toBe('failed')
    texts[`table ${n}`] = renderWorkflowReport(shown, { width: 4_000, color: false })
    texts[`narrow table ${n}`] = renderWorkflowReport(shown, { width: 60, color: false })
    texts[`JSON ${n}`] = plainJson(shown)
    texts[`steps ${n}`] = JSON.stringify(steps)
    texts[`annotations ${n}`] = annotationsOf(steps, undefined).join('\n')
    texts[`failure ${n}`] = textOf(stepError(steps.at(-1)!, { because: shown.because, earlier: steps }))
  }
  return texts
}

async function asLoad(file: string, transport: 'wire' | 'undici'): Promise<Record<string, string>> {
  const { port } = server.address() as AddressInfo
  const budgets = { errorRate: '0%', p99: '1us', resent: 0 }
  const report: LoadReport = await runLoad({
    workflow: file,
    servers: `http://127.0.0.1:${port}`,
    transport,
    budgets,
    inputs: { rows: cases.map(({ secret }, n) => ({ secret, n: `${n}` })) },
    load: { vus: 1, iterations: cases.length, threads: 1 },
  })
  expect(report.arrivals.passed).toBe(0)
  const named = [{ name: 'load', report }]
  const { budgets: read } = readBudgets(budgets, { steps: ['ask'], target: false })
  const verdicts = report.verdicts.map((verdict, at) => textOf(budgetError(read[at]!, report, verdict, [])))
  return {
    table: renderLoadReport(report, { name: 'load', width: 2_000, color: false, verbose: true }),
    'narrow table': renderLoadReport(report, { name: 'load', width: 60, color: false, verbose: true }),
    markdown: renderMarkdown(named),
    html: renderHtmlReport(named),
    metrics: await renderMetrics(report, { budgets: read }),
    result: JSON.stringify(report, (key, value) => (/^histogram|undelayed$/.test(key) ? undefined : value)),
    failure: textOf(loadError('load', report, [])),
    verdicts: verdicts.join('\n'),
  }
}

const BOTH = ['wire', 'undici'] as const

describe.each(
  Object.keys(steps).map((what, place) => ({ what, transports: isSampled(place) ? BOTH : BOTH.slice(0, 1) })),
)('of secrets that come back in $what nothing is written', ({ what, transports }) => {
  const files = () =>
    `${project({ 'api.json': JSON.stringify(description), 'flow.arazzo.yaml': document(steps[what]!) })}/flow.arazzo.yaml`

  test('functionally', async () => {
    const file = files()
    await fc.assert(
      fc.asyncProperty(fc.array(oneCase, { minLength: 3, maxLength: 3 }), async given => {
        cases = given
        expect(leaksIn(await functionally(file))).toEqual([])
      }),
      { numRuns: amount(3, 10) },
    )
  })

  test.each(transports)('as load over %s', async transport => {
    const file = files()
    await fc.assert(
      fc.asyncProperty(fc.array(oneCase, { minLength: 3, maxLength: 3 }), async given => {
        cases = given
        expect(leaksIn(await asLoad(file, transport))).toEqual([])
      }),
      { numRuns: 1, endOnFailure: true },
    )
  })
})
