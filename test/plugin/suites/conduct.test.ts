import { expect, test } from 'vitest'
import { type Answer, type Seen, serve } from '../../builders/server.ts'
import { failuresIn, outlineOf, runSuite } from './run-suite.ts'

/** Asks for a key, has moved something, and calls a name a title. */
const answer = ({ url, headers }: Seen): Answer => {
  if (headers['x-key'] !== 'k3y-of-the-test') return { status: 401, body: {} }
  return url === '/old' ? { status: 302, headers: { location: '/me' } } : { body: { title: 'Dr.' } }
}

async function run(checks: 'warn' | 'error', args: string[] = [], more: Record<string, string> = {}, delay?: 'never') {
  const { origin } = await serve(seen => ({ ...answer(seen), ...(delay && { delay }) }))
  const environment = { ACCOUNTS_API: origin, ACCOUNTS_KEY: 'k3y-of-the-test', CHECKS: checks, ...more }
  return runSuite('conduct', args, environment)
}

test('with checks that warn everything passes, and the warning is noted', async () => {
  const { tree, output, exitCode } = await run('warn')
  expect(
    tree.replace(/^.*rate and latency over time\n/m, '').replace(/notice(:\d+)?: .*/, 'notice: ...'),
  ).toMatchInlineSnapshot(`
    "accounts.arazzo.yaml
      who
        ✓ me
          warning:8: OpenAPI: body matches the schema of 200 application/json is not met (must have required property 'name')
        ✓ old
    by-hand.test.ts
      ✓ the options of the plugin
      ✓ options of its own
      load
        ✓ 1 virtual user, 4 iterations each
          notice: ...
          notice:16: report
        ✓ budget: errorRate
          budget:16: errorRate <= 0 %: 0 % (another run of 4 may have up to 53 %)
        ✓ budget: resent
          budget:16: resent <= 0: 0"
  `)
  expect(exitCode).toBe(0)
  const summary = output.slice(output.search(/^ *Test Files/m))
  expect(summary).toMatch(/\n {3}Warnings {2}1 in accounts\.arazzo\.yaml > who > me\n/)
  expect(output).not.toContain('k3y-of-the-test')
})

test('a request without a response fails by the requestTimeout of the plugin, in documents too', async () => {
  const { tree, output } = await run('warn', ['accounts'], { REQUEST_TIMEOUT: '300ms' }, 'never')
  expect(tree).toContain('× me (TimeoutError)')
  expect(output).toContain('no complete response within 300 ms. Raise requestTimeout')
})

test('with checks that are errors the step fails, at the response in the description', async () => {
  const { tree, output } = await run('error')
  expect(tree).toMatchInlineSnapshot(`
    "accounts.arazzo.yaml
      who
        × me (CriterionError)
        ↓ old [not reached: step "me" failed]
    by-hand.test.ts
      ✓ the options of the plugin
      ✓ options of its own
      load
        × 1 virtual user, 4 iterations each (LoadError)
        × budget: errorRate (BudgetError)
        ✓ budget: resent
          budget:16: resent <= 0: 0"
  `)
  expect(
    outlineOf(
      failuresIn(output)
        .replaceAll(/^ *[❯|].*node_modules.*$/gm, '')
        .replaceAll(/at [\d.]+ m?s, thread/g, 'at … ms, thread'),
    ),
  ).toMatchInlineSnapshot(`
    "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 3 ⎯⎯⎯⎯⎯⎯⎯
     FAIL  accounts.arazzo.yaml > who > me
    CriterionError: Failed to pass step "me": OpenAPI: body does not match the schema of 200 application/json: must have required property 'name'.
      GET http://127.0.0.1:PORT/me
        x-key: ***
      HTTP 200
        content-type: application/json
        {"title":"Dr."}
     ❯ the whole value openapi.yaml:13:39
     ❯ OpenAPI: body matches the schema of 200 application/json openapi.yaml:9:9
     ❯ who > me accounts.arazzo.yaml:8:9
     ❯ GET /me openapi.yaml:6:5
    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[1/3]⎯
     FAIL  by-hand.test.ts > load > 1 virtual user, 4 iterations each
    LoadError: Failed to load "load": all 4 iterations failed.
      4 attempts at me (openapi.yaml:9:9): the body of 200 application/json does not match its schema: must have required property 'name'
      GET http://127.0.0.1:PORT/me
        x-key: ***
      HTTP 200
        content-type: application/json
        {"title":"Dr."}
     ❯ by-hand.test.ts:16:1
     ❯ me openapi.yaml:9:9
    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[2/3]⎯
     FAIL  by-hand.test.ts > load > budget: errorRate
    BudgetError: Expected errorRate <= 0 %, received 100 % (4 of 4 iterations failed).
      4 attempts at me (openapi.yaml:9:9): the body of 200 application/json does not match its schema: must have required property 'name'
        at … ms, thread 1: GET http://127.0.0.1:PORT/me -> 200 {"title":"Dr."}
        at … ms, thread 1: GET http://127.0.0.1:PORT/me -> 200 {"title":"Dr."}
        at … ms, thread 1: GET http://127.0.0.1:PORT/me -> 200 {"title":"Dr."}
     ❯ by-hand.test.ts:16:86
    ⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯⎯[3/3]⎯"
  `)
})
