import { expect, test } from 'vitest'
import { stepError } from '../../../plugin/failure/step-error.ts'
import { runWorkflow } from '../../../src/workflow/functional.ts'
import type { Check, StepRun } from '../../../src/workflow/outcome.ts'
import { arazzo, openapi, project } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'

const file = '/project/shop.arazzo.yaml'
const place = (line: number, column: number) => ({ file, line, column })

const base = {
  stepId: 'open',
  workflowId: 'search',
  attempt: 1,
  depth: 0,
  at: place(10, 9),
  operation: 'GET /pets/{id}',
  operationAt: { file: '/project/openapi.yaml', line: 6, column: 5 },
  exchange: {
    request: { method: 'GET', url: 'http://127.0.0.1:3000/pets/9', headers: { authorization: 'Bearer abc' } },
    response: {
      status: 404,
      headers: { 'content-type': 'application/json', date: 'Mon, 01 Jan 2024 00:00:00 GMT' },
      body: { error: 'no such pet' },
    },
    sent: 1,
    ended: 4,
  },
  next: { go: 'end' },
  duration: 3,
} as const

const met: Check = { passed: true, condition: '$response.header.Content-Type == "application/json"', at: place(12, 24) }
const status: Check = {
  passed: false,
  condition: '$statusCode == 200',
  at: place(13, 24),
  actual: { $statusCode: 404 },
  expected: { $statusCode: 200 },
}
const total: Check = {
  passed: false,
  condition: '$response.body#/total > 0',
  at: place(14, 24),
  actual: { '$response.body#/total': undefined },
}

const failedRun = (checks: Check[], over: object = {}) => ({ ...base, state: 'failed', checks, ...over }) as StepRun

test('several criteria are in one message; values that no comparison explains are told in words', () => {
  const unreadable: Check = {
    ...total,
    condition: '$[?(',
    at: place(15, 24),
    actual: {},
    error: 'the query ends too soon.',
  }
  const error = stepError(failedRun([met, status, total, unreadable]))
  expect(error.message).toMatchInlineSnapshot(`
    "Failed to pass step "open": 3 of 4 criteria are not met.
      expected 200, received 404
      $response.body#/total > 0: received nothing
      $[?( could not be evaluated: the query ends too soon.

      GET http://127.0.0.1:3000/pets/9
        authorization: ***
      HTTP 404
        content-type: application/json
        {"error":"no such pet"}"
  `)
})

test('a single criterion without a comparison has no diff', () => {
  const error = stepError(failedRun([total], { exchange: undefined }))
  expect(error).not.toHaveProperty('expected')
  expect(error.message).toMatchInlineSnapshot(
    `"Failed to pass step "open": $response.body#/total > 0: received nothing."`,
  )
})

test('a step without criteria leads to itself once', () => {
  const own: Check = { ...status, condition: '$statusCode < 400', at: base.at, expected: { $statusCode: '< 400' } }
  const error = stepError(failedRun([own], { exchange: undefined }))
  expect(error.stack).toMatchInlineSnapshot(`
    "CriterionError: Failed to pass step "open": $statusCode < 400: received 404.
        at search > open (/project/shop.arazzo.yaml:10:9)
        at GET /pets/{id} (/project/openapi.yaml:6:5)"
  `)
})

test('a request that could not be built', () => {
  const error = stepError(
    failedRun([], {
      exchange: undefined,
      error: 'Failed to fill path parameter "id": it has no value. Give it one.',
      fault: { verb: 'fill', thing: 'path parameter "id"', found: 'it has no value', advice: 'Give it one.' },
    }),
  )
  expect(error.name).toBe('RequestError')
  expect(error.message).toMatchInlineSnapshot(`"Failed to fill path parameter "id": it has no value. Give it one."`)
})

test.each([
  ['timeout', 'TimeoutError'],
  ['refused', 'ConnectionError'],
  ['reset', 'ConnectionError'],
  ['aborted', 'AbortError'],
  ['protocol', 'ProtocolError'],
] as const)('no answer because of %s is a %s', (cause, name) => {
  const { response: _, ...exchange } = base.exchange
  const error = stepError({ ...base, exchange, state: 'unanswered', cause, error: 'Failed to connect: no.' } as StepRun)
  expect(error.name).toBe(name)
})

test('a text of others is not taken for ours, and ends as it ends', () => {
  const message = (error: string) =>
    stepError({ ...base, exchange: undefined, state: 'unanswered', cause: 'protocol', error } as StepRun).message
  expect(message('Failed to fetch')).toBe('Failed to pass step "open": Failed to fetch.')
  expect(message('waiting...')).toBe('Failed to pass step "open": waiting...')
  expect(message('is it running?')).toBe('Failed to pass step "open": is it running?')
})

test('earlier attempts, and what a status says about where to look', () => {
  const busy = failedRun([status], {
    attempt: 3,
    exchange: { ...base.exchange, response: { ...base.exchange.response, status: 503 } },
  })
  expect(stepError(busy, { earlier: [busy, busy] }).message).toMatchInlineSnapshot(`
    "Failed to pass step "open": expected 200, received 404. The server reports a fault of its own: see the application's log.
      2 attempts before this one failed as well.

      GET http://127.0.0.1:3000/pets/9
        authorization: ***
      HTTP 503
        content-type: application/json
        {"error":"no such pet"}"
  `)
  const refused = failedRun([status], {
    exchange: { ...base.exchange, response: { ...base.exchange.response, status: 401 } },
  })
  expect(stepError(refused).message.split('\n')[0]).toMatchInlineSnapshot(
    `"Failed to pass step "open": expected 200, received 404. The server refused the credentials: check the inputs and the security of the operation."`,
  )
})

test('a run that goes in circles', () => {
  const error = stepError({
    ...base,
    state: 'skipped',
    because: 'the run was given up as a runaway',
    exchange: undefined,
  } as StepRun)
  expect(`${error.name}: ${error.message}`).toMatchInlineSnapshot(
    `"RunawayError: Failed to pass step "open": the run was given up as a runaway."`,
  )
})

const responding = (response: object, checks: Check[], over: object = {}) =>
  stepError(
    failedRun(checks, { exchange: { ...base.exchange, response: { status: 200, headers: {}, ...response } }, ...over }),
  ).message

test('a page in the place of JSON is named as such, by its type or by what it looks like', () => {
  const page = '\n<!DOCTYPE html><html><title> Log\n in </title></html>'
  const said = 'The response is an HTML page ("Log in"), not JSON.'
  expect(responding({ headers: { 'content-type': 'text/html' }, body: page }, [total])).toContain(said)
  expect(responding({ headers: { 'content-type': 'application/json' }, body: page }, [total])).toContain(said)
  // Nothing of JSON was asked for.
  expect(responding({ headers: { 'content-type': 'text/html' }, body: page }, [status])).not.toContain('HTML page')
  expect(responding({ headers: { 'content-type': 'application/json' }, body: '"<html>"' }, [total])).not.toContain(
    'HTML',
  )
  // A hostile one takes no longer: its title is looked for where titles are, and once.
  const endless = `<html>${'<title '.repeat(300_000)}`
  expect(responding({ headers: { 'content-type': 'text/html' }, body: endless }, [total])).toContain(
    'The response is an HTML page, not JSON.',
  )
})

test('a page that XPath cannot read is not well-formed XML, and the message does not speak of JSON', async () => {
  const body = '<!doctype html><html><title>Shop</title><body><h1>Pets</h1><br></body></html>'
  const server = await serve(() => ({ headers: { 'content-type': 'text/html' }, body }))
  const messageOf = async (criterion: string, outputs = '') => {
    const step = `steps: [{ stepId: a, operationId: a, successCriteria: [${criterion}]${outputs} }]`
    const workflow = arazzo(`  - workflowId: main\n    ${step}`, '', '1.1.0')
    const folder = project({ 'api.json': openapi({ a: ['get', '/a'] }), 'a.arazzo.yaml': workflow })
    const report = await runWorkflow(`${folder}/a.arazzo.yaml#main`, { servers: server.origin })
    return stepError(report.steps[0]!).message
  }
  const criterion = '{ context: $response.body, type: xpath, condition: "//h1 = \'Pets\'" }'
  const output = ', outputs: { name: { context: $response.body, selector: //h1, type: xpath } }'
  const said = 'The response is an HTML page ("Shop"), and it is not well-formed XML, which XPath needs.'
  for (const message of [await messageOf(criterion), await messageOf('{ condition: $statusCode == 200 }', output)]) {
    expect(message).toContain(said)
    expect(message).not.toMatch(/not JSON|logged in/)
  }
})

test('what an expression gave nothing for, and the places of rules that are broken', () => {
  const schema = (pointer: string) => ({ file: '/project/openapi.yaml', pointer })
  const wrong: Check = {
    passed: false,
    kind: 'openapi',
    condition: 'OpenAPI: body matches the schema of 200 application/json',
    at: { file: '/project/openapi.yaml', line: 9, column: 9 },
    error: 'a; b',
    mismatches: [
      { pointer: '', message: "must have required property 'id'", rule: schema('/a/required') },
      { pointer: '/name', message: 'must be string, found 1', rule: schema('/a/properties/name/type') },
    ],
  }
  const locate = (file: string, pointer: string) => ({ file, line: pointer.length, column: 3 })
  const error = stepError(failedRun([wrong], { exchange: undefined }), { locate })
  expect(error.stack).toMatchInlineSnapshot(`
    "CriterionError: Failed to pass step "open": OpenAPI: body does not match the schema of 200 application/json: 2 mismatches.
      must have required property 'id' (/project/openapi.yaml:11:3)
      #/name must be string, found 1 (/project/openapi.yaml:23:3)
        at OpenAPI: body matches the schema of 200 application/json (/project/openapi.yaml:9:9)
        at search > open (/project/shop.arazzo.yaml:10:9)
        at GET /pets/{id} (/project/openapi.yaml:6:5)"
  `)
  const one = { ...wrong, mismatches: wrong.mismatches!.slice(1) }
  const absent: Check = { ...total, absent: { '$response.body#/total': 'the body has no "total", only "id"' } }
  expect(stepError(failedRun([one, absent], { exchange: undefined })).message).toMatchInlineSnapshot(`
    "Failed to pass step "open": 2 of 2 criteria and OpenAPI checks are not met.
      OpenAPI: body does not match the schema of 200 application/json: #/name must be string, found 1
      $response.body#/total > 0: received nothing
        $response.body#/total gave nothing: the body has no "total", only "id""
  `)
})

test.each<[condition: string, values: Pick<Check, 'actual' | 'expected'>, words: string]>([
  [
    '$statusCode == 200',
    { actual: { $statusCode: 503 }, expected: { $statusCode: 200 } },
    'expected 200, received 503',
  ],
  [
    '$statusCode == 200 || $statusCode == 201',
    { actual: { $statusCode: 503 }, expected: { $statusCode: '200 or 201' } },
    '$statusCode == 200 || $statusCode == 201: received 503',
  ],
  ['$inputs.a > 5', { actual: { '$inputs.a': 3 }, expected: { '$inputs.a': '> 5' } }, '$inputs.a > 5: received 3'],
  [
    '$inputs.a == $inputs.b',
    { actual: { '$inputs.a': 3, '$inputs.b': 'not' }, expected: { '$inputs.a': 'not' } },
    '$inputs.a == $inputs.b: expected "not", received 3 for $inputs.a',
  ],
  [
    '$inputs.a >= $inputs.b',
    { actual: { '$inputs.a': 3, '$inputs.b': 5 }, expected: { '$inputs.a': '>= 5' } },
    '$inputs.a >= $inputs.b: expected >= 5, received 3 for $inputs.a',
  ],
  [
    '$inputs.a != $inputs.b',
    { actual: { '$inputs.a': 3, '$inputs.b': 3 } },
    '$inputs.a != $inputs.b: received 3 for $inputs.a and 3 for $inputs.b',
  ],
  ['1 == 2', { actual: {} }, '1 == 2 is not met'],
])('%s in words', (condition, values, words) => {
  const check: Check = { passed: false, condition, at: base.at, ...values }
  const { message } = stepError({ ...base, state: 'failed', checks: [check] })
  expect(message.split('\n')[0]).toBe(`Failed to pass step "open": ${words}.`)
})
