import { expect, test } from 'vitest'
import { stepError } from '../../../plugin/failure/step-error.ts'
import type { Check, StepRun } from '../../../src/workflow/outcome.ts'

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

test('a criterion that is not met: the exchange, both values, and the way to the line', () => {
  const error = stepError(failedRun([met, status]))
  expect(error.name).toBe('CriterionError')
  expect(error).toMatchObject({ actual: { $statusCode: 404 }, expected: { $statusCode: 200 } })
  expect(error.stack).toMatchInlineSnapshot(`
    "CriterionError: Failed to pass step "open": $statusCode == 200 is not met.

      GET http://127.0.0.1:3000/pets/9
        authorization: ***
      HTTP 404
        content-type: application/json
        {"error":"no such pet"}
        at open > successCriteria[1] (/project/shop.arazzo.yaml:13:24)
        at search > open (/project/shop.arazzo.yaml:10:9)
        at GET /pets/{id} (/project/openapi.yaml:6:5)"
  `)
})

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
      $statusCode == 200 is not met
      $response.body#/total > 0 is not met
        $response.body#/total is not there
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
  expect(error.message).toMatchInlineSnapshot(`
    "Failed to pass step "open": $response.body#/total > 0 is not met.
      $response.body#/total is not there"
  `)
})

test('a step without criteria leads to itself once', () => {
  const own: Check = { ...status, condition: '$statusCode < 400', at: base.at, expected: { $statusCode: '< 400' } }
  const error = stepError(failedRun([own], { exchange: undefined }))
  expect(error.stack).toMatchInlineSnapshot(`
    "CriterionError: Failed to pass step "open": $statusCode < 400 is not met.
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

test('no answer: the request that was sent', () => {
  const { response: _, ...exchange } = base.exchange
  const error = stepError({
    ...base,
    exchange,
    state: 'unanswered',
    cause: 'refused',
    error: 'Failed to connect to http://127.0.0.1:3000: connection refused. Start the application, or correct its URL.',
    fault: {
      verb: 'connect',
      thing: 'to http://127.0.0.1:3000',
      found: 'connection refused',
      advice: 'Start the application, or correct its URL.',
    },
  } as StepRun)
  expect(error.message).toMatchInlineSnapshot(`
    "Failed to connect to http://127.0.0.1:3000: connection refused. Start the application, or correct its URL.

      GET http://127.0.0.1:3000/pets/9
        authorization: ***
      no response"
  `)
})

test('a text of others is not taken for ours, and ends as it ends', () => {
  const message = (error: string) =>
    stepError({ ...base, exchange: undefined, state: 'unanswered', cause: 'protocol', error } as StepRun).message
  expect(message('Failed to fetch')).toBe('Failed to pass step "open": Failed to fetch.')
  expect(message('waiting...')).toBe('Failed to pass step "open": waiting...')
  expect(message('is it running?')).toBe('Failed to pass step "open": is it running?')
})

test('a step that ran a workflow: the criterion within it, then the way out', () => {
  const login = failedRun([status], { stepId: 'login', workflowId: 'sign-in', depth: 1, at: place(3, 9) })
  const calling = failedRun([], {
    stepId: 'sign-in',
    exchange: undefined,
    operation: undefined,
    error: 'workflow "sign-in" failed',
  })
  const error = stepError(calling, { within: [login] })
  expect(error.stack).toMatchInlineSnapshot(`
    "CriterionError: Failed to pass step "sign-in" > "login": $statusCode == 200 is not met.

      GET http://127.0.0.1:3000/pets/9
        authorization: ***
      HTTP 404
        content-type: application/json
        {"error":"no such pet"}
        at login > successCriteria[0] (/project/shop.arazzo.yaml:13:24)
        at sign-in > login (/project/shop.arazzo.yaml:3:9)
        at GET /pets/{id} (/project/openapi.yaml:6:5)
        at search > sign-in (/project/shop.arazzo.yaml:10:9)"
  `)
})

test('earlier attempts, and what a status says about where to look', () => {
  const busy = failedRun([status], {
    attempt: 3,
    exchange: { ...base.exchange, response: { ...base.exchange.response, status: 503 } },
  })
  expect(stepError(busy, { earlier: [busy, busy] }).message).toMatchInlineSnapshot(`
    "Failed to pass step "open": $statusCode == 200 is not met. The server reports a fault of its own: see the application's log.
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
    `"Failed to pass step "open": $statusCode == 200 is not met. The server refused the credentials: check the inputs and the security of the operation."`,
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
