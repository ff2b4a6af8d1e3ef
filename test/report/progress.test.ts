import { describe, expect, test } from 'vitest'
import type { Budget, Budgets } from '../../src/budget/budget.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { Progress } from '../../src/load/plan/options.ts'
import { colorsOf } from '../../src/report/color.ts'
import { LogPace, renderProgressLog, renderProgressRows } from '../../src/report/progress.ts'
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

const rows = (over: Parameters<typeof progress>[0] = {}, width = 120, name = 'checkout') =>
  renderProgressRows(progress(over), name, width, colorsOf(false))

function budgetsOf(budgets: Budgets): Budget[] {
  return readBudgets(budgets, { steps: [], target: true, cores: 2 }).budgets
}

const target = { memory: 181_000_000, cpu: 0.614 }

describe('the live rows', () => {
  test('show time and requests in one, iterations in the other', () => {
    expect(rows()).toEqual([
      ' ⚡ checkout  [█████████████████░░░] 1 s left  12,395 req/s',
      '    iterations: failed 0  p50 2.1 ms  p99 4.51 ms  VUs 2',
    ])
  })

  test('show the rate that was asked for, and what the application uses', () => {
    expect(rows({ wanted: 12_500, last: { target } })[0]).toBe(
      ' ⚡ checkout  [█████████████████░░░] 1 s left  12,395/12,500 req/s  CPU 61.4 %  181 MB',
    )
  })

  test('have the budget beside the figure, and its colour where it is missed', () => {
    const budgets = budgetsOf({ rps: 12_000, p99: '4ms', p95: '100ms', errorRate: '1%', memory: '200MB', cpu: '50%' })
    const over = { budgets, failed: 9, last: { target } }
    expect(rows(over)).toEqual([
      ' ⚡ checkout  [█████████████████░░░] 1 s left  12,395 req/s (>= 12,000/s)  CPU 61.4 % (<= 50 %)  181 MB (<= 200 MB)',
      '    iterations: failed 9, 1.8 % (<= 1 %)  p50 2.1 ms  p95 3.9 ms (<= 100 ms)  p99 4.51 ms (<= 4 ms)  VUs 2',
    ])
    const coloured = (more: object) =>
      renderProgressRows(progress({ ...over, ...more }), 'a', 120, colorsOf(true)).join()
    const red = (text: string) => text.match(/\u001b\[31m[^\u001b]*/g)?.map(part => part.slice(5))
    expect(red(coloured({}))).toEqual(['CPU 61.4 % (<= 50 %)', 'failed 9, 1.8 % (<= 1 %)', 'p99 4.51 ms (<= 4 ms)'])
    expect(red(coloured({ phase: 'warm-up' }))).toBeUndefined()
  })

  test('say how long no response has come, at any width', () => {
    const over = { silent: 3_500, last: { requests: 0, passed: 0 } }
    expect(rows(over)[0]).toContain('1 s left  no response for 3.5 s  0 req/s')
    expect(rows(over, 44)[0]).toContain('no response for 3.5 s')
    expect(renderProgressLog(progress(over))[0]).toContain('  no response for 3.5 s')
  })

  test('name the phase while nothing is measured', () => {
    const last = { length: 400, requests: 40 }
    expect(rows({ elapsed: 400, done: 0.07, phase: 'warm-up', failed: 3, last })).toEqual([
      ' ⚡ checkout  [█░░░░░░░░░░░░░░░░░░░] warm-up, 6 s left  100 req/s',
      '    iterations: failed 3  p50 2.1 ms  p99 4.51 ms  VUs 2',
    ])
  })

  test('of a number of iterations show the share that is done', () => {
    expect(rows({ total: undefined, done: 0.456 })[0]).toContain('[█████████░░░░░░░░░░░] 5 s, 45 %  12,395 req/s')
  })

  test('have no latency where no iteration ended', () => {
    expect(rows({ last: { passed: 0, p50: 0, p99: 0 } })[1]).toContain('p50 -  p99 -')
  })

  test('stay within their plan: late draining is not -1 s', () => {
    expect(rows({ elapsed: 7400, done: 1.2 })[0]).toContain('[████████████████████] 0 s left')
  })

  test('fit into every width, and say at any how many iterations failed', () => {
    const budgets = budgetsOf({ p99: '4ms', errorRate: '1%', memory: '200MB' })
    for (const name of ['checkout', 'checkout-'.repeat(11), 'a checkout in words '.repeat(5)])
      for (let width = 10; width <= 140; width++) {
        const drawn = rows({ wanted: 12_500, failed: 12, budgets, last: { target } }, width, name)
        for (const row of drawn) expect(widthOf(row), `${row} in ${width}`).toBeLessThanOrEqual(width)
        if (width >= 40) expect(drawn.join('\n'), `in ${width}`).toContain('failed 12')
      }
  })

  test('keep a figure with a budget rather than one without', () => {
    const [, iterations] = rows({ budgets: budgetsOf({ p95: '100ms', errorRate: '1%' }) }, 60)
    expect(iterations).toBe('    iterations: failed 0 (<= 1 %)  p95 3.9 ms (<= 100 ms)')
  })

  test('give up the bar first, then the middle of the name, then the figures that matter least', () => {
    const over = { wanted: 12_500, failed: 3, last: { target } }
    const drawn = [100, 80, 70, 60, 50, 40, 30].map(width => rows(over, width, 'checkout at a busy hour').join('\n'))
    expect(drawn.join('\n')).toMatchInlineSnapshot(`
      " ⚡ checkout at a busy hour  [████████████████░░░] 1 s left  12,395/12,500 req/s  CPU 61.4 %  181 MB
          iterations: failed 3  p50 2.1 ms  p99 4.51 ms  VUs 2
       ⚡ checkout at… hour  [████░] 1 s left  12,395/12,500 req/s  CPU 61.4 %  181 MB
          iterations: failed 3  p50 2.1 ms  p99 4.51 ms  VUs 2
       ⚡ checkout a…hour  1 s left  12,395/12,500 req/s  CPU 61.4 %  181 MB
          iterations: failed 3  p50 2.1 ms  p99 4.51 ms  VUs 2
       ⚡ checkout…hour  1 s left  12,395/12,500 req/s  CPU 61.4 %
          iterations: failed 3  p50 2.1 ms  p99 4.51 ms  VUs 2
       ⚡ checkout a…hour  1 s left  12,395/12,500 req/s
          iterations: failed 3  p99 4.51 ms  VUs 2
       ⚡ check…ur  [████░] 1 s left  failed 3
       ⚡ chec…r  1 s left  failed 3"
    `)
  })
})

test('a spark line has the p95 of the last seconds, and is left out first', () => {
  const recent = [4, 8, 16, 32, 0]
  expect(rows({ recent })[1]).toBe('    iterations: failed 0  p50 2.1 ms  p99 4.51 ms  VUs 2  p95 ▂▃▅█▁')
  expect(rows({ recent }, 56)[1]).toBe('    iterations: failed 0  p50 2.1 ms  p99 4.51 ms  VUs 2')
  expect(rows({ recent: [4] })[1]).not.toContain('p95')
  expect(rows({ recent: [0, 0] })[1]).toContain('p95 ▁▁')
})

describe('the lines for logs', () => {
  test('have time, phase, rate and target of requests, and below them what became of iterations', () => {
    const slow = progress({
      failed: 0,
      wanted: 100,
      last: { length: 1000, requests: 98.2, mean: 120, p95: 250, p99: 350 },
    })
    expect(renderProgressLog(slow)).toEqual([
      '5/6 s  98/100 req/s',
      '  iterations: failed 0  mean 120 ms  p50 2.1 ms  p95 250 ms  p99 350 ms  VUs 2',
    ])
  })

  test('have no latency where no iteration ended, and a share where the length is not known', () => {
    const [first, second] = renderProgressLog(progress({ total: undefined, done: 0.5, last: { passed: 0 } }))
    expect(first).toMatch(/^5 s, 50 % {2}/)
    expect(second).toMatch(/ {2}mean - {2}p50 - {2}p95 - {2}p99 - {2}VUs 2$/)
  })

  test('come every ten seconds, each second once, and not for the rest of one', () => {
    const pace = new LogPace()
    const due = (elapsed: number, length = 1000) => pace.isDue(progress({ elapsed, last: { length } }))
    const times = [1000, 9990, 10_010, 11_000, 19_400, 20_010, 20_400, 29_600, 31_000]
    expect(times.filter(time => due(time))).toEqual([9990, 20_010, 29_600])
    expect([due(40_010, 10), due(41_000)]).toEqual([false, true])
  })
})

test('a host that is lost is told at once, in rows of all widths and in a log', () => {
  const told = (lost: string[]) => [
    ...[120, 40].map(width => renderProgressRows(progress({ lost }), 'a', width, colorsOf(false))[0]!),
    renderProgressLog(progress({ lost }))[0]!,
  ]
  for (const line of told(['eu-2'])) expect(line).toContain('eu-2 lost')
  for (const line of told(['eu-2', 'eu-3'])) expect(line).toContain('2 hosts lost')
  for (const line of told([])) expect(line).not.toContain('lost')
})
