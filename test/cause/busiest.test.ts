import { describe, expect, test } from 'vitest'
import { causeOfMiss, type LoadProfile } from '../../src/cause/busiest.ts'
import type { Turn } from '../../src/cause/profile.ts'
import type { ProfileNode } from '../../src/cause/profiler/protocol.ts'
import type { Budget } from '../../src/measure/report.ts'

const frame = (functionName: string): ProfileNode => ({
  id: 1,
  callFrame: { functionName, url: `file:///app/src/${functionName}.js`, lineNumber: 2, columnNumber: 0 },
})

const hash = frame('hash')
const list = frame('list')

/** Turns of one function, each so long. */
const turns = (count: number, length: number, of = list): Turn[] =>
  Array.from({ length: count }, () => ({ length, stacks: [{ frames: [of], time: length * 1_000 }] }))

const second = (...threads: Turn[][]): LoadProfile => ({
  threads,
  window: 1_000,
  requests: { all: 100, own: 100 },
  cost: undefined,
  checkout: '/app',
  serviceTime: 10,
})

const percentile = (quantile: number) => ({ metric: 'percentile', quantile, unit: 'milliseconds' }) as Budget
const rate = { metric: 'rps', unit: 'per second' } as Budget
const cpu = { metric: 'cpuPerRequest', unit: 'milliseconds' } as Budget

/** What is found: names with shares and times, or the kind. */
function found(profile: LoadProfile, budget: Budget, value: number) {
  const cause = causeOfMiss(profile, budget, value)
  if (cause.kind !== 'busy') return cause.kind
  return cause.functions.map(one => [one.function.name, one.share, one.time])
}

describe('a missed latency', () => {
  test('has the functions of long turns, not those of short ones, if enough requests meet them', () => {
    const profile = second([...turns(98, 4), ...turns(2, 200, hash)])
    expect(found(profile, percentile(0.99), 210)).toEqual([['hash', 1, 4]])
    expect(causeOfMiss(profile, percentile(0.99), 210)).toMatchObject({ stretch: 70, busy: 0.792 })
  })

  test.each<[string, LoadProfile, number, number]>([
    ['the loop is idle', second(turns(100, 1)), 0.99, 200],
    ['the loop is busy in turns that are too short', second(turns(90, 10)), 0.99, 500],
    ['one long turn is too rare for the median', second([...turns(50, 1), ...turns(1, 200, hash)]), 0.5, 210],
  ])('is a wait if %s', (_, profile, quantile, value) => {
    expect(found(profile, percentile(quantile), value)).toBe('waited')
  })

  test('is not that of the loop if the long turn is in one of many threads that share the requests', () => {
    const others = Array.from({ length: 20 }, () => turns(100, 1))
    const profile = {
      ...second([...turns(100, 1), ...turns(1, 40, hash)], ...others),
      requests: { all: 9_999, own: 9_999 },
    }
    expect(found(profile, percentile(0.99), 70)).toBe('waited')
    expect(found({ ...profile, threads: profile.threads.slice(0, 1) }, percentile(0.99), 70)).toEqual([
      ['hash', 1, 40 / 9_999],
    ])
  })
})

test('a wait names the service that a request waits for, if that is much of its time', () => {
  const to = (waited: number) => ({
    requests: 100,
    to: { '127.0.0.1:5432': { count: 200, waited }, other: { count: 1, waited: 1 } },
  })
  const rate = { metric: 'rps', unit: 'per second' } as Budget
  const causeWith = (waited: number) => causeOfMiss({ ...second(turns(5, 3)), trips: to(waited) }, rate, 50)
  expect(causeWith(780)).toMatchObject({
    kind: 'waited',
    service: { to: '127.0.0.1:5432', trips: 2, waited: 7.8, share: expect.closeTo(0.78) },
  })
  expect(causeWith(200)).not.toHaveProperty('service')
})

test('a missed rate is a wait if the busiest thread was idle for most of the time', () => {
  expect(found(second(turns(100, 9)), rate, 50)).toEqual([['list', 1, 9]])
  expect(found(second(turns(100, 3)), rate, 50)).toBe('waited')
})

test('CPU time is that of the meter, and what threads of JavaScript do not have is no function', () => {
  expect(found({ ...second(turns(100, 8)), cost: 4 }, cpu, 4)).toEqual([['list', 1, 4]])
  const cause = causeOfMiss({ ...second(turns(100, 1)), cost: 10 }, cpu, 10)
  expect(cause).toMatchObject({ kind: 'not found', reason: expect.stringContaining('10 % of the CPU time') })
})

test('names three functions at most, the largest first, and none if there was no busy time', () => {
  const names = ['a', 'b', 'c', 'd'].map((name, i) => turns(100, i + 1, frame(name)))
  expect(found(second(names.flat()), cpu, 9)).toEqual([
    ['d', 0.4, 4],
    ['c', 0.3, 3],
    ['b', 0.2, 2],
  ])
  expect(found(second([]), cpu, 9)).toBe('not found')
})
