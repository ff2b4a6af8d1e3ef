import { describe, expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets, withImplied } from '../../src/budget/read.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { verdictBlockOf } from '../../src/report/verdict-block.ts'
import { aReport } from '../builders/report.ts'

const read = (input: unknown) => readBudgets(input, { steps: ['list'], target: false })

/** A run of 1,000 requests, of which so many were sent again. */
function runWith(requestsResent: number | undefined, more: Partial<LoadReport> = {}): LoadReport {
  const report = aReport(more)
  return { ...report, transport: { ...report.transport, requestsSent: 1_000, requestsResent } }
}

const verdict = (written: unknown, report: LoadReport) => judge(report, withImplied(read(written).budgets))

describe('requests that were sent again', () => {
  test.each([
    [0, undefined, 'pass'],
    [0, 1, 'fail'],
    [8, 8, 'pass'],
    [8, 9, 'fail'],
    ['0.8%', 8, 'pass'],
    ['0.8%', 9, 'fail'],
    ['< 1%', 10, 'fail'],
  ])('at most %s, and %s were: %s', (bound, resent, expected) => {
    expect(verdict({ resent: bound }, runWith(resent)).map(({ verdict }) => verdict)).toEqual([expected])
  })

  test('the verdict says how many, of how many, and where to look', () => {
    const [missed] = verdict({ resent: 2 }, runWith(8))
    expect(missed!.because).toMatch(
      /^Expected resent <= 2, received 8 \(4 times the bound; of 1,000 requests, warm-up included\)\. Each had gone out/,
    )
    expect(missed!.because).toContain('Keep-Alive: timeout=5')
  })

  test.each([
    [{ errorRate: 0 }, ['errorRate', 'resent']],
    [{ requests: { errorRate: '0%' } }, ['requests.errorRate', 'resent']],
    [{ errorRate: '0.1%' }, ['errorRate']],
    [{ errorRate: 0, resent: 5 }, ['errorRate', 'resent']],
    [{ steps: { list: { errorRate: 0 } } }, ['steps.list.errorRate']],
    [{ p99: '1s' }, ['p99']],
  ])('%o is judged by %o', (written, keys) => {
    expect(withImplied(read(written).budgets).map(({ key }) => key)).toEqual(keys)
  })

  test('a bound that is written stays as it is', () => {
    const found = withImplied(read({ errorRate: 0, resent: 5 }).budgets)
    expect(found.map(({ title }) => title)).toEqual(['errorRate <= 0 %', 'resent <= 5'])
    expect(withImplied(read({ errorRate: 0 }).budgets).map(({ title }) => title)).toContain('resent <= 0')
  })

  test('they end no run and have no windows, and have no base', () => {
    const { problems } = read({ resent: { bound: 1, abortOnFail: true, everyWindow: '5s' } })
    expect(problems.map(({ path }) => path)).toEqual(['/resent/abortOnFail', '/resent/everyWindow'])
    expect(read({ resnet: 1 }).problems[0]?.advice).toContain('Did you mean "resent"?')
    const relative = readBudgets({ resent: 'base + 1%' }, { steps: [], target: false, base: true })
    expect(relative.problems[0]).toMatchObject({ advice: 'Compare errorRate.' })
  })

  test('without a request there is nothing to judge, and a load that was cut short has not counted all', () => {
    const report = runWith(0)
    const none = { ...report, requests: 0, transport: { ...report.transport, requestsSent: 0 } }
    expect(verdict({ resent: 0 }, none)).toMatchObject([{ verdict: 'fail', value: 'no data' }])
    const cut = runWith(0, {
      state: 'cut short',
      doubts: [{ kind: 'cut short', measured: 1, planned: 2, found: 'Cut.' }],
    })
    expect(verdict({ resent: 0 }, cut)).toMatchObject([{ verdict: 'inconclusive' }])
    expect(verdict({ resent: 0 }, { ...cut, transport: runWith(1).transport })).toMatchObject([{ verdict: 'fail' }])
  })

  test('they stand in the first lines of a report with any verdict', () => {
    expect(verdictBlockOf(runWith(8)).facts).toContain('8 requests sent again')
    expect(verdictBlockOf(runWith(1)).facts).toContain('1 request sent again')
    expect(verdictBlockOf(runWith(undefined)).facts.join()).not.toContain('sent again')
  })
})
