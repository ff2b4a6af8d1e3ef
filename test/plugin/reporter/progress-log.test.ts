import { expect, test } from 'vitest'
import type { BoardedLoad } from '../../../plugin/coordinator/protocol.ts'
import { ProgressLog } from '../../../plugin/reporter/shown.ts'

/** A log of which the first part of each line is kept. */
function aLog() {
  const lines: string[] = []
  const log = new ProgressLog(line => lines.push(line.split(' | ')[0]!))
  const boarded = (name: string, state: BoardedLoad['state']): BoardedLoad => ({ name, file: '/a.test.ts', state })
  return {
    lines,
    waiting: (name: string) => log.update(boarded(name, 'waiting')),
    starting: (name: string) => log.update(boarded(name, 'running')),
    running: (name: string, elapsed: number) => {
      const last = { start: 0, length: 1000, phase: 'measured' as const, requests: 50, passed: 50, failed: 0 }
      const rest = { due: 50, started: 50, dropped: 0, errors: 0, inFlight: 1, p50: 1, p95: 2, p99: 2, mean: 1 }
      const progress = { elapsed, total: 60_000, done: 0.5, phase: 'measured' as const, last: { ...last, ...rest } }
      log.update({ ...boarded(name, 'running'), progress: { ...progress, passed: 1, failed: 0, requests: 1 } })
    },
    comparing: (name: string, elapsed: number) => {
      const words = 'against base  2 pairs  12/90 s  p99 +1.2 %'
      log.update({ ...boarded(name, 'running'), standing: { elapsed, words } })
    },
    beforeIt: (name: string, standing: BoardedLoad['standing'] & object) =>
      log.update({ ...boarded(name, 'running'), standing }),
  }
}

const told = (time: string) => [
  `${time.replace('s', '')}/60 s  50 req/s`,
  '  iterations: failed 0  mean 1 ms  p50 1 ms  p95 2 ms  p99 2 ms  VUs 1',
]

test('nothing before ten seconds, and then lines every ten', () => {
  const { lines, starting, running } = aLog()
  starting('peak')
  for (let second = 1; second <= 31; second++) running('peak', second * 1000)
  expect(lines).toEqual(['peak', ...told('10s'), ...told('20s'), ...told('30s')])
})

test('the time spent waiting does not count', () => {
  const { lines, waiting, starting, running } = aLog()
  waiting('peak')
  starting('peak')
  running('peak', 1000)
  expect(lines).toEqual([])
  running('peak', 10_000)
  expect(lines).toEqual(['peak', ...told('10s')])
})

test('a comparison says how it stands', () => {
  const { lines, starting, comparing } = aLog()
  starting('peak')
  comparing('peak', 9_000)
  expect(lines).toEqual([])
  comparing('peak', 12_000)
  expect(lines).toEqual(['peak', 'against base  2 pairs  12/90 s  p99 +1.2 %'])
})

test('what a load waits for before it begins is said at once, and once', () => {
  const { lines, starting, beforeIt, running } = aLog()
  starting('peak')
  const nats = { elapsed: 0, words: 'waits for NATS', isNews: true }
  for (const standing of [nats, nats, { ...nats, words: 'waits for agents' }]) beforeIt('peak', standing)
  expect(lines.splice(0)).toEqual(['peak waits for NATS', 'peak waits for agents'])
  running('peak', 10_000)
  expect(lines).toEqual(['peak', ...told('10s')])
})

test('each load has its own ten seconds, and begins anew when it is run again', () => {
  const { lines, starting, running } = aLog()
  starting('one')
  starting('two')
  running('two', 5_000)
  running('one', 10_000)
  expect(lines.splice(0)).toEqual(['one', ...told('10s')])
  starting('one')
  running('one', 1_000)
  expect(lines).toEqual([])
  running('one', 10_000)
  expect(lines).toEqual(['one', ...told('10s')])
})
