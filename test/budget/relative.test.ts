import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'

const read = (budgets: unknown, model: 'open' | 'closed' = 'closed') =>
  readBudgets(budgets, { steps: ['login'], target: true, base: true, model, cores: 2 })
const faults = (budgets: unknown, model?: 'open' | 'closed') =>
  read(budgets, model).problems.map(({ path, found, advice }) => `${path}: ${found}. ${advice}`)

describe('a bound that speaks of the base', () => {
  test.each([
    [{ p99: 'base + 10%' }, { factor: 1.1 }, '<=', 'p99 <= base + 10 %'],
    [{ p99: '< base+10 %' }, { factor: 1.1 }, '<', 'p99 < base + 10 %'],
    [{ p99: 'BASE + 5ms' }, { amount: 5 }, '<=', 'p99 <= base + 5 ms'],
    [{ p99: 'base - 10%' }, { factor: 0.9 }, '<=', 'p99 <= base - 10 %'],
    [{ mean: 'base + 150%' }, { factor: 2.5 }, '<=', 'mean <= base + 150 %'],
    [{ cpuPerRequest: { bound: 'base + 5%' } }, { factor: 1.05 }, '<=', 'cpuPerRequest <= base + 5 %'],
    [{ memory: 'base + 10MB' }, { amount: 10e6 }, '<=', 'memory <= base + 10 MB'],
    [
      { memoryGrowth: 'base + 20KB/1000 requests' },
      { amount: 20e3 },
      '<=',
      'memoryGrowth <= base + 20 kB/1,000 requests',
    ],
    [
      { memoryGrowth: 'base + 20 bytes/request' },
      { amount: 20e3 },
      '<=',
      'memoryGrowth <= base + 20 kB/1,000 requests',
    ],
    [{ rps: 'base - 3%' }, { factor: 0.97 }, '>=', 'rps >= base - 3 %'],
    [{ errorRate: 'base + 0.1%' }, { amount: 0.001 }, '<=', 'errorRate <= base + 0.1 %'],
    [{ roundTrips: 'base + 0' }, { amount: 0 }, '<=', 'roundTrips <= base + 0'],
    [{ roundTrips: { '127.0.0.1:5432': 'base + 1' } }, { amount: 1 }, '<=', 'roundTrips.127.0.0.1:5432 <= base + 1'],
    [{ steps: { login: { p95: 'base + 1ms' } } }, { amount: 1 }, '<=', 'login p95 <= base + 1 ms'],
  ])('%j', (budgets, allowed, operator, title) => {
    const { budgets: absolute, relative, problems } = read(budgets)
    expect(problems).toEqual([])
    expect(absolute).toEqual([])
    expect(relative).toEqual([expect.objectContaining({ operator, title })])
    const [{ allowed: found } = {}] = relative
    expect(Object.entries(found!)).toEqual(
      Object.entries(allowed).map(([key, value]) => [key, expect.closeTo(value, 12)]),
    )
  })

  test('stands beside an absolute one', () => {
    const { budgets, relative, problems } = read({ p99: ['100ms', 'base + 10%'] })
    expect(problems).toEqual([])
    expect([...budgets, ...relative].map(({ title }) => title)).toEqual(['p99 <= 100 ms', 'p99 <= base + 10 %'])
  })

  test.each([
    [{ p99: ['100ms', '50ms'] }, '/p99: it holds 2 bounds of one kind.'],
    [{ p99: [] }, '/p99: the list is empty.'],
    [{ p99: 'base' }, '/p99: "base" does not say how far from the base it may be.'],
    [{ p99: 'base * 2' }, '/p99: "base * 2" does not say how far from the base it may be.'],
    [{ p99: 'base + 0%' }, '/p99: no measurement is as exact as that.'],
    [{ roundTrips: 'base + 10%' }, '/roundTrips: a base that makes none leaves nothing to take a share of.'],
    [
      { roundTrips: 'base' },
      '/roundTrips: "base" does not say how far from the base it may be. Write such as \'base + 0\'.',
    ],
    [{ p99: 'base - 100%' }, '/p99: nothing is left of the base.'],
    [{ p99: 'base + 10MB' }, '/p99: "10MB" is not a duration'],
    [{ p99: 'base + much' }, '/p99: "much" is not a duration'],
    [{ max: 'base + 10%' }, '/max: it cannot be compared with a base. One request decides the highest.'],
    [{ cpu: 'base + 10%' }, '/cpu: it cannot be compared with a base. It depends on the rate. Compare cpuPerRequest.'],
    [{ memoryGrowth: 'base + 20KB/min' }, '/memoryGrowth: each side gets as many requests as the other'],
    [{ memoryGrowth: 'base + 20KB' }, '/memoryGrowth: "20KB" is not a growth: it does not say per what.'],
    [{ memoryGrowth: 'base + 20KB/1000 reqests' }, 'Did you mean "requests"?'],
    [{ memoryGrowth: 'base + 10%' }, '/memoryGrowth: the base may not grow at all, and nothing has no share.'],
    [{ memoryGrowth: 'base - 20KB/1000 requests' }, '/memoryGrowth: a base that does not grow leaves nothing'],
    [{ memoryGrowth: 'base + 0KB/1000 requests' }, '/memoryGrowth: no measurement is as exact as that.'],
    [{ memoryGrowth: 'base' }, "Write such as 'base + 20KB/1000 requests'."],
    [{ memoryGrwth: 'base + 20KB/1000 requests' }, 'Did you mean "memoryGrowth"?'],
    [{ generator: { memory: 'base + 10%' } }, '/generator/memory: the load generator has no base.'],
    [{ p99: { bound: 'base + 10%', everyWindow: '2s' } }, '/p99/bound: a comparison is decided when both sides'],
    [{ p99: { bound: 'base + 10%', abortOnFail: true } }, '/p99/bound: a comparison is decided when both sides'],
  ])('says what is wrong with %j', (budgets, fault) => {
    expect(faults(budgets)).toEqual([expect.stringContaining(fault)])
  })

  test.each(['bas + 10%', '< bsae - 10%'])('is meant by %s', bound => {
    expect(faults({ p99: bound })).toEqual([expect.stringMatching(/is not a duration.* Did you mean "base"\?/)])
  })

  test('is refused of a rate that the load gives', () => {
    expect(faults({ rps: 'base - 3%' }, 'open')).toEqual([
      expect.stringContaining('/rps: the load has a fixed rate, regardless of the application.'),
    ])
  })

  test('is refused where there is no base', () => {
    const { problems } = readBudgets({ p99: 'base + 10%' }, { steps: [], target: true })
    expect(problems).toEqual([
      expect.objectContaining({ path: '/p99', found: 'there is no base to compare with here' }),
    ])
  })
})
