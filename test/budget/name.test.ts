import { expect, test } from 'vitest'
import { testNameOf } from '../../src/budget/bound.ts'
import { readBudgets } from '../../src/budget/read.ts'

const namesOf = (written: object) => {
  const { budgets, relative, problems } = readBudgets(written, {
    steps: ['login', 'shop.pay'],
    target: { kind: 'process', node: true, series: ['queue'] },
    targets: { db: true, generator: true },
    base: true,
    model: 'closed',
  })
  expect(problems).toEqual([])
  return [...budgets, ...relative].map(testNameOf)
}

const LOOSE = {
  p95: '100ms',
  rps: 50,
  errorRate: '1%',
  dropped: 10,
  memoryGrowth: '1MB/min',
  cpu: '70%',
  series: { queue: 100 },
  steps: { login: { p99: '50ms' }, 'shop.pay': { 'p99.9': { bound: '1s', abortOnFail: true, hold: '5s' } } },
  targets: { db: { memory: '1GB' }, generator: { memory: '1GB' } },
  generator: { memory: '200MB', cpu: '70%' },
}

/** The same with every bound, operator and rule another. */
const TIGHT = {
  p95: { bound: '< 80ms', everyWindow: '5s' },
  rps: '> 60',
  errorRate: { bound: 0, abortOnFail: true },
  dropped: '0.1%',
  memoryGrowth: '50KB/1000 requests',
  cpu: '20% of machine',
  series: { queue: '< 10' },
  steps: { login: { p99: '< 5ms' }, 'shop.pay': { 'p99.9': '300ms' } },
  targets: { db: { memory: '0.5GB' }, generator: { memory: '< 1GB' } },
  generator: { memory: '100MB', cpu: '30%' },
}

test('the name of a budget does not change with its bound, and is its own', () => {
  const names = namesOf(LOOSE)
  expect(names).toEqual(
    [
      ...['p95', 'rps', 'errorRate', 'dropped', 'memoryGrowth', 'cpu', 'series.queue'],
      ...['login p99', 'shop.pay p99.9', 'db memory', 'targets.generator.memory', 'generator memory', 'generator cpu'],
    ].map(name => `budget: ${name}`),
  )
  expect(namesOf(TIGHT)).toEqual(names)
  expect(new Set(names).size).toBe(names.length)
})

test('a bound that speaks of the base, and one from the other side, have names of their own', () => {
  expect(namesOf({ p99: ['100ms', 'base + 10%'], steps: { login: { p99: 'base + 5ms' } } })).toEqual([
    ...['budget: p99', 'budget: p99 (base)', 'budget: login p99 (base)'],
  ])
  expect(namesOf({ p99: '> 5ms', rps: '<= 900', series: { queue: '>= 1' } })).toEqual([
    ...['budget: p99 (at least)', 'budget: rps (at most)', 'budget: series.queue (at least)'],
  ])
})
