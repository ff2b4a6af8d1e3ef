import { expect, test } from 'vitest'
import { watchStuck } from '../../src/load/run/stuck-watch.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import type { Clock } from '../../src/measure/clock.ts'
import { VirtualClock } from '../../src/measure/clock.ts'

function watched() {
  const clock = new VirtualClock()
  const sleep = { for: 0 }
  const sleepy: Clock = { now: () => clock.now() + sleep.for, after: (delay, then) => clock.after(delay, then) }
  const ledgers = [new Ledger(), new Ledger()]
  const ended: [thread: number, at: number, cause: string][] = []
  const end = (thread: number, cause: string) => void ended.push([thread, clock.now(), cause])
  const watch = watchStuck({ clock: sleepy, ledgers, stepKeys: ['list', 'get'], end })
  return { clock, sleep, ledgers, ended, watch }
}

test('a thread whose event loop does not turn before the load is ended, one that is slow is not', () => {
  const { clock, ledgers, ended, watch } = watched()
  const beat = () => {
    ledgers[0]!.beat()
    if (clock.now() < 300_000) clock.after(10_000, beat)
  }
  beat()
  clock.run(200_000)
  expect(ended).toEqual([
    [1, 30_000, expect.stringMatching(/^it had been stuck for 30 s before the load began\. Look/)],
  ])
  watch.stop()
})

test('threads that have not ended some time after the plan are ended, with the step they were at', () => {
  const { clock, ledgers, ended, watch } = watched()
  watch.begin(60_000)
  ledgers[1]!.at(1)
  clock.run(64_000)
  expect(ended).toEqual([])
  watch.leave(0)
  clock.run(100_000)
  expect(ended).toEqual([
    [
      1,
      65_000,
      expect.stringContaining('5 s after the plan and the time for iterations in flight, and was last at step "get"'),
    ],
  ])
})

test('who hears late that inputs failed, when the run is over, waits for nothing', () => {
  const { clock, ended, watch } = watched()
  watch.begin(1_000)
  clock.run(1_000)
  watch.stop()
  watch.hurry()
  clock.run()
  expect(ended).toEqual([])
})

test('a run that is stopped does not wait for the end of its plan', () => {
  const { clock, ended, watch } = watched()
  watch.begin(3_600_000)
  clock.run(1_000)
  watch.hurry()
  clock.run(5_000)
  expect(ended).toEqual([])
  clock.run(10_000)
  expect(ended.map(([thread, at]) => [thread, at])).toEqual([
    [0, 6_500],
    [1, 6_500],
  ])
})

test('while the whole process was stopped, or its machine slept, no thread was stuck', () => {
  const { clock, sleep, ended, watch } = watched()
  clock.run(20_000)
  sleep.for += 600_000
  clock.run(25_000)
  expect(ended).toEqual([])
  watch.begin(60_000)
  clock.run(60_000)
  sleep.for += 600_000
  clock.run(80_000)
  expect(ended).toEqual([])
  clock.run(100_000)
  expect(ended.map(([thread, at]) => [thread, at])).toEqual([
    [0, expect.closeTo(89_000, -4)],
    [1, expect.closeTo(89_000, -4)],
  ])
})
