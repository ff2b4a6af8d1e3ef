import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { unattainable } from '../../src/compare/attainable.ts'
import { readShape } from '../../src/load/plan/shape.ts'

function found(written: object, shape: object, { requestsPerRun = 4, maxDuration = 90_000 } = {}) {
  const { plan: load } = readShape({ duration: '5s', ...shape } as Parameters<typeof readShape>[0])
  const { relative: budgets } = readBudgets(written, {
    ...{ steps: ['search'], target: true, base: true, model: load!.model },
  })
  return unattainable({ budgets, load: load!, requestsPerRun, maxDuration }).map(one => `${one.found}. ${one.advice}`)
}

test('a percentile needs values enough in five launches of a side', () => {
  expect(found({ p99: 'base + 10%' }, { rps: 300 })).toEqual([])
  expect(found({ p99: 'base + 10%' }, { rps: 40 })).toEqual([
    'p99 takes 500 iterations of each side, and the load gives 337 in 90 s at most. ' +
      "Give 1.9 times the load, compare: { maxDuration: '160s' }, or a lower percentile.",
  ])
  expect(found({ p99: 'base + 10%' }, { rate: 40 })).toEqual([])
  expect(found({ steps: { search: { p99: 'base + 10%' } } }, { rps: 40 })[0]).toContain('500 requests of each side')
  expect(found({ p90: 'base + 10%', cpuPerRequest: 'base + 5%' }, { rps: 40 })).toEqual([])
  expect(found({ p99: 'base + 10%' }, { rps: 300 }, { maxDuration: 10_000 })).toHaveLength(1)
  // What is advised is enough.
  expect(found({ p99: 'base + 10%' }, { rps: 40 * 1.9 })).toEqual([])
  expect(found({ p99: 'base + 10%' }, { rps: 40 }, { maxDuration: 160_000 })).toEqual([])
})

test('an error rate needs requests enough to show that failures are rare', () => {
  expect(found({ errorRate: 'base + 1%' }, { rps: 300 })).toEqual([])
  const [sentence] = found({ errorRate: 'base + 0.01%' }, { rps: 300 })
  expect(sentence).toMatch(
    /^errorRate takes [\d,]+ iterations of each side, and the load gives 2,531 in 90 s at most\. Give .* or a wider bound\.$/,
  )
  expect(found({ errorRate: 'base + 0.01%' }, { rps: 300_000 })).toEqual([])
})

test('users that pause have a rate, too; of users that do not nothing is known before', () => {
  expect(found({ p99: 'base + 10%' }, { vus: 2, pacing: '1s' })).toHaveLength(1)
  expect(found({ p99: 'base + 10%' }, { vus: 200, pacing: '1s' })).toEqual([])
  expect(found({ p99: 'base + 10%' }, { vus: 1 })).toEqual([])
})

test('a growth of memory needs requests enough to be told from the pieces in which memory is given', () => {
  for (const shape of [{ vus: 2 }, { rps: 5 }]) {
    expect(found({ memoryGrowth: 'base + 20KB/1000 requests' }, shape)).toEqual([])
    expect(found({ memoryGrowth: 'base + 100 bytes/1000 requests' }, shape)).toEqual([
      'memoryGrowth takes 2,621,440 requests of each side, and no load gives more than 900,000 in 90 s. ' +
        "Give a wider bound, such as 'base + 20KB/1000 requests'.",
    ])
  }
})
