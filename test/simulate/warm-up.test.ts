import { describe, expect, test } from 'vitest'
import { lengthOf } from '../../src/load/plan/load-plan.ts'
import type { FakeServer } from './fake-user.ts'
import { steadyServer } from './fake-user.ts'
import { randomOf } from './random.ts'
import { simulateWarmUp } from './warm-up.ts'

/*
 * Runs with `warmUp: 'auto'` in virtual time, on two threads, against servers that get faster or slower.
 */

/** Answers after a mean that depends on the time, spread evenly from half of it to one and a half. */
function changingServer(mean: (now: number) => number, seed: number): FakeServer {
  const random = randomOf(seed)
  return { answer: now => ({ after: mean(now) * (0.5 + random()) }) }
}

const WARM = 10
const servers = {
  'five times as slow at first, in a straight line for 4 s': (now: number) =>
    WARM * (1 + 4 * Math.max(0, 1 - now / 4_000)),
  'five times as slow at first, half of what is left every 0.7 s': (now: number) =>
    WARM * (1 + 4 * Math.exp(-now / 1_000)),
  'five times as slow for 1.5 s': (now: number) => (now < 1_500 ? 5 * WARM : WARM),
}
const loads = { 'open, 200/s': { rate: 200 }, 'closed, 10 users': { vus: 10 } }

describe.each(Object.entries(servers))('a server %s', (_, mean) => {
  test.each(Object.entries(loads))('%s: what is measured is the warm server', async (_, load) => {
    for (const seed of [1, 2]) {
      const shape = { ...load, warmUp: 'auto', duration: '3s', threads: 2 }
      const { cut, windows, begins, merged } = await simulateWarmUp(shape, changingServer(mean, seed))
      expect(cut).toMatchObject({ steady: true, because: expect.stringContaining('steady after') })
      // What is left of the cold server at the cut is within what counts as no change.
      expect(mean(cut!.at), `seed ${seed}`).toBeLessThan(WARM * 1.15)
      expect(merged.serviceTime.mean).toBeLessThan(WARM * 1.1)
      expect(merged.serviceTime.max).toBeLessThan(WARM * 1.15 * 1.5)
      // All threads have cut at the same moment.
      const window = { from: cut!.at, to: cut!.at + 3_000 }
      expect(windows).toEqual([window, window])
      expect(begins).toEqual([cut!.at, cut!.at])
      expect(merged.measured).toBe(3_000)
    }
  })
})

describe('the measured window is the whole plan, however early it begins', () => {
  test('arrivals: a ramp, a jump and a ramp down come as they would have come', async () => {
    const stages = [
      { rate: 100, duration: '2s', hold: '5s' },
      { rate: 300, hold: '1s' },
      { rate: 100, hold: '4s' },
      { rate: 0, duration: '2s' },
    ]
    const shape = { stages, warmUp: 'auto', threads: 3 }
    const { cut, merged, plan, series } = await simulateWarmUp(shape, steadyServer(7))
    expect(cut).toMatchObject({ at: 4_000, steady: true }) // 2 s of ramp, and 2 s at least
    expect(merged.measuredArrivals).toMatchObject({ due: 10 * 100 + 200, passed: 10 * 100 + 200 })
    expect(merged.arrivals.due).toBe(100 + 200 + 1_200 + 100)
    expect(lengthOf(plan)).toBe(2_000 + 30_000 + 10_000 + 2_000) // at most
    // Second by second, over all threads: the cut ends an interval.
    expect(series.map(({ phase }) => phase).filter((phase, i, all) => phase !== all[i - 1])).toEqual([
      ...['ramp-up', 'warm-up', 'measured', 'ramp-down'],
    ])
    expect(series.find(({ phase }) => phase === 'measured')!.start).toBe(4_000)
    const measured = series.filter(({ phase }) => phase === 'measured')
    expect(measured.map(({ due }) => due)).toEqual([100, 100, 100, 100, 100, 300, 100, 100, 100, 100])
  })

  test('requests at a rate', async () => {
    const shape = { rps: 90, warmUp: 'auto', duration: '10s', threads: 2 }
    const { cut, merged } = await simulateWarmUp(shape, steadyServer(5))
    expect(cut!.steady).toBe(true)
    expect(merged.measuredArrivals.due).toBe(900)
  })

  test('users who have joined stay, and leave on the ramp down', async () => {
    const shape = { vus: 8, rampUp: '2s', warmUp: 'auto', duration: '4s', rampDown: '2s', threads: 2 }
    const { cut, merged } = await simulateWarmUp(shape, steadyServer(50))
    expect(cut).toMatchObject({ at: 4_000, steady: true })
    expect(merged.measuredArrivals.started).toBe((8 * 4_000) / 50)
    // User i joins after i / 8 of the way up, and leaves after (8 - i) / 8 of the way down.
    const ramps = merged.arrivals.started - merged.measuredArrivals.started - (8 * 2_000) / 50
    expect(ramps).toBe((9 / 2) * (4_000 / 50))
  })

  test('a number of iterations counts from the cut', async () => {
    const shape = { vus: 6, iterations: 20, warmUp: 'auto', threads: 3 }
    const { cut, merged } = await simulateWarmUp(shape, steadyServer(40))
    expect(cut!.steady).toBe(true)
    expect(merged.measuredArrivals).toMatchObject({ started: 120, passed: 120 })
    expect(merged.arrivals.started).toBeGreaterThan(120 + (6 * 2_000) / 40)
  })
})

test('threads that get late to everything agree all the same, and their books balance', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const random = randomOf(seed)
    const shape = { rate: 300, warmUp: '20s', duration: '3s', threads: 3 }
    const { windows, merged } = await simulateWarmUp(
      shape,
      changingServer(() => 5, seed),
      {
        atLeast: 500,
        // The machine stands still again and again, for up to a quarter of a second.
        script(clock) {
          const stall = () => {
            clock.block(250 * random())
            if (clock.now() < 20_000) clock.after(300 * random(), stall)
          }
          clock.after(100, stall)
        },
      },
    )
    expect(new Set(windows.map(({ from }) => from)).size, `seed ${seed}`).toBe(1)
    expect(merged.measured).toBe(3_000)
    expect(merged.measuredArrivals.due).toBe(900)
  }
})

describe('a load that does not become steady', () => {
  test('is measured after the ceiling, and it is said what changed', async () => {
    const server = changingServer(now => 10 * (1 + now / 2_000), 1)
    const shape = { rate: 200, warmUp: '8s', duration: '2s', threads: 2 }
    const { cut, windows, merged } = await simulateWarmUp(shape, server, { atLeast: 2_000 })
    expect(cut).toMatchObject({
      at: 8_000,
      steady: false,
      because: expect.stringMatching(/^not steady in 8 s: mean latency .+, then .+ in the halves of its last 4/),
    })
    expect(cut!.drift!.change).toBeGreaterThan(0.2)
    expect(windows).toEqual([
      { from: 8_000, to: 10_000 },
      { from: 8_000, to: 10_000 },
    ])
    expect(merged.measuredArrivals.due).toBe(400)
  })

  test('or of which too little is seen to tell', async () => {
    const { cut } = await simulateWarmUp({ rate: 1, warmUp: 'auto', duration: '5s' }, steadyServer(20))
    expect(cut).toEqual({ at: 30_000, steady: false, because: 'too few iterations ended in 30 s to be sure' })
  })
})

test('a run that is cancelled in its warm-up has measured nothing', async () => {
  const shape = { rate: 200, warmUp: 'auto', duration: '5s', threads: 2 }
  const { cut, merged, windows } = await simulateWarmUp(shape, steadyServer(10), { stopAt: 1_500 })
  expect(cut).toBeUndefined()
  expect(merged.measuredArrivals).toMatchObject({ due: 0, started: 0 })
  expect(merged.arrivals.due).toBeGreaterThan(200)
  expect(merged.measured).toBe(0)
  for (const { from, to } of windows) expect(to).toBe(from)
})
