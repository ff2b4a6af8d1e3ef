import { describe, expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import type { CapacityProbe, LoadReport } from '../../src/measure/report.ts'
import { aCapacityRun as found, heldProbe, missedProbe } from '../builders/capacity.ts'

function verdictOn(bound: string, report: LoadReport): { verdict: string; because: string } {
  const context = { steps: [], target: false, capacity: { to: 1_000_000 } }
  const { budgets, problems } = readBudgets({ capacity: bound }, context)
  expect(problems).toEqual([])
  const [{ verdict, because } = { verdict: '', because: '' }] = judge(report, budgets)
  return { verdict, because }
}

describe('judged with its interval', () => {
  test('kept up to what held', () => {
    expect(verdictOn('>= 4200 rps', found())).toEqual({ verdict: 'pass', because: '' })
    expect(verdictOn('4000/s', found()).verdict).toBe('pass')
  })

  test('missed from what did not, with the reason', () => {
    expect(verdictOn('>= 5000 rps', found())).toEqual({
      verdict: 'fail',
      because:
        'Expected capacity >= 5,000/s, received 4,200/s (16 % under; 4,400/s was missed: p99 130 ms is over 100 ms (given up after 1.2 s)).',
    })
    expect(verdictOn('>= 4400', found()).verdict).toBe('fail')
  })

  test('open between the two', () => {
    const { verdict, because } = verdictOn('>= 4300', found())
    expect(verdict).toBe('inconclusive')
    expect(because).toContain('between 4,200/s, which held, and 4,400/s, which did not')
  })

  test('open above the highest rate that was tried', () => {
    const report = found({ missed: undefined, limitedBy: undefined, to: 4_200 })
    expect(verdictOn('>= 5000', report)).toMatchObject({ verdict: 'inconclusive' })
    expect(verdictOn('>= 5000', report).because).toContain('No higher rate than 4,200/s was tried. Raise to.')
  })

  test('a rate that did not hold again in the measured window decides nothing', () => {
    const again = missedProbe(4_200, { isMeasured: true, ranAway: false })
    const report = found({ probes: [...found().capacity!.probes, again], certain: { from: 2_100, to: 4_400 } })
    expect(verdictOn('>= 4200', report)).toMatchObject({ verdict: 'inconclusive' })
    expect(verdictOn('>= 4200', report).because).toContain('held in the search, but not in the measured')
    expect(verdictOn('>= 2100', report).verdict).toBe('pass')
    expect(verdictOn('>= 4400', report).verdict).toBe('fail')
  })

  test('rates that were tried too few times are not said to have held and to have been missed', () => {
    const becauseOf = (...probes: CapacityProbe[]) =>
      verdictOn('>= 4500', found({ certain: { from: 4_200 }, probes })).because
    expect(becauseOf(heldProbe(4_200), missedProbe(4_400), missedProbe(4_500))).toContain(
      'Rates were tried too few times, which leaves open what lies from 4,200/s. ',
    )
    expect(becauseOf(heldProbe(4_200), missedProbe(4_400), heldProbe(4_400))).toContain(
      'Rates held one time and were missed another, which leaves open what lies from 4,200/s. ',
    )
  })

  test('what the generator cannot make is not the fault of the application', () => {
    const doubts: LoadReport['doubts'] = [
      { kind: 'generator limit', rate: 4_400, found: 'At 4,400/s a load thread was busy. Use more threads.' },
    ]
    const report = found({ limitedBy: 'generator' }, { doubts })
    expect(verdictOn('>= 5000', report)).toMatchObject({ verdict: 'inconclusive' })
    expect(verdictOn('>= 5000', report).because).toContain('Use more threads.')
    expect(verdictOn('>= 4200', report).verdict).toBe('pass')
  })

  test('doubts about the measured window do not touch it, but a search that was cut short is open above', () => {
    const doubts: LoadReport['doubts'] = [
      { kind: 'late starts', p99: 80, found: 'Starts came late.' },
      { kind: 'cut short', measured: 0, planned: 5_000, found: 'The run was cut short.' },
    ]
    const report = found({ missed: undefined }, { doubts, state: 'cut short' })
    expect(verdictOn('>= 4200', report).verdict).toBe('pass')
    expect(verdictOn('>= 5000', report)).toMatchObject({ verdict: 'inconclusive' })
    expect(verdictOn('>= 4400', found({}, { doubts, state: 'cut short' })).verdict).toBe('fail')
  })

  test('without a single rate tried there is nothing to judge, which is a failure', () => {
    expect(verdictOn('>= 10', found({ held: 0, missed: undefined, probes: [] }))).toEqual({
      verdict: 'fail',
      because: 'Expected capacity >= 10/s, received no data: no rate was tried to its end.',
    })
  })
})

test('what is wrong with it', () => {
  const problemsOf = (capacity: unknown, to?: number) =>
    readBudgets({ capacity }, { steps: [], target: false, ...(to && { capacity: { to } }) }).problems.map(sentenceOf)
  expect([
    ...problemsOf('>= 10'),
    ...problemsOf('< 10', 100),
    ...problemsOf('10ms', 100),
    ...problemsOf(500, 100),
    ...problemsOf({ bound: 50, abortOnFail: true, everyWindow: '10s' }, 100),
  ]).toMatchInlineSnapshot(`
    [
      "Failed to read budget capacity: the load does not search it. Write load: { capacity: { latency: 'p99 < 100ms' } }, or ask for rps.",
      "Failed to read budget capacity: it is wanted at least, not at most: a search finds the highest rate that holds. Write >=, or no operator.",
      "Failed to read budget capacity: "10ms" is not a rate: "ms" is not a unit of a rate. Write events a second as a number, or text such as '1000', '1000/s', '1000 rps' or '60/min'.",
      "Failed to read budget capacity: it wants 500/s, and the search goes to 100/s only. Raise to.",
      "Failed to read budget capacity.abortOnFail: the capacity is known when the search is over. Remove it.",
      "Failed to read budget capacity.everyWindow: the capacity is known when the search is over. Remove it.",
    ]
  `)
})
