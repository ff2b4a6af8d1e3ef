import { expect, test } from 'vitest'
import { typicalChange } from '../../../src/compare/duet/duet.ts'
import type { SideResult, SliceUse } from '../../../src/load/thread/duet/protocol.ts'
import { sideWith } from './sides.ts'

const sides = (base: SliceUse[], head: SliceUse[]): [SideResult, SideResult] => [
  { ...sideWith([]), slices: base },
  { ...sideWith([]), slices: head },
]
const slices = (count: number, cost: (slice: number) => number) =>
  Array.from({ length: count }, (_, slice) => ({ asked: 1 + (slice % 3), cpuTime: cost(slice) * (1 + (slice % 3)) }))

test('what a host takes from one slice in five does not show, what each request costs does', () => {
  const base = slices(40, slice => (slice % 5 === 0 ? 9 : 2))
  const head = slices(40, slice => (slice % 5 === 3 ? 30 : 2.2))
  expect(Math.exp(typicalChange(sides(base, head))!)).toBeCloseTo(1.1, 2)
})

test('slices without a request, or without CPU time, tell nothing', () => {
  const nothing = { asked: 0, cpuTime: 1 }
  const unknown = { asked: 3 }
  const base = [nothing, ...slices(10, () => 2), unknown]
  const head = [...slices(11, () => 3), nothing]
  expect(typicalChange(sides(base, head))).toBeCloseTo(Math.log(1.5), 9)
})

test.each([
  ['none', []],
  ['too few', slices(7, () => 2)],
  ['none that is known', slices(20, () => 0)],
])('it is not known of %s', (_, few) => {
  expect(typicalChange(sides(few, few))).toBeUndefined()
})
