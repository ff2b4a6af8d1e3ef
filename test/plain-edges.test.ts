import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { budgetError, loadError } from '../plugin/failure/load-error.ts'
import { stepError } from '../plugin/failure/step-error.ts'
import { readBudgets } from '../src/budget/read.ts'
import { readFlags } from '../src/cli/flags.ts'
import { validate } from '../src/cli/validate.ts'
import { readArazzo } from '../src/document/read.ts'
import { plainJson } from '../src/ground/plain.ts'
import { runLoad } from '../src/hosts/run.ts'
import { renderMetrics } from '../src/load/metrics/figures.ts'
import type { LoadReport } from '../src/measure/report.ts'
import { renderHtmlReport } from '../src/report/html/page.ts'
import { renderMarkdown } from '../src/report/markdown.ts'
import { renderLoadReport } from '../src/report/table.ts'
import { renderWorkflowReport } from '../src/report/workflow.ts'
import { openRun } from '../src/workflow/functional.ts'
import { project } from './builders/project.ts'
import { aReport } from './builders/report.ts'
import { runSuite, writeSuite } from './plugin/suites/run-suite.ts'

/* What comes from responses, documents and results is text and nothing else, wherever it is shown. */

/** Escape sequences of both kinds, a title, a bell, C1, a direction, line ends, and commands of a CI log. */
const hostile = 'a\x1b[31mb\x1b]0;t\x07c\x9b2Jd\u202ee\r\n::error file=a::f\n##[group]g\u2028::stop-commands::h'

/** What a terminal or a log would take for more than text; line breaks are for who shows lines. */
function found(texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts).flatMap(([name, text]) => {
    const control = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.exec(text)
    const command = /(?:^|\n)\s*::[a-z-]+(?: [^\n]*)?::|##\[/.exec(text)
    const at = control?.index ?? command?.index
    return at === undefined ? [] : [`${name}: ${JSON.stringify(text.slice(Math.max(0, at - 40), at + 40))}`]
  })
}

/** Header fields and a status text that no client can refuse, C1 among them; the body holds the rest. */
const server = createServer(socket => {
  const latin = 'x\x9b31m ::error::y'
  socket.on('error', () => {})
  socket.on('data', () => {
    const body = JSON.stringify({ text: hostile, [hostile]: 1 })
    socket.end(
      Buffer.from(
        `HTTP/1.1 200 ${latin}\r\ncontent-type: application/json\r\nx-text: ${latin}\r\nset-cookie: a=${latin}\r\n` +
          `content-length: ${Buffer.byteLength(body)}\r\n\r\n${Buffer.from(body).toString('latin1')}`,
        'latin1',
      ),
    )
  })
})
beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())

const criteria: Record<string, string> = {
  'a body': "{ condition: $response.body#/text == 'none' }",
  'a whole body': "{ condition: $response.body == 'none' }",
  'a header': "{ condition: $response.header.x-text == 'none' }",
  'a pattern': '{ context: $response.body#/text, condition: ^none$, type: regex }',
  'a schema': '{ condition: $statusCode == 200 }',
}

const api = JSON.stringify({
  openapi: '3.1.0',
  info: { title: 'api', version: '1' },
  paths: {
    '/ask': {
      get: {
        operationId: 'ask',
        responses: {
          200: {
            description: 'ok',
            content: { 'application/json': { schema: { additionalProperties: false, type: 'object' } } },
          },
        },
      },
    },
  },
})

const head = {
  arazzo: '1.0.1',
  info: { title: hostile, version: '1' },
  sourceDescriptions: [{ name: 'api', url: './api.json', type: 'openapi' }],
}

const document = (criterion: string) =>
  JSON.stringify({
    ...head,
    workflows: [{ workflowId: 'main', steps: [{ stepId: 'ask', operationId: 'ask', successCriteria: ['CRITERION'] }] }],
  }).replace(
    '"CRITERION"',
    criterion.replace(
      /(\w+): ([^,}]+?) ?([,}])/g,
      (_, key, value, end) => `${JSON.stringify(key)}: ${JSON.stringify(value.trim())}${end}`,
    ),
  )

const textOf = (error: Error | undefined) => {
  if (error === undefined) return ''
  const { actual, expected, diff } = error as { actual?: unknown; expected?: unknown; diff?: unknown }
  const values: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value === 'string') values.push(value)
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) {
        values.push(key)
        walk(item)
      }
  }
  walk([actual, expected, diff])
  return [error.message, error.stack, ...values].join('\n')
}

function everyFormat(name: string, report: LoadReport): Record<string, string> {
  const named = [{ name, report }]
  return {
    table: renderLoadReport(report, { name, width: 100, color: false, verbose: true }),
    markdown: renderMarkdown(named),
    html: renderHtmlReport(named).replace(/<script>[\s\S]*<\/script>/, ''),
    failure: textOf(loadError(name, report, [])),
    verdicts: report.verdicts
      .map(verdict => {
        const { budgets } = readBudgets({ p99: '1us' }, { steps: [], target: false })
        return textOf(budgetError(budgets[0]!, report, verdict, []))
      })
      .join('\n'),
  }
}

describe.each(Object.keys(criteria))('a response that is hostile in %s', what => {
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const file = () => `${project({ 'api.json': api, 'flow.arazzo.json': document(criteria[what]!) })}/flow.arazzo.json`

  test('is shown as plain text by functional runs', async () => {
    const { document, problems } = await readArazzo(file())
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    const run = openRun(document!, 'main', { servers: origin() })
    while (await run.next()) {}
    const report = run.report()
    await run.close()
    expect(report.state).toBe('failed')
    const texts = {
      table: renderWorkflowReport(report, { name: hostile, color: false }),
      narrow: renderWorkflowReport(report, { name: hostile, width: 40, color: false }),
      json: plainJson(report),
      failure: textOf(stepError(report.steps.at(-1)!, { because: report.because })),
    }
    expect(found(texts)).toEqual([])
  })

  test('and by load', async () => {
    const report = await runLoad({
      workflow: file(),
      servers: origin(),
      budgets: { p99: '1us' },
      load: { vus: 1, iterations: 2, threads: 1 },
    })
    expect(report.arrivals.passed).toBe(0)
    expect(found({ ...everyFormat(hostile, report), metrics: await renderMetrics(report) })).toEqual([])
  })
})

test('a result in which every text is hostile is shown as plain text', async () => {
  const walk = (value: unknown, key = ''): unknown => {
    if (key === 'histogram' || key === 'undelayed' || key === 'startedAt') return value
    if (typeof value === 'string')
      return /^(state|phase|model|verdict|kind|of|metric|budget|budgets|operator)$/.test(key)
        ? value
        : `${value}${hostile}`
    if (Array.isArray(value)) return value.map(item => walk(item, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, name)]))
  }
  const failed = aReport({
    state: 'cut short',
    cause: 'it was ended',
    warnings: ['a warning'],
    doubts: [{ kind: 'cut short', found: 'a doubt' }],
  } as Partial<LoadReport>)
  const crafted = walk(failed) as LoadReport
  crafted.steps = { [hostile]: Object.values(failed.steps)[0]! }
  crafted.errors = crafted.errors.map(group => ({ ...group, step: hostile, message: hostile }))
  crafted.targets = failed.target ? { [hostile]: failed.target } : {}
  expect(found({ ...everyFormat(hostile, crafted), metrics: await renderMetrics(crafted) })).toEqual([])
})

test('warnings about a document that is hostile are shown as plain text by Vitest', async () => {
  const step = { stepId: hostile, operationId: 'ask', parameters: [{ name: hostile, in: 'query', value: 1 }] }
  const text = JSON.stringify({ ...head, workflows: [{ workflowId: hostile, steps: [step] }] })
  const folder = await writeSuite({
    'api.json': api,
    'flow.arazzo.json': text,
    'vitest.config.js': "import arazzo from 'vitest-arazzo/plugin'\nexport default { plugins: [arazzo()] }",
  })
  const { printed } = await runSuite(folder, [], { GITHUB_ACTIONS: 'true' })
  expect(printed).toMatch(/warning: Failed to read parameter /)
  expect(found({ printed })).toEqual([])
})

test.each(['text', 'json', 'github'])(
  'a document that is hostile is shown as plain text by validate --format %s',
  async format => {
    const folder = project({
      'api.json': api,
      'bad.arazzo.json': JSON.stringify({
        ...head,
        [`x${hostile}`]: 1,
        [hostile]: 2,
        workflows: [
          {
            workflowId: hostile,
            [hostile]: 1,
            steps: [
              { stepId: hostile, operationId: hostile, successCriteria: [{ condition: `$response.${hostile}` }] },
              { stepId: 'b', operationPath: hostile, parameters: [{ name: hostile, in: hostile, value: hostile }] },
            ],
          },
        ],
      }),
      'worse.arazzo.yaml': `arazzo: 1.0.1\n"a\\e[31m": *${'x'}\n\x1b[31m::error::b: [\n`,
    })
    const lines: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation(line => void lines.push(String(line)))
    const code = await validate
      .run(readFlags([folder, '--format', format], validate.flags))
      .finally(() => log.mockRestore())
    expect(code).toBe(2)
    expect(lines.join('\n')).toMatch(/operation/)
    // Its own commands are the only ones, one a line.
    const text = lines.map(line => (format === 'github' ? line.replace(/^::(error|warning) [^\n]*?::/, '') : line))
    expect(found(Object.fromEntries(text.map((line, at) => [`line ${at}`, line])))).toEqual([])
    if (format === 'github')
      for (const line of lines.slice(0, -1)) expect(line).toMatch(/^::(error|warning) file=[^\n]*$/)
  },
)
