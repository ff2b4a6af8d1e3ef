import { expect, test } from 'vitest'
import { progressTo } from '../../src/cli/trend.ts'
import { changePoints } from '../../src/compare/statistics/change-points.ts'
import { Random } from '../../src/ground/random.ts'
import { realClock } from '../../src/measure/clock.ts'

test('a change of level in 20,000 values is found where it is, without a table of all their distances', () => {
  const random = new Random(3, 'permutations')
  const values = Array.from({ length: 20_000 }, (_, i) => random.normal() + (i < 12_000 ? 0 : 0.5))
  const found = changePoints(values)
  expect(found.some(({ at }) => Math.abs(at - 12_000) < 100)).toBe(true)
  expect(found.length).toBeLessThan(6)
})

test('the time for results grows with their number, not with its square', () => {
  const random = new Random(4, 'permutations')
  const timeOf = (length: number) => {
    const values = Array.from({ length }, () => random.normal())
    const times = [1, 2, 3, 4, 5].map(() => {
      const from = performance.now()
      changePoints(values, 0)
      return performance.now() - from
    })
    return Math.min(...times)
  }
  timeOf(1_000)
  // 16 times as many values: 20 times the work, not 256 times.
  expect(timeOf(16_000) / timeOf(1_000)).toBeLessThan(100)
})

test('says every two seconds how many results are read', () => {
  let now = 0
  const written: string[] = []
  const onRead = progressTo({ write: text => written.push(String(text)) > 0 }, { ...realClock, now: () => now })
  for (let count = 1; count <= 5; count++) {
    now += 900
    onRead(count, 12_000)
  }
  expect(written).toEqual(['3 of 12,000 results read\n'])
})
