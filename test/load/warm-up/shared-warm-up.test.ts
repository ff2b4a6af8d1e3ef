import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MeasuredWindow } from '../../../src/load/pace/model.ts'
import { readShape } from '../../../src/load/plan/shape.ts'
import { SharedWarmUp } from '../../../src/load/warm-up/shared-warm-up.ts'

const planOf = (load: object) => readShape({ rate: 100, duration: '1s', ...load }, { cores: 9 }).plan!

test('whatever threads have looked at, and whenever it is decided: nothing changes sides, and all agree', () => {
  const moments = fc.array(
    fc.record({ thread: fc.integer({ min: 0, max: 2 }), at: fc.double({ min: 0, max: 4_000, noNaN: true }) }),
    { minLength: 1, maxLength: 60 },
  )
  const decision = fc.record({ after: fc.nat(60), now: fc.double({ min: 0, max: 4_000, noNaN: true }) })
  fc.assert(
    fc.property(moments, decision, (looks, { after, now }) => {
      const plan = { ...planOf({ warmUp: 3_000, threads: 3 }), steady: { atLeast: 500 } }
      const shared = new SharedWarmUp(plan)
      const windows = [0, 1, 2].map(() => new MeasuredWindow(plan, new SharedWarmUp(plan, shared.buffer)))
      const said: { at: number; begun: boolean }[] = []
      for (const [i, { thread, at }] of looks.entries()) {
        if (i === after) shared.settle(now)
        said.push({ at, begun: windows[thread]!.hasBegun(at) })
      }
      const end = shared.settle(now)
      expect(end).toBeGreaterThanOrEqual(500)
      expect(end).toBeLessThanOrEqual(3_000)
      for (const { at, begun } of said) expect(begun).toBe(at >= end)
      for (const window of windows) {
        expect(window.hasBegun(end)).toBe(true)
        expect(window.hasBegun(end - 0.001)).toBe(false)
        expect([window.from, window.to]).toEqual([end, end + 1_000])
        expect(window.plan.warmUp).toBe(end)
      }
    }),
  )
})

test('without a decision the ceiling is the end', () => {
  const plan = { ...planOf({ rampUp: '1s', warmUp: '4s' }), steady: { atLeast: 2_000 } }
  const window = new MeasuredWindow(plan, new SharedWarmUp(plan))
  expect(window.hasBegun(4_999)).toBe(false)
  expect(window.isOpen).toBe(false) // nothing but the ceiling is left
  expect(window.has(5_000)).toBe(true)
  expect(window.has(6_000)).toBe(false)
})

test('a window that is given up never begins', () => {
  const plan = planOf({ warmUp: 'auto' })
  const window = new MeasuredWindow(plan, new SharedWarmUp(plan))
  window.giveUp()
  expect(window.hasBegun(1e9)).toBe(false)
})
