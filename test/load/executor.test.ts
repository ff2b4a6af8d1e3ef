import { describe, expect, test } from 'vitest'
import type { Clock, VirtualClock } from '../../src/measure/clock.ts'
import { percentileOf } from '../../src/measure/histogram.ts'
import type { FakeServer } from '../simulate/fake-user.ts'
import { FakeUser, queueingServer, stallingServer, steadyServer } from '../simulate/fake-user.ts'
import { simulate } from '../simulate/simulate.ts'

/** As the histogram keeps it: within 0.1 %. */
const closeTo = (value: number) => expect.closeTo(value, value >= 1_000 ? -1 : value >= 100 ? 0 : 1)

describe('open model', () => {
  test('starts every arrival when it is due', async () => {
    const run = await simulate({ rate: 100, duration: '10s', warmUp: '1s' }, steadyServer(20))
    expect(run.whole).toEqual({ due: 1_100, dropped: 0, started: 1_100, passed: 1_100, failed: 0, aborted: 0 })
    expect(run.measured).toEqual({ due: 1_000, dropped: 0, started: 1_000, passed: 1_000, failed: 0, aborted: 0 })
    expect(run.lateness).toMatchObject({ count: 1_000, max: 0 })
    expect(run.responseTime).toMatchObject({ count: 1_000, min: closeTo(20), max: closeTo(20) })
    expect(run.ended).toEqual({ reason: 'completed', at: 11_010 })
  })

  test('makes no more users than it needs: 100/s x 20 ms are two at once, and one that comes free in the same moment', async () => {
    const { users } = await simulate({ rate: 100, duration: '10s' }, steadyServer(20))
    expect(users).toBeLessThanOrEqual(3)
  })

  test('a ramp brings half of what the plateau does, and stays out of the measured window', async () => {
    const run = await simulate({ rate: 100, duration: '10s', rampUp: '4s', rampDown: '2s' }, steadyServer(1))
    expect(run.whole.due).toBe(200 + 1_000 + 100)
    expect(run.measured.due).toBe(1_000)
    expect(run.windows).toEqual(['begins 4000', 'ends 14000'])
  })

  test('lasts as long as the plan says although the last arrival is over', async () => {
    const run = await simulate({ rate: 0.5, duration: '3s', warmUp: 0 }, steadyServer(1))
    expect(run.whole.due).toBe(2)
    expect(run.ended.at).toBe(3_000)
    expect(run.window).toEqual({ from: 0, to: 3_000 })
  })

  test('rps counts requests: 90/s of three-step iterations are 30 iterations a second', async () => {
    const run = await simulate({ rps: 90, duration: '10s', warmUp: 0 }, steadyServer(5), { steps: 3 })
    expect(run.whole.due).toBe(300)
    expect(run.steps.map(({ requests }) => requests)).toEqual([300, 300, 300])
    // The last iteration's third request is answered 15 ms after it was due, 33 ms before the end.
    expect(run.throughput.requests).toBe(900)
  })

  test('rps holds when every iteration fails at its first of three steps', async () => {
    const refusing: FakeServer = { answer: () => ({ after: 1, failure: { kind: 'criterion', message: 'no' } }) }
    const run = await simulate({ rps: 300, duration: '20s', warmUp: '5s' }, refusing, { steps: 3 })
    expect(run.throughput.requests).toBeGreaterThanOrEqual(6_000 - 10)
    expect(run.throughput.requests).toBeLessThanOrEqual(6_000 + 10)
    expect(run.measured).toMatchObject({ passed: 0, failed: run.measured.due })
  })

  describe('when no user is free at the limit', () => {
    test('an arrival waits, and its response time counts from when it was due', async () => {
      // One user, 100 ms an iteration, an arrival every 50 ms: the n-th waits 50 n ms more than the one before it.
      const shape = { rate: 20, duration: '1s', warmUp: 0, maxVus: 1 }
      const run = await simulate(shape, steadyServer(100), { gracefulStop: 1_000 })
      expect(run.users).toBe(1)
      expect(run.whole).toEqual({ due: 20, dropped: 10, started: 10, passed: 10, failed: 0, aborted: 0 })
      expect(run.serviceTime).toMatchObject({ count: 10, min: closeTo(100), max: closeTo(100) })
      // Started at 900 ms, the last of ten was due at 450 ms: 450 ms of waiting and 100 ms of service.
      expect(run.responseTime.max).toBeCloseTo(550, 0)
      expect(run.responseTime.mean).toBeCloseTo(100 + (450 * 10) / 20, 0)
      // Waiting for a user is not the generator's lateness: only the first found one.
      expect(run.lateness).toMatchObject({ count: 1, max: 0 })
    })

    test('one that is due begins as a user comes free, also where the timer rings later', async () => {
      const began: number[] = []
      const server: FakeServer = {
        answer(now) {
          began.push(now)
          return { after: 9.6 }
        },
      }
      const clockOf = (clock: VirtualClock): Clock => ({
        now: () => clock.now(),
        after: (delay, callback) => clock.after(delay + 0.9, callback),
      })
      await simulate({ rate: 100, duration: '20ms', warmUp: 0, maxVus: 1 }, server, { clockOf, gracefulStop: 1_000 })
      // The first begins as its timer rings; the second is due at 10 ms, and its timer would ring at 10.9.
      expect(began).toEqual([expect.closeTo(0.9, 6), expect.closeTo(10.5, 6)])
    })

    test('what waits at the end of its phase is dropped: a stall in the warm-up does not reach the measured window', async () => {
      // Nothing is answered in the first 2 s, the warm-up.
      const server = stallingServer(1, 0, 2_000)
      const run = await simulate({ rate: 100, duration: '5s', warmUp: '2s', maxVus: 10 }, server)
      expect(run.whole.dropped).toBe(190)
      expect(run.measured).toEqual({ due: 500, dropped: 0, started: 500, passed: 500, failed: 0, aborted: 0 })
      expect(run.responseTime.max).toBeLessThanOrEqual(2)
      expect(run.intervals.map(({ dropped }) => dropped)).toEqual(
        [0, 0, 190, 0, 0, 0, 0, 0].slice(0, run.intervals.length),
      )
    })

    test('the limit is for all threads: each of three takes its part of ten users', async () => {
      const hanging: FakeServer = { answer: () => ({ after: 100_000 }) }
      const shape = { rate: 100, duration: '1s', warmUp: 0, maxVus: 10, threads: 3 }
      const users = []
      for (const index of [0, 1, 2]) users.push((await simulate(shape, hanging, { share: { index, count: 3 } })).users)
      expect(users).toEqual([4, 3, 3])
    })
  })

  describe('a generator that is late', () => {
    test('catches up with all that is due, and says how late it was', async () => {
      const run = await simulate({ rate: 100, duration: '2s', warmUp: 0 }, steadyServer(1), {
        script: clock => clock.after(10 + 505, () => clock.block(400)),
      })
      expect(run.whole).toEqual({ due: 200, dropped: 0, started: 200, passed: 200, failed: 0, aborted: 0 })
      // Blocked from 505 to 905 ms: due at 510 to 900, started at 905.
      expect(run.lateness.max).toBeCloseTo(395, 0)
      expect(run.lateness.count).toBe(200)
      // Of that, a millisecond is what timers are exact to.
      expect(run.responseTime.max).toBeCloseTo(395, 0)
      expect(run.serviceTime.max).toBeCloseTo(1, 1)
    })

    test('within the millisecond that timers are exact to, the API is not charged with it', async () => {
      const run = await simulate({ rate: 100, duration: '2s', warmUp: 0 }, steadyServer(5), {
        script(clock) {
          // Due at 500 and 900 ms, started at 500.8 and 901.8 ms.
          clock.after(10 + 499.8, () => clock.block(1))
          clock.after(10 + 899.8, () => clock.block(2))
        },
      })
      expect(run.lateness.max).toBeCloseTo(1.8, 1)
      expect(percentileOf(run.responseTime, 0.995)).toBeCloseTo(5, 1)
      expect(run.responseTime.max).toBeCloseTo(5.8, 1)
      expect(run.whole).toMatchObject({ due: 200, passed: 200 })
    })

    test('what is due just before the end is started, not dropped, when a user is free', async () => {
      const run = await simulate({ rate: 100, duration: '1s', warmUp: 0 }, steadyServer(1), {
        script: clock => clock.after(10 + 980, () => clock.block(100)),
      })
      expect(run.whole).toMatchObject({ due: 100, dropped: 0, passed: 100 })
    })
  })
})

describe('coordinated omission', () => {
  test('a server that stops for 2 s during 10 s at 200/s: response time shows it, service time alone would hide less than it seems', async () => {
    const server = stallingServer(2, 4_000, 6_000)
    const run = await simulate({ rate: 200, duration: '10s', warmUp: 0, maxVus: 50 }, server)
    expect(run.measured).toMatchObject({ due: 2_000, dropped: 0, passed: 2_000 })
    // 400 of 2,000 arrivals fall into the stall. Arrival k of them (every 5 ms) waits for its end, then is served; the
    // histogram keeps that within 0.1 %.
    const waits = Array.from({ length: 2_000 }, (_, n) => {
      const due = n * 5
      return due >= 4_000 && due < 6_000 ? 6_000 - due + 2 : 2
    }).sort((a, b) => a - b)
    const theory = (q: number) => waits[Math.ceil(q * waits.length) - 1]!
    expect(theory(0.99)).toBe(1_902)
    // Those that found no user go through the 50 in eight waves of 2 ms.
    for (const [q, value] of [
      [0.99, run.responseTime.p99],
      [0.95, run.responseTime.p95],
      [0.9, run.responseTime.p90],
    ] as const) {
      expect(value).toBeGreaterThan(theory(q) * 0.998)
      expect(value).toBeLessThan(theory(q) * 1.002 + 8 * 2)
    }
    // Only the 50 that had a user were in service: the other 350 were answered 2 ms after they started.
    expect(run.serviceTime.p90).toBeLessThan(3)
    expect(run.responseTime.p90).toBeGreaterThan(900)
  })

  test('with ten users the p99 of service time hides the stall altogether, and that of response time does not', async () => {
    const server = stallingServer(2, 4_000, 6_000)
    const run = await simulate({ rate: 200, duration: '10s', warmUp: 0, maxVus: 10 }, server)
    expect(run.measured).toMatchObject({ due: 2_000, dropped: 0, passed: 2_000 })
    // Arrival k of the stall, due 5 k ms after it began, is answered at its end in wave k / 10, each of 2 ms. One in a
    // hundred of 2,000 are 20 slower than p99, which is that of arrival 20: 2,000 - 100 + 3 waves.
    expect(run.responseTime.p99).toBeGreaterThan(1_906 * 0.999)
    expect(run.responseTime.p99).toBeLessThan(1_906 * 1.001)
    expect(run.serviceTime.p99).toBeLessThan(3)
  })

  test('the same stall in a closed model: ten slow samples of thousands, whatever they say', async () => {
    const server = stallingServer(2, 4_000, 6_000)
    const run = await simulate({ vus: 10, duration: '10s', warmUp: 0 }, server)
    expect(run.responseTime.max).toBeGreaterThan(1_990)
    expect(run.responseTime.p99).toBeLessThan(3)
    expect(run.responseTime.count).toBe(run.serviceTime.count)
  })
})

describe('closed model', () => {
  test('users loop as fast as they are answered', async () => {
    const run = await simulate({ vus: 5, duration: '10s', warmUp: '1s' }, steadyServer(50))
    // 5 users x 20 iterations a second.
    expect(run.users).toBe(5)
    expect(run.whole.started).toBe(1_100)
    expect(run.measured).toEqual({ due: 1_000, dropped: 0, started: 1_000, passed: 1_000, failed: 0, aborted: 0 })
    expect(run.throughput.iterations).toBe(1_000)
    expect(run.lateness.count).toBe(0)
  })

  test('users join over the ramp-up and leave over the ramp-down, in opposite order', async () => {
    const run = await simulate({ vus: 4, duration: '4s', rampUp: '4s', rampDown: '4s' }, steadyServer(100))
    expect(run.intervals.map(({ phase, inFlight }) => `${phase} ${inFlight}`)).toEqual([
      ...['ramp-up 1', 'ramp-up 2', 'ramp-up 3', 'ramp-up 4'],
      ...['measured 4', 'measured 4', 'measured 4', 'measured 4'],
      ...['ramp-down 4', 'ramp-down 3', 'ramp-down 2', 'ramp-down 1', 'ramp-down 0'],
    ])
  })

  test('a number of iterations: every user runs them all, then the run is over', async () => {
    const run = await simulate({ vus: 3, iterations: 7 }, steadyServer(10))
    expect(run.whole).toEqual({ due: 21, dropped: 0, started: 21, passed: 21, failed: 0, aborted: 0 })
    expect(run.measured).toEqual(run.whole)
    expect(run.ended).toEqual({ reason: 'completed', at: 70 })
    expect(run.window).toEqual({ from: 0, to: 70 })
    expect(run.windows).toEqual(['begins 0', 'ends 70'])
    expect(run.throughput.iterations).toBe(21)
  })

  test('a number of iterations after a warm-up, which does not count', async () => {
    const run = await simulate({ vus: 2, iterations: 5, warmUp: '1s' }, steadyServer(100))
    expect(run.whole.passed).toBe(20 + 10)
    expect(run.measured.passed).toBe(10)
    expect(run.window).toEqual({ from: 1_000, to: 1_500 })
  })

  test('a number of iterations that takes longer than it may is cut short', async () => {
    const run = await simulate({ vus: 1, iterations: 100, maxDuration: '1s' }, steadyServer(150))
    expect(run.ended.reason).toBe('cut short')
    expect(run.whole).toMatchObject({ started: 7, passed: 7 })
    expect(run.window).toEqual({ from: 0, to: 1_000 })
  })

  test('threads share the users: 5 over 2 threads are 3 and 2', async () => {
    const shape = { vus: 5, iterations: 1, threads: 2 }
    const first = await simulate(shape, steadyServer(1), { share: { index: 0, count: 2 } })
    const second = await simulate(shape, steadyServer(1), { share: { index: 1, count: 2 } })
    expect([first.users, second.users]).toEqual([3, 2])
  })
})

describe('stages', () => {
  test('a rate that climbs, holds and falls: as many iterations as the area under it', async () => {
    const stages = [
      { rate: 100, duration: '2s' },
      { rate: 100, hold: '4s' },
      { rate: 300, duration: '2s' },
      { rate: 50, hold: '2s' },
      { rate: 0, duration: '2s' },
    ]
    const run = await simulate({ stages }, steadyServer(5))
    expect(run.whole).toMatchObject({ due: 100 + 400 + 400 + 100 + 50, dropped: 0 })
    expect(run.measured).toMatchObject({ due: 400 + 400 + 100 })
    expect(run.intervals.map(({ phase, due }) => `${phase} ${due}`)).toEqual([
      ...['ramp-up 25', 'ramp-up 75', 'measured 100', 'measured 100', 'measured 100', 'measured 100'],
      ...['measured 150', 'measured 250', 'measured 50', 'measured 50', 'ramp-down 38', 'ramp-down 12'],
    ])
    expect(run.windows).toEqual(['begins 2000', 'ends 10000'])
  })

  test('users leave, and come back', async () => {
    const stages = [
      { vus: 4, hold: '2s' },
      { vus: 1, hold: '2s' },
      { vus: 0, hold: '1s' },
      { vus: 3, hold: '2s' },
    ]
    const run = await simulate({ stages, warmUp: 0 }, steadyServer(100))
    expect(run.users).toBe(4)
    expect(run.intervals.map(({ started }) => started)).toEqual([40, 40, 10, 10, 0, 30, 30, 0])
    expect(run.ended).toEqual({ reason: 'completed', at: 7_000 })
  })

  test('a spike, which the books survive although most of it finds no user', async () => {
    const stages = [
      { rate: 100, hold: '2s' },
      { rate: 1_000, hold: '1s' },
      { rate: 100, hold: '2s' },
    ]
    const run = await simulate({ stages, warmUp: 0, maxVus: 20 }, steadyServer(100))
    expect(run.whole.due).toBe(200 + 1_000 + 200)
    // 20 users of 100 ms serve 200/s; what waits at the end of the phase is dropped.
    expect(run.whole.dropped).toBeGreaterThan(300)
    expect(run.intervals.map(({ due }) => due).slice(0, 5)).toEqual([100, 100, 1_000, 100, 100])
  })
})

describe('shared iterations', () => {
  test('whoever is free runs the next one, until all are run', async () => {
    // The first user is slow: it runs one while the others run the rest.
    let user = 0
    const run = await simulate({ vus: 3, iterations: 20 }, steadyServer(10), {
      isShared: true,
      makeUser: (clock, recorder) => new FakeUser(steadyServer(user++ === 0 ? 1_000 : 10), clock, recorder),
    })
    expect(run.whole).toEqual({ due: 20, dropped: 0, started: 20, passed: 20, failed: 0, aborted: 0 })
    expect(run.ended).toEqual({ reason: 'completed', at: 1_000 })
  })

  test('those of the warm-up do not count', async () => {
    const run = await simulate({ vus: 2, iterations: 7, warmUp: '1s' }, steadyServer(100), { isShared: true })
    expect(run.whole.passed).toBe(20 + 7)
    expect(run.measured.passed).toBe(7)
  })

  test('fewer iterations than users', async () => {
    const run = await simulate({ vus: 10, iterations: 3 }, steadyServer(100), { isShared: true })
    expect(run.whole.passed).toBe(3)
    expect(run.ended).toEqual({ reason: 'completed', at: 100 })
  })

  test('a user that its pacing holds back does not keep the run from ending', async () => {
    const shape = { vus: 2, iterations: 3, pacing: '10s' }
    const run = await simulate(shape, steadyServer(100), { isShared: true })
    expect(run.whole.passed).toBe(3)
    expect(run.ended.at).toBe(10_100)
  })
})

describe('pacing', () => {
  test('an iteration begins no sooner than that after the one before it', async () => {
    const run = await simulate({ vus: 5, duration: '10s', warmUp: 0, pacing: '1s' }, steadyServer(100))
    expect(run.whole.started).toBe(50)
    expect(run.ended).toEqual({ reason: 'completed', at: 10_000 })
  })

  test('but at once when that one took longer', async () => {
    const run = await simulate({ vus: 5, duration: '10s', warmUp: 0, pacing: '100ms' }, steadyServer(500))
    expect(run.whole.started).toBe(100)
  })

  test('drawn anew each time: as many iterations as its mean says', async () => {
    const pacing = { uniform: ['50ms', '150ms'] }
    const run = await simulate({ vus: 20, duration: '10s', warmUp: 0, pacing }, steadyServer(1))
    expect(run.whole.started / 2_000).toBeCloseTo(1, 1)
    expect(new Set(run.intervals.map(({ started }) => started)).size).toBeGreaterThan(5)
  })
})

describe('think time', () => {
  test('lies between the requests of an iteration, and in no latency', async () => {
    const shape = { vus: 1, duration: '10s', warmUp: 0, thinkTime: '400ms' }
    const run = await simulate(shape, steadyServer(50), { steps: 3 })
    // 3 x 50 ms of service and 2 x 400 ms of thinking.
    expect(run.whole.started).toBe(11)
    expect(run.serviceTime.count).toBe(11)
    expect(run.serviceTime).toMatchObject({ min: closeTo(150), max: closeTo(150) })
    expect(run.responseTime).toMatchObject({ min: closeTo(150), max: closeTo(150) })
    expect(run.intervals[1]).toMatchObject({ mean: closeTo(150) })
    expect(run.steps.map(({ serviceTime }) => serviceTime.max)).toEqual([closeTo(50), closeTo(50), closeTo(50)])
  })

  test('keeps an open model busy with more users, and not with fewer iterations', async () => {
    const shape = { rate: 50, duration: '5s', warmUp: 0, thinkTime: '400ms' }
    const run = await simulate(shape, steadyServer(50), { steps: 3 })
    expect(run.whole.due).toBe(250)
    expect(run.users).toBeGreaterThanOrEqual(47)
    expect(run.responseTime).toMatchObject({ max: closeTo(150) })
  })

  test('is the same for an iteration whatever thread it runs on', async () => {
    const shape = { rate: 50, duration: '4s', warmUp: 0, thinkTime: { uniform: [100, 900] } }
    const thought = async (index: number, count: number) => {
      const times: string[] = []
      await simulate(shape, steadyServer(10), {
        share: { index, count },
        steps: 2,
        makeUser: (clock, recorder, think) => {
          const user = new FakeUser(steadyServer(10), clock, recorder, 2, think)
          const start = user.start.bind(user)
          user.start = (inputs, done) => {
            const begun = Math.round(clock.now())
            start(inputs, ended => {
              times.push(`${begun}: ${user.thought.toFixed(6)}`)
              done(ended)
            })
          }
          return user
        },
      })
      return times
    }
    const alone = await thought(0, 1)
    const shared = [...(await thought(0, 2)), ...(await thought(1, 2))]
    expect(alone).toHaveLength(200)
    expect(new Set(shared)).toEqual(new Set(alone))
  })

  test('an iteration that is let go while its user thinks has kept nobody waiting', async () => {
    const shape = { vus: 2, duration: '1s', warmUp: 0, thinkTime: '10s' }
    const run = await simulate(shape, steadyServer(50), { steps: 2, gracefulStop: 100 })
    expect(run.whole).toMatchObject({ started: 2, aborted: 2 })
    expect(run.responseTime.count).toBe(0)
    expect(run.errors).toEqual([])
  })
})

/** A clock that notes when timers of the run ring. */
function noteRings() {
  const rings: number[] = []
  const clockOf = (clock: VirtualClock): Clock => ({
    now: () => clock.now(),
    after: (delay, callback) =>
      clock.after(delay, () => {
        rings.push(clock.now())
        callback()
      }),
  })
  return { rings, clockOf }
}

describe('the end', () => {
  test('iterations in flight may finish within the graceful stop', async () => {
    const run = await simulate({ rate: 10, duration: '1s', warmUp: 0 }, steadyServer(1_500), { gracefulStop: 2_000 })
    expect(run.whole).toEqual({ due: 10, dropped: 0, started: 10, passed: 10, failed: 0, aborted: 0 })
    expect(run.ended).toEqual({ reason: 'completed', at: 2_400 })
    // Throughput is of the window: nothing was answered in it.
    expect(run.throughput).toEqual({ requests: 0, iterations: 0 })
    expect(run.responseTime.count).toBe(10)
  })

  test('leaves no timer behind, which would keep its thread', async () => {
    const { rings, clockOf } = noteRings()
    const shape = { rate: 10, duration: '1s', warmUp: 0 }
    const run = await simulate(shape, steadyServer(1_550), { clockOf, gracefulStop: 2_000 })
    expect(run.ended.at).toBe(2_450)
    expect(rings.length).toBeGreaterThan(10)
    // The run starts at 1,024 ms.
    expect(Math.max(...rings)).toBeLessThan(1_024 + 2_450)
  })

  test('nor does one that ends by a fault', async () => {
    const { rings, clockOf } = noteRings()
    const faulty = simulate({ vus: 1, duration: '1s', warmUp: 0 }, steadyServer(10), {
      clockOf,
      makeUser(clock, recorder) {
        const user = new FakeUser(steadyServer(10), clock, recorder)
        const start = user.start.bind(user)
        user.start = (...given) => {
          if (clock.now() > 1_040) throw new Error('The third iteration is at fault.')
          start(...given)
        }
        return user
      },
    })
    await expect(faulty).rejects.toThrow('The third iteration is at fault.')
    expect(Math.max(...rings)).toBeLessThan(1_060)
  })

  test('and are aborted after it; the time they had waited counts, since leaving it out would flatter', async () => {
    const run = await simulate({ rate: 10, duration: '1s', warmUp: 0 }, steadyServer(1_000), { gracefulStop: 200 })
    // Due at 0 and 100 they are answered at 1,000 and 1,100; at 200 exactly when the grace is over.
    expect(run.whole).toMatchObject({ due: 10, started: 10, failed: 0 })
    expect(run.whole.aborted).toBeGreaterThanOrEqual(7)
    expect(run.ended).toEqual({ reason: 'completed', at: 1_200 })
    expect(run.responseTime.count).toBe(10)
    expect(run.responseTime.min).toBeCloseTo(300, 0)
    expect(run.errors).toEqual([
      expect.objectContaining({ step: 'step1', kind: 'aborted', count: run.whole.aborted, message: 'let go' }),
    ])
  })

  test('a run that is cancelled stops within a second, whatever is in flight', async () => {
    const run = await simulate({ rate: 10, duration: '60s', warmUp: '1s' }, steadyServer(5_000), { stopAt: 10_042 })
    expect(run.ended.reason).toBe('cut short')
    expect(run.ended.at).toBeLessThanOrEqual(10_042 + 100 + 500)
    expect(run.window).toEqual({ from: 1_000, to: 10_100 })
    expect(run.whole).toMatchObject({ due: 101, dropped: 0, started: 101 })
    expect(run.whole.aborted).toBeGreaterThan(0)
    // Nobody waited for those: they are in the ledger, not in the latencies.
    expect(run.responseTime.count).toBe(run.measured.passed)
    expect(run.errors).toEqual([])
  })

  test('cancelled in the warm-up, nothing was measured', async () => {
    const run = await simulate({ vus: 2, duration: '10s', warmUp: '2s' }, steadyServer(10), { stopAt: 500 })
    expect(run.window).toEqual({ from: 2_000, to: 2_000 })
    expect(run.windows).toEqual([])
    expect(run.measured.due).toBe(0)
    expect(run.whole.passed).toBe(run.whole.started)
  })

  test('cancelled before it began, it does nothing', async () => {
    const run = await simulate({ vus: 2, duration: '10s' }, steadyServer(10), { stopAt: -5 })
    expect(run.whole.due).toBe(0)
    expect(run.ended.reason).toBe('cut short')
  })

  test('cancelled while it waits for users, what waits is dropped', async () => {
    const hanging: FakeServer = { answer: () => ({ after: 100_000 }) }
    const run = await simulate({ rate: 100, duration: '10s', warmUp: 0, maxVus: 5 }, hanging, { stopAt: 1_000 })
    expect(run.whole).toEqual({ due: 100, dropped: 95, started: 5, passed: 0, failed: 0, aborted: 5 })
  })

  test('cancelled while it drains, it drains no longer than half a second more', async () => {
    const hanging: FakeServer = { answer: () => ({ after: 100_000 }) }
    const shape = { vus: 3, duration: '1s', warmUp: 0 }
    const run = await simulate(shape, hanging, { stopAt: 2_000, gracefulStop: 30_000 })
    expect(run.ended.reason).toBe('cut short')
    expect(run.ended.at).toBeLessThanOrEqual(2_600)
    expect(run.whole).toMatchObject({ started: 3, aborted: 3 })
  })
})

describe('users that end at once', () => {
  test('neither starve the clock nor grow the stack', async () => {
    // A workflow whose request cannot be built: it ends in the next turn, without any time passing but 10 us of work.
    const run = await simulate({ vus: 3, duration: '1s', warmUp: 0 }, steadyServer(0.01))
    expect(run.ended.at).toBeCloseTo(1_000, 0)
    expect(run.whole.passed).toBeGreaterThan(200_000)
  })

  test('a user that does not say that it was aborted is an error, not a hang', async () => {
    const hanging: FakeServer = { answer: () => ({ after: 100_000 }) }
    const mute = simulate({ vus: 1, duration: '1s', warmUp: 0 }, hanging, {
      makeUser(clock, recorder) {
        const user = new FakeUser(hanging, clock, recorder)
        user.expire = () => {}
        return user
      },
    })
    await expect(mute).rejects.toThrowErrorMatchingInlineSnapshot(
      `[Error: Failed to end the run: 1 iterations did not end 1000 ms after they were aborted. This is a fault of the load engine: please report it.]`,
    )
  })
})

test('a second of a run against a server with a queue: its knee shows in the intervals', async () => {
  // Two workers of 10 ms serve 200/s. At 300/s the queue grows by 100 a second.
  const run = await simulate({ rate: 300, duration: '3s', warmUp: 0 }, queueingServer(2, 10))
  expect(run.intervals.slice(0, 3).map(({ due, passed, inFlight }) => ({ due, passed, inFlight }))).toEqual([
    { due: 300, passed: expect.closeTo(200, -1), inFlight: expect.closeTo(100, -1) },
    { due: 300, passed: 200, inFlight: expect.closeTo(200, -1) },
    { due: 300, passed: 200, inFlight: expect.closeTo(300, -1) },
  ])
  expect(run.throughput.iterations / 3).toBeCloseTo(200, -1)
})
