import { expect, test } from 'vitest'
import type { BoardedLoad } from '../../../plugin/coordinator/load-board.ts'
import { ProgressLog } from '../../../plugin/reporter/progress-log.ts'

/** A log whose time is what the test says. */
function logAt() {
  const lines: string[] = []
  const clock = { now: 0 }
  const log = new ProgressLog(
    line => lines.push(line.split(' | ')[0]!),
    10_000,
    () => clock.now,
  )
  const running = (name: string): BoardedLoad => {
    const last = { start: 0, length: 1000, phase: 'measured' as const, requests: 50, passed: 50, failed: 0 }
    const rest = { due: 50, started: 50, dropped: 0, errors: 0, inFlight: 1, p50: 1, p95: 2, p99: 2, mean: 1 }
    const progress = { elapsed: clock.now, done: 0.5, phase: 'measured' as const, last: { ...last, ...rest } }
    return { name, file: '/a.test.ts', state: 'running', progress: { ...progress, passed: 1, failed: 0, requests: 1 } }
  }
  return {
    lines,
    at: (time: number, load: (name: string) => BoardedLoad, name: string) => {
      clock.now = time
      log.update(load(name))
      return lines
    },
    running,
    comparing: (name: string): BoardedLoad => ({
      ...{ name, file: '/a.test.ts', state: 'running' },
      standing: 'against base  2 pairs  12/90 s  p99 +1.2 %',
    }),
    waiting: (name: string): BoardedLoad => ({ name, file: '/a.test.ts', state: 'waiting' }),
    starting: (name: string): BoardedLoad => ({ name, file: '/a.test.ts', state: 'running' }),
  }
}

test('nothing before ten seconds, and then a line every ten', () => {
  const { at, starting, running, lines } = logAt()
  at(0, starting, 'peak')
  for (let second = 1; second <= 31; second++) at(second * 1000, running, 'peak')
  expect(lines).toEqual(['peak', 'Time: 10s', 'Time: 20s', 'Time: 30s'])
})

test('the time spent waiting does not count', () => {
  const { at, waiting, starting, running } = logAt()
  at(0, waiting, 'peak')
  at(60_000, starting, 'peak')
  expect(at(61_000, running, 'peak')).toEqual([])
  expect(at(70_000, running, 'peak')).toEqual(['peak', 'Time: 70s'])
})

test('a comparison says how it stands', () => {
  const { at, starting, comparing } = logAt()
  at(0, starting, 'peak')
  expect(at(9_000, comparing, 'peak')).toEqual([])
  expect(at(12_000, comparing, 'peak')).toEqual(['peak', 'against base  2 pairs  12/90 s  p99 +1.2 %'])
})

test('each load has its own ten seconds, and begins anew when it is run again', () => {
  const { at, starting, running } = logAt()
  at(0, starting, 'one')
  at(5000, starting, 'two')
  expect(at(10_000, running, 'two')).toEqual([])
  expect(at(10_000, running, 'one')).toEqual(['one', 'Time: 10s'])
  at(100_000, starting, 'one')
  expect(at(101_000, running, 'one')).toEqual(['one', 'Time: 10s'])
  expect(at(110_000, running, 'one')).toEqual(['one', 'Time: 10s', 'one', 'Time: 110s'])
})
