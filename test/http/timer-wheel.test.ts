import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { Timed, TimerWheel } from '../../src/http/timer-wheel.ts'

class Alarm extends Timed {
  expired: number[] = []
  readonly #then: ((now: number) => void) | undefined
  constructor(then?: (now: number) => void) {
    super()
    this.#then = then
  }
  onExpired(now: number) {
    this.expired.push(now)
    this.#then?.(now)
  }
}

const wheels: TimerWheel[] = []
afterEach(() => {
  for (const wheel of wheels.splice(0)) wheel.stop()
})

/** A wheel turned by hand. */
function virtual(tick = 20, start = 1_000) {
  const time = { now: start }
  const wheel = new TimerWheel(tick, () => time.now)
  wheels.push(wheel)
  const goTo = (at: number, step = tick) => {
    while (time.now < at) {
      time.now = Math.min(at, time.now + step)
      wheel.turn()
    }
  }
  return { wheel, time, goTo }
}

test('expires at the first turn after the deadline', () => {
  const { wheel, goTo } = virtual()
  const alarm = new Alarm()
  wheel.add(alarm, 1_105)
  goTo(1_100)
  expect(alarm.expired).toEqual([])
  goTo(2_000)
  expect(alarm.expired).toEqual([1_120])
  expect(wheel.size).toBe(0)
})

test('what is removed does not expire; removing twice does nothing', () => {
  const { wheel, goTo } = virtual()
  const [a, b, c] = [new Alarm(), new Alarm(), new Alarm()]
  for (const alarm of [a, b, c]) wheel.add(alarm, 1_050)
  wheel.remove(b)
  wheel.remove(b)
  expect(wheel.size).toBe(2)
  goTo(1_200)
  expect([a, b, c].map(alarm => alarm.expired)).toEqual([[1_060], [], [1_060]])
})

test('an expiry may remove its neighbours, and set itself again', () => {
  const { wheel, goTo } = virtual()
  const neighbour = new Alarm()
  const alarm: Alarm = new Alarm(now => {
    wheel.remove(neighbour)
    if (alarm.expired.length < 3) wheel.add(alarm, now + 100)
  })
  wheel.add(alarm, 1_040)
  wheel.add(neighbour, 1_040)
  goTo(3_000)
  expect(alarm.expired).toEqual([1_040, 1_140, 1_240])
  expect(neighbour.expired).toEqual([])
})

test('a deadline in the past expires at the next turn', () => {
  const { wheel, goTo } = virtual()
  const alarm = new Alarm()
  wheel.add(alarm, 500)
  goTo(1_020)
  expect(alarm.expired).toEqual([1_020])
})

test('after a pause longer than a round, everything due expires, and nothing else', () => {
  const { wheel, time } = virtual()
  const due = [1_010, 5_000, 60_000, 99_999].map(deadline => {
    const alarm = new Alarm()
    wheel.add(alarm, deadline)
    return alarm
  })
  const later = new Alarm()
  wheel.add(later, 100_041)
  time.now = 100_000
  wheel.turn()
  expect(due.map(alarm => alarm.expired)).toEqual([[100_000], [100_000], [100_000], [100_000]])
  expect(later.expired).toEqual([])
})

test('never early, less than two ticks late, each once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 40_000, noNaN: true }), { maxLength: 50 }),
      fc.double({ min: 0, max: 10_000, noNaN: true }),
      (delays, start) => {
        const { wheel, goTo } = virtual(20, start)
        const alarms = delays.map(delay => {
          const alarm = new Alarm()
          wheel.add(alarm, start + delay)
          return alarm
        })
        goTo(start + 40_100)
        wheel.stop()
        return alarms.every(({ expired, deadline }) => {
          const [at = -1] = expired
          return expired.length === 1 && at >= deadline && at < deadline + 40
        })
      },
    ),
    { numRuns: 50 },
  )
})

test('turns by itself, out of reach of fake timers', async () => {
  vi.useFakeTimers()
  try {
    const wheel = new TimerWheel(5)
    wheels.push(wheel)
    await new Promise<void>(resolve => wheel.add(new Alarm(() => resolve()), 0))
  } finally {
    vi.useRealTimers()
  }
})
