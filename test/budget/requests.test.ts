import { describe, expect, test } from 'vitest'
import { testNameOf } from '../../src/budget/bound.ts'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { parseBudgets } from '../../src/cli/budgets.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { requestsOf } from '../../src/measure/all-requests.ts'
import { LatencyRecorder } from '../../src/measure/histogram.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { aReport, aStep, latencies, spread } from '../builders/report.ts'

const context = { steps: ['login', 'list', 'pay'], target: true }

function told(budgets: Budgets, over: Partial<LoadReport> = {}): string[] {
  const read = readBudgets(budgets, context)
  expect(read.problems).toEqual([])
  return judge(aReport(over), read.budgets).map(
    ({ verdict, title, because }) => `${verdict} ${title}${because && `: ${because}`}`,
  )
}

describe('figures of all requests', () => {
  test('are those of one recorder that had seen each of them, the delays of the generator included', () => {
    const [one, other, all] = [new LatencyRecorder(), new LatencyRecorder(), new LatencyRecorder()]
    for (const [i, ms] of [...spread(3_000, 4, 18), ...spread(1_000, 70, 900)].entries()) {
      const own = i % 7 === 0 ? ms / 3 : 0
      all.record(ms, own)
      ;(i < 3_000 ? one : other).record(ms, own)
    }
    const steps = {
      login: aStep({ requests: 3_000, errors: 2, serviceTime: one.summary() }),
      list: aStep({ requests: 1_000, errors: 5, serviceTime: other.summary() }),
      pay: aStep({ requests: 1, errors: 1, serviceTime: latencies([]) }),
    }
    expect(requestsOf({ steps })).toEqual({ requests: 4_001, errors: 8, serviceTime: all.summary() })
    expect(all.summary().undelayed).toBeDefined()
  })
})

describe('a budget of all requests', () => {
  test('is read from options and from a command line, and has a name that no other budget has', () => {
    const written: Budgets = {
      requests: { p99: '50ms', 'p99.9': '1s', errorRate: '1%' },
      steps: { requests: { p99: 9 } },
    }
    const { budgets, problems } = readBudgets(written, { steps: ['requests'], target: false })
    expect(problems).toEqual([])
    expect(budgets.map(budget => [testNameOf(budget), budget.of, budget.title])).toEqual([
      ['budget: requests p99', 'requests', 'requests p99 <= 50 ms'],
      ['budget: requests p99.9', 'requests', 'requests p99.9 <= 1 s'],
      ['budget: requests errorRate', 'requests', 'requests errorRate <= 1 %'],
      ['budget: steps.requests.p99', 'step', 'requests p99 <= 9 ms'],
    ])
    const flags = parseBudgets(['requests.p99<=50ms', 'requests.p99.9=1s', 'requests.errorRate=1%'])
    expect(readBudgets(flags, context).budgets).toEqual(budgets.slice(0, 3))
    const wrong = readBudgets({ 'requests.p99': 5, requests: { rps: 5 }, request: { p99: 5 } }, context)
    expect(wrong.problems.map(sentenceOf)).toEqual([
      expect.stringContaining('Did you mean requests: { p99: … }?'),
      expect.stringContaining('Failed to read budget requests.rps: unknown key. '),
      expect.stringContaining('Did you mean "requests"?'),
    ])
  })

  test('is judged by requests, where that of iterations is by all requests of one', () => {
    // An iteration of three has a p99 of 49 ms; each of the requests has less.
    expect(told({ p99: '30ms', requests: { p99: '30ms', max: '1s', mean: '10ms', errorRate: 0 } })).toEqual([
      'fail p99 <= 30 ms: Expected p99 <= 30 ms, received 49 ms (63 % over). Slowest step: pay, p99 22 ms.',
      'pass requests p99 <= 30 ms',
      'pass requests max <= 1 s',
      'pass requests mean <= 10 ms',
      'pass requests errorRate <= 0 %',
    ])
    const steps = { ...aReport().steps, pay: aStep({ errors: 90 }) }
    expect(told({ requests: { p99: '10ms', errorRate: '0.1%' } }, { steps })).toEqual([
      expect.stringMatching(/^fail .* Slowest step: list, p99 18 ms\.$/),
      'fail requests errorRate <= 0.1 %: Expected requests errorRate <= 0.1 %, received 0.5 % (5 times the bound; 90 of 18,000 requests failed).',
    ])
  })

  test('is undecided by few samples, and by what may have moved it; not by starts that came late', () => {
    const steps = { login: aStep({ requests: 20, serviceTime: latencies(spread(20, 3, 14)) }) }
    expect(told({ requests: { p99: '30ms' } }, { steps })[0]).toMatch(
      /^inconclusive .* 20 samples are too few for p99, 299/,
    )
    const doubts: LoadReport['doubts'] = [
      { kind: 'late starts', p99: 40, share: 0.2, found: 'Starts came late.' },
    ] as never
    expect(told({ p99: '30ms', requests: { p99: '17ms' } }, { doubts }).map(text => text.split(' ')[0])).toEqual([
      'inconclusive',
      'fail',
    ])
    const stood = [{ kind: 'stolen CPU', longest: 40, share: 0.2, found: 'CPU was stolen.' }] as never
    expect(told({ requests: { p99: '17ms' }, steps: { pay: { p99: '21ms' } } }, { doubts: stood })).toEqual([
      expect.stringMatching(/^inconclusive requests p99 .*CPU was stolen\./),
      expect.stringMatching(/^inconclusive pay p99 .*CPU was stolen\./),
    ])
  })

  test('fails where no request got a response, however long those were waited for that were given up', () => {
    const given = latencies(Array.from({ length: 500 }, () => 30_000))
    const over: Partial<LoadReport> = {
      requests: 0,
      steps: { login: aStep({ requests: 500, errors: 500, serviceTime: given }) },
      errors: [{ step: 'login', kind: 'timeout', message: 'no response within 30 s', count: 500, exemplars: [] }],
    }
    expect(told({ requests: { p99: '1h', max: '1h', errorRate: '0.1%' } }, over)).toEqual([
      'fail requests p99 <= 1 h: Expected requests p99 <= 1 h, received no data: no request got a response in the measured window. Most common error: 500 attempts at login: no response within 30 s.',
      expect.stringMatching(/^fail requests max .* received no data: no request got a response/),
      expect.stringMatching(/^fail requests errorRate .* received 100 %/),
    ])
  })
})
