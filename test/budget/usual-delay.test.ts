import { expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { LatencyRecorder } from '../../src/measure/histogram.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { aReport, aThread, someProcesses } from '../builders/report.ts'
import { randomOf } from '../simulate/random.ts'

interface Seen {
  /** The shortest response. */
  least: number
  /** How late the thread was at half of all moments. */
  late: number
  cpu?: number
  stalls?: number
}

/** Responses of which the generator may have made everything, by what each of them tells alone. */
function verdictOn({ least, late, cpu = 0.19, stalls = 350 }: Seen, bound: number) {
  const random = randomOf(3)
  const recorder = new LatencyRecorder()
  for (let i = 0; i < 2_800; i++) {
    const latency = least + 100 * random() ** 4
    recorder.record(latency, latency)
  }
  const thread = {
    ...aThread(),
    delay: { p50: late, p99: 900, longest: 1_200 },
    stalls: { count: stalls, time: 5_000, longest: 1_200 },
  }
  const step = { requests: recorder.count, errors: 0, serviceTime: recorder.summary() }
  const report: LoadReport = {
    ...aReport(),
    measured: 5_000,
    model: 'open',
    steps: { get: step },
    target: { ...someProcesses(), cpu },
  }
  report.generator = { ...report.generator, threads: [thread] }
  const { budgets } = readBudgets({ steps: { get: { p95: bound } } }, { steps: ['get'], target: false })
  return judge(report, budgets)[0]!.verdict
}

test('500 ms in each of thousands of requests are not the delay of a generator that is 40 ms late at most moments', () => {
  expect(verdictOn({ least: 499, late: 40 }, 50)).toBe('fail')
  expect(verdictOn({ least: 499, late: 40 }, 350)).toBe('fail')
  expect(verdictOn({ least: 499, late: 40 }, 480)).toBe('inconclusive')
  expect(verdictOn({ least: 499, late: 40 }, 700)).toBe('pass')
})

test.each([
  ['one that is late by as much at half of all moments', { least: 499, late: 300 }],
  ['one that was seen to be late a few times', { least: 499, late: 40, stalls: 5 }],
  ['what was sent in a lump to an application that is busy', { least: 499, late: 40, cpu: 0.7 }],
])('but they may be that of %s', (_, seen) => {
  expect(verdictOn(seen, 50)).toBe('inconclusive')
})

test('a response that was below the bound leaves it open', () => {
  expect(verdictOn({ least: 45, late: 0 }, 50)).toBe('inconclusive')
  expect(verdictOn({ least: 55, late: 0 }, 50)).toBe('fail')
})
