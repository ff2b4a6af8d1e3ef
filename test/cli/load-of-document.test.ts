import { expect, test, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, serve } from '../builders/server.ts'

/* What an `x-load-test` says beside its shape and budgets holds on the command line as well. */

const document = arazzo(`
  - workflowId: main
    x-load-test: { vus: 1, iterations: 2, traceparent: true, target: api, targets: { db: api, gone: { pid: 0 } } }
    steps: [{ stepId: a, operationId: a, successCriteria: [{ condition: $statusCode == 200 }] }]
`)

const load = (...args: string[]) => command(document, { body: {} }, args)

async function command(
  written: string,
  answer: Answer,
  args: readonly string[] = [],
  api = openapi({ a: ['get', '/a'] }),
) {
  const { origin, seen } = await serve(() => answer)
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': written })
  const said: string[] = []
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  for (const of of ['log', 'error'] as const)
    vi.spyOn(console, of).mockImplementation(text => void said.push(String(text)))
  const code = await main(['load', `${folder}/flow.arazzo.yaml#main`, '--server', origin, ...args])
  vi.restoreAllMocks()
  return { code, seen, said: said.join('\n') }
}

test('traces and targets; applications by their names are of the plugin alone', async () => {
  const wrong = await load()
  expect(wrong.said).toMatch(/flow\.arazzo\.yaml:8:\d+: Failed to read targets\.gone\.pid: /)
  expect(wrong).toMatchObject({ code: 2, seen: [] })
  expect(wrong.said).not.toContain('there is no application')
  const right = await load('--target', `gone=${process.pid}`)
  expect(right.code, right.said).toBe(0)
  expect(right.seen).toHaveLength(2)
  expect(new Set(right.seen.map(({ headers }) => headers.traceparent)).size).toBe(2)
  for (const { headers } of right.seen) expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('requestTimeout', async () => {
  const slow = document.replace(/target.* }/, 'requestTimeout: 200ms }')
  const answer: Answer = { body: {}, delay: 700 }
  const asWritten = await command(slow, answer)
  expect(asWritten.said).toContain('no complete response within 200 ms')
  expect(asWritten.code).toBe(1)
})

test('checks, which a flag says otherwise', async () => {
  const schema = { type: 'array' }
  const api = openapi({
    a: ['get', '/a', { responses: { 200: { description: '', content: { 'application/json': { schema } } } } }],
  })
  const unchecked = document.replace(/target.* }/, "checks: 'off', budgets: { errorRate: 0 } }")
  const asWritten = await command(unchecked, { body: {} }, [], api)
  expect(asWritten.code, asWritten.said).toBe(0)
  const byFlag = await command(unchecked, { body: {} }, ['--checks', 'error'], api)
  expect(byFlag.code, byFlag.said).toBe(1)
})
