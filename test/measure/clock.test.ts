import { createHook } from 'node:async_hooks'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Alarm, alarmOf, realClock, VirtualClock } from '../../src/measure/clock.ts'

test('an alarm rings once after it was set, and again when it is set as it rings', async () => {
  const rings: number[] = []
  const alarm: Alarm = alarmOf(realClock, () => {
    rings.push(performance.now())
    if (rings.length < 5) alarm.set(rings.length === 3 ? 20.7 : 2.3)
  })
  const start = performance.now()
  alarm.set(2.3)
  while (rings.length < 5) await setTimeout(5)
  await setTimeout(30)
  expect(rings).toHaveLength(5)
  const gaps = rings.map((at, i) => at - (rings[i - 1] ?? start))
  // Timers count from when the loop last looked at the clock.
  for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThan(i === 3 ? 18 : 0.5)
})

test('an alarm that is set anew rings by the last time only, and one that is cleared does not', async () => {
  let rung = 0
  const alarm = alarmOf(realClock, () => rung++)
  alarm.set(1)
  alarm.set(40)
  await setTimeout(15)
  expect(rung).toBe(0)
  await setTimeout(60)
  expect(rung).toBe(1)
  alarm.set(5)
  alarm.clear()
  await setTimeout(30)
  expect(rung).toBe(1)
  alarm.set(1)
  await setTimeout(30)
  expect(rung).toBe(2)
})

test('an alarm that was cleared as it rang rings when it is set again, then or later', async () => {
  let rung = 0
  const alarm: Alarm = alarmOf(realClock, () => {
    if (++rung > 1) return
    alarm.set(1)
    alarm.clear()
    alarm.set(1)
  })
  alarm.set(1)
  await setTimeout(40)
  expect(rung).toBe(2)
})

test('an alarm that is set by the same milliseconds again and again is one timer', async () => {
  let made = 0
  const hook = createHook({
    init(_id, type) {
      if (type === 'Timeout') made++
    },
  })
  let rung = 0
  const alarm: Alarm = alarmOf(realClock, () => {
    if (++rung < 30) alarm.set(1 + rung / 100)
  })
  hook.enable()
  alarm.set(1)
  while (rung < 30) await setImmediate()
  hook.disable()
  // Others may have made some, too.
  expect(made).toBeLessThan(15)
})

test('an alarm keeps its process alive, set as it rang or later', async () => {
  const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  let rung = 0
  const alarm: Alarm = alarmOf(realClock, () => {
    if (++rung < 3) alarm.set(20)
  })
  const ofAlarm = () => {
    const set = timers()
    alarm.clear()
    return set - timers()
  }
  alarm.set(20)
  while (rung < 2) await setTimeout(5)
  expect(ofAlarm()).toBe(1)
  alarm.set(20)
  while (rung < 3) await setTimeout(5)
  expect(ofAlarm()).toBe(0)
  rung = 3
  alarm.set(20)
  while (rung < 4) await setTimeout(5)
  alarm.set(20)
  expect(ofAlarm()).toBe(1)
})

test('a clock without alarms of its own makes them of timers', () => {
  const clock = new VirtualClock()
  const rings: number[] = []
  const alarm: Alarm = alarmOf(clock, () => {
    rings.push(clock.now())
    if (rings.length < 3) alarm.set(5)
  })
  alarm.set(100)
  alarm.set(10)
  clock.run()
  expect(rings).toEqual([10, 15, 20])
  alarm.set(5)
  alarm.clear()
  clock.run()
  expect(rings).toHaveLength(3)
})

test('a time that no timer can wait for is not over at once', async () => {
  const rung: string[] = []
  const callOff = realClock.after(1e12, () => rung.push('timer'))
  const alarm = alarmOf(realClock, () => rung.push('alarm'))
  alarm.set(1e12)
  await setTimeout(50)
  callOff()
  alarm.clear()
  expect(rung).toEqual([])
})
