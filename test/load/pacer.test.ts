import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rampsPacer } from '../../src/load/pace/arrivals.ts'
import type { Ramp } from '../../src/load/plan/load-plan.ts'

const constant = rampsPacer([{ from: 200, to: 200, length: 30_000 }])
const up = rampsPacer([{ from: 0, to: 100, length: 10_000 }])
const down = rampsPacer([{ from: 100, to: 0, length: 10_000 }])
const whole = rampsPacer([
  { from: 0, to: 200, length: 5_000 },
  { from: 200, to: 200, length: 30_000 },
  { from: 200, to: 0, length: 5_000 },
])

describe('when an arrival is due', () => {
  test.each<[ReturnType<typeof rampsPacer>, number, number | undefined, string]>([
    [constant, 0, 0, 'the first one is due at once'],
    [constant, 1, 5, '200/s: one every 5 ms'],
    [constant, 0.5, 2.5, 'half an arrival: half of the gap'],
    [constant, 5_999, 29_995, '200/s x 30 s = 6,000 arrivals, the last one 5 ms before the end'],
    [constant, 6_000, undefined, 'arrival 6,000 would be due at the very end, which is not part of the plan'],
    [up, 0, 0, 'a ramp from nothing: the first one at once'],
    [up, 5, 1_000, '10/s more each second: 10 t^2 / 2 = 5 after 1 s'],
    [up, 20, 2_000, '10 t^2 / 2 = 20 after 2 s'],
    [up, 125, 5_000, 'a quarter of the arrivals in the first half'],
    [up, 499.99999999999, undefined, '500 in all; what is nearer to it than rounding is the end'],
    [down, 0, 0, 'a ramp down begins at the full rate'],
    [down, 95, 1_000, '100 t - 10 t^2 / 2 = 95 after 1 s'],
    [down, 375, 5_000, 'three quarters of the arrivals in the first half'],
    [down, 500, undefined, '500 in all'],
    [whole, 125, 2_500, '40/s more each second: 40 t^2 / 2 = 125 after 2.5 s'],
    [whole, 500, 5_000, 'the ramp brings 500; the plateau begins with arrival 500'],
    [whole, 501, 5_005, 'from there one every 5 ms'],
    [whole, 6_499, 34_995, '6,000 on the plateau'],
    [whole, 6_500, 35_000, 'the ramp down begins with arrival 6,500'],
    [whole, 6_875, 37_500, 'three quarters of its 500 by its middle'],
    [whole, 7_000, undefined, '500 + 6,000 + 500 in all'],
  ])('%s: arrival %d is due at %s (%s)', (pacer, x, due) => {
    if (due === undefined) expect(pacer.dueAt(x)).toBeUndefined()
    else expect(pacer.dueAt(x)).toBeCloseTo(due, 6)
  })

  test('a plan without length has no arrivals', () => {
    expect(rampsPacer([{ from: 10, to: 10, length: 0 }]).dueAt(0)).toBeUndefined()
  })

  test('rates that binary fractions cannot hold bring neither one arrival too many nor too few', () => {
    // 33.3 x 3 s = 99.9: arrivals 0 to 99. 0.1 x 10 s = 1: arrival 0 only.
    expect(arrivalsOf([{ from: 33.3, to: 33.3, length: 3_000 }])).toBe(100)
    expect(arrivalsOf([{ from: 0.1, to: 0.1, length: 10_000 }])).toBe(1)
    expect(arrivalsOf([{ from: 1000 / 3, to: 1000 / 3, length: 3_000 }])).toBe(1000)
  })
})

const ramp = fc.record({
  from: fc.double({ min: 0, max: 5_000, noNaN: true }),
  to: fc.double({ min: 0, max: 5_000, noNaN: true }),
  length: fc.integer({ min: 1, max: 60_000 }),
})

test('whatever the ramps: due times never go back and the curve through them gives the number again', () => {
  fc.assert(
    fc.property(
      fc.array(ramp, { minLength: 1, maxLength: 4 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (ramps, share) => {
        const pacer = rampsPacer(ramps)
        const total = eventsBy(ramps, Infinity)
        const x = total * share * 0.999
        const due = pacer.dueAt(x)
        if (due === undefined) return total < 1e-6
        const next = pacer.dueAt(x + total * 0.0005)
        return Math.abs(eventsBy(ramps, due) - x) <= 1e-6 * Math.max(1, total) && (next ?? Infinity) >= due
      },
    ),
  )
})

function arrivalsOf(ramps: Ramp[]): number {
  const pacer = rampsPacer(ramps)
  let n = 0
  while (pacer.dueAt(n) !== undefined) n++
  return n
}

/** The cumulative curve itself, stretch by stretch. */
function eventsBy(ramps: Ramp[], t: number): number {
  let events = 0
  for (const { from, to, length } of ramps) {
    const within = Math.min(t, length)
    events += (from * within + ((to - from) * within * within) / (2 * length)) / 1000
    t -= length
    if (t <= 0) break
  }
  return events
}
