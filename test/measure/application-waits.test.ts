import { expect, test } from 'vitest'
import { ApplicationWaits } from '../../src/measure/application-waits.ts'

/** Waits of an application that were over by the times that are given. */
function waitsOf(...ends: readonly { at: number; waited: number }[]) {
  let now = 0
  const waited = () => ends.reduce((sum, end) => (end.at <= now ? sum + end.waited : sum), 0)
  const waits = new ApplicationWaits({ waited, close() {} })
  return {
    waits,
    of(sent: number, ended: number) {
      now = ended
      return waits.of(sent, ended)
    },
    rests(at: number) {
      now = at
      waits.rests(at)
    },
  }
}

test('a request has waited with the application that was at work on it, and no other', () => {
  const { of } = waitsOf({ at: 108, waited: 8 }, { at: 1_020, waited: 4 })
  expect(of(50, 60)).toBe(0)
  expect(of(90, 120)).toBeGreaterThanOrEqual(8)
  expect(of(90, 120)).toBeLessThan(16)
  // No request waits for longer than it takes.
  expect(of(105, 109)).toBe(4)
  expect(of(500, 800)).toBe(0)
  expect(of(90, 1_030)).toBeGreaterThanOrEqual(12)
})

test('one that comes soon after a wait may stand behind those that it held up, until none is in progress', () => {
  const { of, rests } = waitsOf({ at: 120, waited: 20 }, { at: 520, waited: 20 })
  of(100, 121)
  const soon = of(122, 200)
  expect(soon).toBeGreaterThanOrEqual(20)
  // The application makes up for it little by little.
  const later = of(160, 200)
  expect(later).toBeLessThan(soon)
  expect(later).toBeGreaterThan(0)
  expect(of(400, 450)).toBe(0)
  of(500, 521)
  rests(530)
  expect(of(531, 600)).toBe(0)
  // One that was sent before has it all the same.
  expect(of(525, 600)).toBeGreaterThan(0)
})

test('of thousands of waits the latest are known, and more is said of an older request than it may have waited', () => {
  const { of } = waitsOf(...Array.from({ length: 6_000 }, (_, i) => ({ at: 2 * i, waited: 1 })))
  for (let at = 0; at < 12_000; at += 2) of(at, at + 1)
  expect(of(11_000, 12_000)).toBeGreaterThanOrEqual(500)
  expect(of(0, 12_000)).toBeGreaterThanOrEqual(6_000)
})

test('what was seen since the last mark is told', () => {
  const { of, waits } = waitsOf({ at: 10, waited: 5 }, { at: 20, waited: 7 })
  of(0, 15)
  waits.mark()
  expect(waits.seen).toBe(0)
  of(15, 25)
  expect(waits.seen).toBe(7)
})
