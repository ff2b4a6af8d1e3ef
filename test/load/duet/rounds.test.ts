import { expect, test } from 'vitest'
import { isWarm } from '../../../src/load/thread/duet/rounds.ts'

const after = (base: number[], head = base, rounds = base.map(() => 100)) => isWarm(rounds, [base, head], 1_500)

test('a warm-up has four rounds at least, and goes on while one is faster than all before', () => {
  expect(after([])).toBe(false)
  expect(after([10, 10, 10])).toBe(false)
  expect(after([10, 10, 10, 10])).toBe(true)
  expect(after([40, 30, 20, 10])).toBe(false)
  expect(after([40, 30, 20, 10, 9.6])).toBe(true)
})

test('as long as either side gets faster', () => {
  expect(after([10, 10, 10, 10], [40, 30, 20, 10])).toBe(false)
})

test('rounds of fewer iterations are not faster for that', () => {
  expect(after([100, 100, 100, 60], undefined, [100, 100, 100, 60])).toBe(true)
})

test('it has an end: one and a half seconds of both together, or twenty rounds', () => {
  expect(after([400, 355], [400, 344])).toBe(false)
  expect(after([400, 350], [400, 350])).toBe(true)
  const faster = Array.from({ length: 20 }, (_, i) => 50 * 0.9 ** i)
  expect(after(faster.slice(0, 19))).toBe(false)
  expect(after(faster)).toBe(true)
})
