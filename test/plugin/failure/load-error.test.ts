import { expect, test } from 'vitest'
import { budgetError, loadError, refusedError } from '../../../plugin/failure/load-error.ts'
import type { Budget } from '../../../src/budget/budget.ts'
import { reasonsOf } from '../../../src/budget/cause.ts'
import { failure } from '../../../src/ground/fault.ts'
import { noFigures } from '../../../src/measure/report/hook-counts.ts'
import type { ErrorGroup, Verdict } from '../../../src/measure/report.ts'
import { aReport } from '../../builders/report.ts'

test('why a load did not run is said whole, whatever it begins with and ends with', () => {
  const message = (cause: string) => loadError('buy', aReport({ state: 'not run', cause, errors: [] }), [])!.message
  expect(message('Failed to fetch')).toBe('Failed to load "buy": Failed to fetch.')
  expect(message('waiting...')).toBe('Failed to load "buy": waiting...')
  expect(message('is it running?')).toBe('Failed to load "buy": is it running?')
})

test('a load whose setup failed is an error, although its requests passed and its budgets were kept', () => {
  const failures = [{ message: 'status 500', count: 1 }]
  const hook = { ...noFigures({ hook: 'setup', per: 'run', name: '#login' }), runs: 1, failed: 1, failures }
  expect(loadError('buy', aReport(), [])).toBeUndefined()
  expect(loadError('buy', aReport({ hooks: [hook] }), [])!.message).toContain('#login')
})

const exemplar = { method: 'GET', url: 'http://a/x', headers: {}, at: 12, latency: 3, thread: 1 }
const responding = (status: number, body: string) => ({ ...exemplar, response: { status, headers: {}, body } })
const place = { file: '/project/shop.arazzo.yaml', line: 31, column: 9 }

const errors: ErrorGroup[] = [
  {
    step: 'list',
    kind: 'criterion',
    message: '$response.body#/total > 0 is not met (0)',
    count: 7,
    at: place,
    exemplars: [responding(200, '{"total":0}'), { ...responding(206, '{}'), host: 'eu-1' }],
  },
  {
    step: 'list',
    kind: 'criterion',
    message: '$statusCode == 200 is not met (503)',
    count: 3,
    exemplars: [responding(503, '')],
  },
  { step: 'get', kind: 'timeout', message: 'no response', count: 1, exemplars: [{ ...exemplar, failure: 'nothing' }] },
]

const verdict: Verdict = {
  budget: 'errorRate',
  title: 'errorRate <= 1 %',
  value: '50 %',
  verdict: 'fail',
  because: 'all of it',
  reasons: reasonsOf(['Most common error: one of them.']),
  judged: { value: 0.5, bound: 0.01, margin: 49, doubts: [] },
}

test('a missed error rate: the figure, a line for each cause, and requests beside the message', () => {
  const budget = { metric: 'errorRate', key: 'errorRate' } as Budget
  const error = budgetError(budget, aReport({ errors }), verdict, [])
  expect(error.message).toMatchInlineSnapshot(`
    "Expected errorRate <= 1 %, received 50 % (50 times the bound).
      7 attempts at list (shop.arazzo.yaml:31:9): $response.body#/total > 0 is not met (0), HTTP 200 and 206
      3 attempts at list: $statusCode == 200 is not met (503)
      1 attempt at get: no response"
  `)
  expect((error as Error & { diff: string }).diff).toMatchInlineSnapshot(`
    "  list: $response.body#/total > 0 is not met (0)
        at 12 ms, thread 1: GET http://a/x -> 200 {"total":0}
        at 12 ms, thread 1 (eu-1): GET http://a/x -> 206 {}
      list: $statusCode == 200 is not met (503)
        at 12 ms, thread 1: GET http://a/x -> 503
      get: no response
        at 12 ms, thread 1: GET http://a/x -> no response: nothing"
  `)
  expect(error.stack).not.toContain('thread 1')
})

test('a missed budget of a step is about its errors alone', () => {
  const budget = { metric: 'errorRate', key: 'steps.get.errorRate', step: 'get' } as Budget
  expect(budgetError(budget, aReport({ errors }), verdict, []).message).toMatchInlineSnapshot(`
    "Expected errorRate <= 1 %, received 50 % (50 times the bound).
      1 attempt at get: no response"
  `)
})

test('another budget that is missed says where to look, a line each', () => {
  const message = (over: Partial<Verdict>) =>
    budgetError({ metric: 'rps', key: 'rps' } as Budget, aReport({ errors }), { ...verdict, ...over }, []).message
  expect(
    message({ reasons: reasonsOf(['Slowest step: a.', 'Most common error: b.']), note: 'Without c.' }),
  ).toMatchInlineSnapshot(`
    "Expected errorRate <= 1 %, received 50 % (50 times the bound).
      Slowest step: a.
      Most common error: b.
      Without c."
  `)
  // Without data there is a reason, and nothing else.
  expect(message({ judged: undefined, because: 'Expected x, received no data: y.' })).toBe(
    'Expected x, received no data: y.',
  )
})

test('a load that is refused has the form of one that did not run', () => {
  const host = failure('load', 'http://b', '"b" is not this machine', 'Allow it.')
  expect(refusedError('buy', host, []).message).toBe('Failed to load "buy": "b" is not this machine. Allow it.')
  const target = failure('measure', 'pid 7', 'no such process', 'Start it.')
  expect(refusedError('buy', target, [{ what: 'here', at: place }]).stack).toBe(
    'LoadError: Failed to load "buy": Failed to measure pid 7: no such process. Start it.\n' +
      '    at here (/project/shop.arazzo.yaml:31:9)',
  )
})
