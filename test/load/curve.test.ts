import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Curve, curveOf, hold, partOf, peakOf, spansAbove } from '../../src/load/plan/load-plan.ts'

const hill: Curve = [{ from: 0, to: 4, length: 400 }, hold(4, 100), { from: 4, to: 0, length: 800 }]

test('empty stretches are left out, and neighbours that hold the same are one', () => {
  const curve = [hold(5, 10), hold(5, 0), hold(5, 20), { from: 5, to: 6, length: 5 }, hold(6, 5)]
  expect(curveOf(curve)).toEqual([hold(5, 30), { from: 5, to: 6, length: 5 }, hold(6, 5)])
})

test('the peak and a part', () => {
  expect(peakOf(hill)).toBe(4)
  expect(peakOf([])).toBe(0)
  expect(partOf(hill, 200, 700)).toEqual([
    { from: 2, to: 4, length: 200 },
    hold(4, 100),
    { from: 4, to: 3, length: 200 },
  ])
})

describe('spans above a level', () => {
  test('users join one after another, and leave in the opposite order', () => {
    const spans = [0, 1, 2, 3, 4].map(level => spansAbove(hill, level))
    expect(spans).toEqual([
      [{ from: 0, to: 1_300 }],
      [{ from: 100, to: 1_100 }],
      [{ from: 200, to: 900 }],
      [{ from: 300, to: 700 }],
      [],
    ])
  })

  test('who leaves may come back', () => {
    const curve = [hold(3, 10), hold(0, 10), hold(2, 10)]
    expect(spansAbove(curve, 0)).toEqual([
      { from: 0, to: 10 },
      { from: 20, to: 30 },
    ])
    expect(spansAbove(curve, 2)).toEqual([{ from: 0, to: 10 }])
  })

  test('together they are the area under the curve', () => {
    const ramp = fc.record({
      from: fc.integer({ min: 0, max: 20 }),
      to: fc.integer({ min: 0, max: 20 }),
      length: fc.integer({ min: 1, max: 1_000 }),
    })
    fc.assert(
      fc.property(fc.array(ramp, { maxLength: 5 }), curve => {
        // Whole users: user i is there from i on, so that a curve in a straight line is half a user short of its area.
        let within = 0
        for (let level = 0; level < 20; level++)
          for (const { from, to } of spansAbove(curve, level)) within += to - from
        const area = curve.reduce((sum, { from, to, length }) => sum + ((from + to) / 2) * length, 0)
        const climbs = curve.reduce((sum, { from, to, length }) => sum + (from === to ? 0 : length / 2), 0)
        expect(within).toBeCloseTo(area + climbs, 4)
      }),
    )
  })
})
