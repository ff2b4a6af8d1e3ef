import { describe, expect, test } from 'vitest'
import type { Progress } from '../../src/load/plan/options.ts'
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
      p95: 3.9,
      p99: 4.51,
      mean: 2.42,
      ...last,
    },
  }
}

const checkout = (over: Parameters<typeof progress>[0], width = 120) =>
  renderProgressRow(progress(over), 'checkout', width)

describe('the live row', () => {
  test('shows time, rate, latency, errors and virtual users', () => {
    expect(checkout({})).toBe(
      ' ⚡ checkout  [█████████████████░░░] 5/6 s  12,395 req/s  p50 2.1 ms  p99 4.51 ms  failed iterations 0  VUs 2',
    )
  })

  test('shows the rate that was asked for, and what the application uses', () => {
    const target = { memory: 181_000_000, cpu: 0.614 }
    expect(checkout({ wanted: 12_500, last: { target } }, 140)).toBe(
      ' ⚡ checkout  [█████████████████░░░] 5/6 s  12,395/12,500 req/s  p50 2.1 ms  p99 4.51 ms  failed iterations 0  VUs 2  CPU 61.4 %  181 MB',
    )
  })

  test('names the phase while nothing is measured', () => {
    const last = { length: 400, requests: 40 }
    expect(checkout({ elapsed: 400, done: 0.07, phase: 'warm-up', failed: 3, last })).toBe(
      ' ⚡ checkout  [█░░░░░░░░░░░░░░░░░░░] 0/6 s warm-up  100 req/s  p50 2.1 ms  p99 4.51 ms  failed iterations 3  VUs 2',
    )
  })

  test('of a number of iterations shows the share that is done', () => {
    expect(checkout({ total: undefined, done: 0.456 })).toContain('[█████████░░░░░░░░░░░] 45 %  12,395 req/s')
  })

  test('has no latency where no iteration ended', () => {
    expect(checkout({ last: { passed: 0, p50: 0, p99: 0 } })).toContain('p50 -  p99 -')
  })

  test('stays within its plan: late draining is not 7/6 s', () => {
    expect(checkout({ elapsed: 7400, done: 1.2 })).toContain('[████████████████████] 6/6 s')
  })

  test.each([140, 100, 78, 70, 60, 50, 40, 30, 20, 10])('fits into %d columns', width => {
    const row = renderProgressRow(
      progress({ wanted: 12_500, last: { target: { memory: 1, cpu: 1 } } }),
      'checkout at peak',
      width,
    )
    expect(widthOf(row)).toBeLessThanOrEqual(width)
  })

  test('gives up the bar first, then the figures that matter least, then the name', () => {
    const over = { wanted: 12_500, last: { target: { memory: 181_000_000, cpu: 0.614 } } }
    const rows = [115, 100, 86, 78, 70, 56, 44, 30, 14].map(width => checkout(over, width))
    expect(rows.join('\n')).toMatchInlineSnapshot(`
      " ⚡ checkout  [██████░] 5/6 s  12,395/12,500 req/s  p50 2.1 ms  p99 4.51 ms  failed iterations 0  VUs 2  CPU 61.4 %
       ⚡ checkout  [█████████████░░░] 5/6 s  12,395/12,500 req/s  p99 4.51 ms  failed iterations 0  VUs 2
       ⚡ checkout  [████████░] 5/6 s  12,395/12,500 req/s  p99 4.51 ms  failed iterations 0
       ⚡ checkout  [█████████████████░░░] 5/6 s  12,395/12,500 req/s  p99 4.51 ms
       ⚡ checkout  [████████████░░] 5/6 s  12,395/12,500 req/s  p99 4.51 ms
       ⚡ checkout  [███████████░░] 5/6 s  12,395/12,500 req/s
       ⚡ checkout  [█████████████████░░░] 5/6 s
       ⚡ checkout  [███████░] 5/6 s
       ⚡ checkout …"
    `)
  })
})

describe('the line for logs', () => {
  test('is the one of the documentation, to the letter', () => {
    const slow = progress({ failed: 0, last: { length: 1000, requests: 98.2, mean: 120, p95: 250, p99: 350 } })
    expect(renderProgressLine(slow)).toBe(
      'Time: 5s | RPS: 98.2 | Success: 491 | Failed: 0 | Avg: 120ms | P95: 250ms | P99: 350ms',
    )
  })

  test('has no latency where no iteration ended', () => {
    expect(renderProgressLine(progress({ last: { passed: 0 } }))).toMatch(/ \| Avg: - \| P95: - \| P99: -$/)
  })
})
