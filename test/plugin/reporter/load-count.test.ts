import { expect, test } from 'vitest'
import type { TestModule } from 'vitest/node'
import { LoadCount } from '../../../plugin/reporter/load-count.ts'

function moduleOf(moduleId: string, loads: number): TestModule {
  const suites = Array.from({ length: loads }, (_, i) => ({ type: 'suite', name: `load ${i}` }))
  const tests = suites.flatMap(parent => [1, 2].map(() => ({ parent, tags: ['load'], meta: () => ({}) })))
  return { moduleId, project: { name: '' }, children: { allTests: () => tests } } as unknown as TestModule
}

const running = (name: string) => ({ name, file: 'a.ts', state: 'running' as const })

test('load tests have their place among all; while files are left there may be more', () => {
  const count = new LoadCount(3)
  count.add(moduleOf('a.ts', 2))
  expect(count.title(running('list'))).toBe('1/2+ list')
  expect(count.title({ ...running('pay'), state: 'waiting' }), 'one that waits').toBe('pay')
  count.add(moduleOf('b.ts', 0))
  count.add(moduleOf('b.ts', 0))
  expect(count.title(running('buy'))).toBe('2/2+ buy')
  count.add(moduleOf('c.ts', 3))
  expect(count.title(running('pay'))).toBe('3/5 pay')
  expect(count.title(running('list')), 'its place stays').toBe('1/5 list')
})

test('the only load test of a run has no place', () => {
  const count = new LoadCount(1)
  count.add(moduleOf('a.ts', 1))
  expect(count.title(running('list'))).toBe('list')
})
