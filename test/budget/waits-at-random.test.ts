import { describe, expect, test } from 'vitest'
import { canBe, type Waits } from '../../src/budget/pauses.ts'
import { LatencyRecorder, percentileOf } from '../../src/measure/histogram.ts'
import { randomOf } from '../simulate/random.ts'

const SHARE = 0.15
const WAIT = 5
const random = randomOf(7)
const draw = (mean: number) => -mean * Math.log(1 - random())

/** A request whose work is interrupted by waits that come at random. */
function measured(own: number): number {
  let [left, all] = [own, random() < SHARE ? draw(WAIT) : 0]
  for (;;) {
    const until = draw((WAIT * (1 - SHARE)) / SHARE)
    if (until >= left) return all + left
    all += until + draw(WAIT)
    left -= until
  }
}

function summaryOf(own: () => number) {
  const recorder = new LatencyRecorder()
  for (let i = 0; i < 4_000; i++) recorder.record(measured(own()))
  return recorder.summary()
}

const waits: Waits = {
  ...{ first: SHARE * WAIT, slope: SHARE / (1 - SHARE), usual: 2 * WAIT },
  ...{ longest: 60, together: 2, within: 1 },
}
const isPossible = (figure: number, quantile: number, samples: ReturnType<typeof summaryOf>) =>
  canBe(figure, quantile, samples, waits, 2)

describe('a figure of which waits at random have made what was measured', () => {
  test.each([
    ['60 ms and 4 ms', () => (random() < 0.5 ? 60 : 4), 60, 40],
    ['8 ms', () => 8, 8, 5],
    ['up to 60 ms', () => 60 * random(), 57, 36],
  ])('of %s is possible, and one that is much less is not', (_, own, p95, less) => {
    const samples = summaryOf(own)
    expect(percentileOf(samples, 0.95)).toBeGreaterThan(1.1 * p95)
    expect(isPossible(p95, 0.95, samples)).toBe(true)
    expect(isPossible(less, 0.95, samples)).toBe(false)
  })

  test('where they are in a part of the time, the rest is as it was', () => {
    const samples = summaryOf(() => 8)
    expect(isPossible(4, 0.5, samples)).toBe(false)
    expect(canBe(7, 0.95, samples, { ...waits, within: 0.05 }, 2)).toBe(false)
  })

  test('long waits explain more of a high percentile than short ones', () => {
    const samples = summaryOf(() => draw(5))
    const long = { ...waits, usual: 60, longest: 100, first: 5 }
    expect([canBe(10, 0.99, samples, long, 2), canBe(10, 0.99, samples, waits, 2)]).toEqual([true, false])
    expect(canBe(1, 0.5, samples, waits, 2)).toBe(false)
  })
})
