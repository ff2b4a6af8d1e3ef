import { describe, expect, test } from 'vitest'
import type { Progress } from '../../src/load/options.ts'
import { renderProgressLine, renderProgressRow } from '../../src/report/progress.ts'
import { widthOf } from '../../src/report/text.ts'

function progress({
  last,
  ...over
}: Omit<Partial<Progress>, 'last'> & { last?: Partial<Progress['last']> } = {}): Progress {
  return {
    elapsed: 5010,
    total: 6000,
    done: 5010 / 6000,
    phase: 'measured',
    passed: 491,
    failed: 0,
    requests: 61_975,
    ...over,
    last: {
      start: 4000,
      length: 1000,
      phase: 'measured',
      due: 98,
      started: 98,
      dropped: 0,
      passed: 98,
      failed: 0,
      requests: 12_395,
      errors: 0,
      inFlight: 2,
      p50: 2.1,
      p99: 4.51,
      mean: 2.42,
      ...last,
    },
  }
}

describe('the live row', () => {
  test('shows time, rate, latency and errors', () => {
    expect(renderProgressRow(progress(), 'checkout', 100)).toBe(
      ' ⚡ checkout  [█████████████████░░░] 5/6 s  12395 req/s  p99 4.51 ms  errors 0',
    )
  })

  test('names the phase while nothing is measured', () => {
    const warming = progress({
      elapsed: 400,
      done: 0.07,
      phase: 'warm-up',
      failed: 3,
      last: { length: 400, requests: 40 },
    })
    expect(renderProgressRow(warming, 'checkout', 100)).toBe(
      ' ⚡ checkout  [█░░░░░░░░░░░░░░░░░░░] 0/6 s warm-up  100 req/s  p99 4.51 ms  errors 3',
    )
  })

  test('of a number of iterations shows the share that is done', () => {
    expect(renderProgressRow(progress({ total: undefined, done: 0.456 }), 'checkout', 100)).toContain(
      '[█████████░░░░░░░░░░░] 45 %  12395 req/s',
    )
  })

  test('has no latency where no iteration ended', () => {
    expect(renderProgressRow(progress({ last: { passed: 0, p99: 0 } }), 'checkout', 100)).toContain('p99 -')
  })

  test('stays within its plan: late draining is not 7/6 s', () => {
    expect(renderProgressRow(progress({ elapsed: 7400, done: 1.2 }), 'checkout', 100)).toContain(
      '[████████████████████] 6/6 s',
    )
  })

  test.each([100, 78, 70, 60, 50, 40, 30, 20, 10])('fits into %d columns', width => {
    expect(widthOf(renderProgressRow(progress(), 'checkout at peak', width))).toBeLessThanOrEqual(width)
  })

  test('gives up the bar first, then figures from the right, then the name', () => {
    const rows = [72, 60, 44, 30, 14].map(width => renderProgressRow(progress(), 'checkout', width))
    expect(rows.join('\n')).toMatchInlineSnapshot(`
      " ⚡ checkout  [████████████░░] 5/6 s  12395 req/s  p99 4.51 ms  errors 0
       ⚡ checkout  [██████████░░] 5/6 s  12395 req/s  p99 4.51 ms
       ⚡ checkout  [████████░] 5/6 s  12395 req/s
       ⚡ checkout  [███████░] 5/6 s
       ⚡ checkout …"
    `)
  })
})

describe('the line for logs', () => {
  test('has a field a fact', () => {
    const slow = progress({ last: { requests: 98, mean: 120, p99: 310 } })
    expect(renderProgressLine(slow, 'checkout')).toBe(
      'checkout | Time: 5s | RPS: 98 | Success: 491 | Failed: 0 | Avg: 120ms | P99: 310ms',
    )
  })

  test('has the phase, and the application where it is measured', () => {
    const warming = progress({
      elapsed: 125_000,
      phase: 'ramp-up',
      last: { length: 980, requests: 96, target: { memory: 181_000_000, cpu: 0.614 } },
    })
    expect(renderProgressLine(warming, 'checkout')).toBe(
      'checkout | Time: 125s | Phase: ramp-up | RPS: 98 | Success: 491 | Failed: 0 | Avg: 2.42ms | P99: 4.51ms | Memory: 181MB | CPU: 61.4%',
    )
  })

  test('has no latency where no iteration ended', () => {
    expect(renderProgressLine(progress({ last: { passed: 0 } }), 'checkout')).toContain('Avg: - | P99: -')
  })
})
