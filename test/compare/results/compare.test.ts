import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../../src/budget/read.ts'
import { LOOKS, look } from '../../../src/compare/decision.ts'
import { compareResults, whyNotComparable } from '../../../src/compare/results/compare.ts'
import type { StoredRun } from '../../../src/compare/results/launches.ts'
import { shownResults } from '../../../src/compare/results/shown.ts'
import { sampleOf } from '../../../src/compare/statistics/sample.ts'
import { differenceOf } from '../../../src/compare/statistics/student.ts'
import { Random } from '../../../src/ground/random.ts'
import { aMachine } from '../../builders/report.ts'
import { aResultOf, type Launched } from '../../builders/results.ts'

const { relative: cpu5 } = readBudgets({ cpuPerRequest: 'base + 5%' }, { steps: [], target: true, base: true })

/** So many runs of each side in turns; `of` says how they are, by side and number. */
function sidesOf(count: number, of: (isHead: boolean, n: number) => Partial<Launched> = () => ({})) {
  const side = (isHead: boolean): StoredRun[] =>
    Array.from({ length: count }, (_, i) => ({
      place: `${isHead ? 'head' : 'base'}/${i}.json`,
      result: aResultOf({ n: 2 * i + Number(isHead), ...of(isHead, i) }),
    }))
  return { base: side(false), head: side(true) }
}

/** Noise of a launch: the same each time, zero on average over five. */
const noise = (n: number) => [0.9, -1, 0.2, -0.6, 0.5][n % 5]!
const withCpu = (more: number) => (isHead: boolean, n: number) => ({
  cpu: (isHead ? 1 + more : 1) * 0.5 * (1 + 0.01 * noise(isHead ? n + 2 : n)),
})

describe('with five launches a side', () => {
  test.each([
    [0.12, 'fail', /^cpuPerRequest \+1[12].* allowed \+5 %: head uses more CPU time\.$/],
    [0, 'pass', /^cpuPerRequest: no growth beyond \+5 %: /],
    [
      0.05,
      'inconclusive',
      /^cpuPerRequest: undecided, .* where \+5 % is allowed; .*noise 0\.\d %? a launch\.|lies too close/,
    ],
  ])('%d more CPU a request: %s', (more, verdict, sentence) => {
    const comparison = compareResults(sidesOf(5, withCpu(more)), cpu5)
    expect(comparison.budgets[0]).toMatchObject({ verdict, pairs: 5 })
    expect(shownResults(comparison).budgets[0]!.text).toMatch(sentence)
    expect(comparison.notes).toEqual([])
  })

  test('what is allowed is seldom found missed, and 12 % where 5 % are allowed nearly always', () => {
    const random = new Random(1, 'launches')
    const launches = (mean: number) => sampleOf(Array.from({ length: 6 }, () => mean + 0.014 * random.normal()))
    const shareOf = (more: number) => {
      const failed = Array.from({ length: 3_000 }, () => {
        const sample = differenceOf(launches(0), launches(Math.log(1 + more)))
        return look([{ sample, allowed: Math.log(1.05) }], LOOKS.at(-1)!)[0] === 'fail'
      })
      return failed.filter(Boolean).length / failed.length
    }
    expect(shareOf(0.05)).toBeLessThanOrEqual(0.01)
    expect(shareOf(0.12)).toBeGreaterThanOrEqual(0.95)
  })
})

test('growth of memory is compared by launches, and open where results have none', () => {
  const { relative } = readBudgets(
    { memoryGrowth: 'base + 20KB/1000 requests' },
    { steps: [], target: true, base: true },
  )
  const sides = sidesOf(5)
  const [judged] = compareResults(sides, relative).budgets
  expect(judged).toMatchObject({ verdict: 'inconclusive', why: [expect.stringContaining('no figure')] })
  for (const [side, runs] of Object.entries(sides))
    for (const [n, { result }] of runs.entries()) {
      const value = (side === 'head' ? 200e3 : 0) + 1e3 * noise(n)
      Object.assign(result.report.target!, { memoryGrowth: { per1000Requests: { value } } })
    }
  expect(compareResults(sides, relative).budgets).toMatchObject([{ verdict: 'fail' }])
  expect(compareResults({ ...sides, head: sides.base }, relative).budgets).toMatchObject([{ verdict: 'pass' }])
})

test('with fewer nothing is decided, however large the difference, and it says so', () => {
  for (const count of [1, 2, 4]) {
    const comparison = compareResults(sidesOf(count, withCpu(3)), cpu5)
    expect(comparison).toMatchObject({ isEnough: false, budgets: [{ verdict: 'inconclusive' }] })
    expect(comparison.notes.join(' ')).toContain('Nothing is decided; 5 or more a side decide budgets.')
    expect(shownResults(comparison)).not.toHaveProperty('verdict')
  }
  const [note] = compareResults(sidesOf(1), []).notes
  expect(note).toMatch(/^one launch each: the difference may be that of two launches/)
})

test('another machine is shown, with what differs, and never judged', () => {
  const elsewhere = { environment: { ...aMachine, node: 'v22.1.0', cpuQuota: 1.5 } }
  const sides = sidesOf(5, (isHead, n) => ({ ...withCpu(2)(isHead, n), ...(isHead && { over: elsewhere }) }))
  const comparison = compareResults(sides, cpu5)
  expect(comparison.budgets[0]!.verdict).toBe('inconclusive')
  expect(comparison.apart).toEqual([
    'head/0.json and 4 others ran on another machine than base/0.json: ' +
      'CPU quota none and 1.5 cores; Node v20.20.2 and v22.1.0.',
  ])
})

test('results of one process are one launch', () => {
  const one = sidesOf(5, isHead => ({ over: isHead ? { target: aResultOf({ n: 77 }).report.target } : {} }))
  const comparison = compareResults(one, cpu5)
  expect(comparison).toMatchObject({ launches: { base: 5, head: 1 }, runs: { head: 5 }, isEnough: false })
  expect(comparison.notes.join(' ')).toContain('5 results are of one process (pid 4077), and count as one launch')
})

test.each([
  ['of containers', { target: aResultOf({ n: 7 }).report.target }, /have a process of the same number .*\(pid 4007\)/],
  ['of an application elsewhere', { target: undefined }, /do not say of which process they are/],
])('results %s decide nothing, unless each is said to be a launch', (_, over, why) => {
  const slower = sidesOf(5, isHead => ({ over, p50: isHead ? 40 : 13 }))
  const { relative } = readBudgets({ p50: 'base + 10%' }, { steps: [], target: false, base: true })
  const comparison = compareResults(slower, relative)
  expect(comparison).toMatchObject({ launches: { base: 1, head: 1 }, isEnough: false })
  expect(comparison.budgets[0]).toMatchObject({ verdict: 'inconclusive', pairs: 1 })
  const notes = comparison.notes.filter(note => note.includes('--each-is-a-launch'))
  expect(notes).toEqual([expect.stringMatching(why)])
  const each = compareResults(slower, relative, true)
  expect(each).toMatchObject({ launches: { base: 5, head: 5 }, isEnough: true, budgets: [{ verdict: 'fail' }] })
  expect(each.notes.join()).not.toContain('launch')
})

test.each([
  [
    'a saturated generator',
    { doubts: [{ kind: 'generator saturated', eventLoopUtilization: 1, text: 'It was full.' }] },
  ],
  ['a step that fails', { steps: { ...aResultOf({ n: 1 }).report.steps, list: failing() } }],
] as const)('%s on one side leaves latencies undecided', (_, over) => {
  const { relative } = readBudgets({ p50: 'base + 50%' }, { steps: [], target: true, base: true })
  const sides = sidesOf(
    5,
    isHead =>
      ({ over: isHead ? { ...over, responseTime: aResultOf({ n: 1 }).report.responseTime } : {} }) as Partial<Launched>,
  )
  expect(compareResults(sidesOf(5), relative).budgets[0]!.verdict).toBe('pass')
  const [budget] = compareResults(sides, relative).budgets
  expect(budget).toMatchObject({ verdict: 'inconclusive' })
  expect(budget!.why).toHaveLength(1)
})

function failing() {
  const { list } = aResultOf({ n: 1 }).report.steps
  return { ...list!, errors: list!.requests / 2 }
}

describe('results are not compared', () => {
  const whyOf = (over: Partial<Launched>) => {
    const { base, head } = sidesOf(1, isHead => (isHead ? over : {}))
    return whyNotComparable([...base, ...head])
  }

  test.each<[string, Partial<Launched>, RegExp]>([
    [
      'of another load test',
      { whose: { name: 'search' } },
      /head\/0\.json: load test "search"; in base\/0\.json "checkout"/,
    ],
    [
      'of another workflow',
      { over: { workflow: { file: '/q/shop.arazzo.yaml', workflowId: 'pay' } } },
      /workflow shop\.arazzo\.yaml#pay; in/,
    ],
    [
      'of another document',
      { over: { workflow: { file: '/q/api.arazzo.yaml', workflowId: 'checkout' } } },
      /workflow api\.arazzo\.yaml#checkout; in/,
    ],
    [
      'of another load',
      { over: { shape: { rps: 100, duration: '30s' } } },
      /load 100 requests\/s for 30 s.*; in base\/0\.json 600/,
    ],
    [
      'of another seed',
      { over: { shape: { rps: 600, duration: '30s', rampUp: '5s', seed: 9 } } },
      /load \{.*"seed":9\}; in/,
    ],
    ['with other steps', { over: { steps: {} } }, /steps none; in base\/0\.json login, list/],
    [
      'cut short',
      { over: { state: 'cut short', cause: 'it was cancelled' } },
      /the run was cut short \(it was cancelled\)/,
    ],
    [
      'of which a host was lost',
      { over: { doubts: [{ kind: 'lost host', host: 'eu-1', at: 1_000, share: 0.5, found: 'It was lost.' }] } },
      /a host was lost in the run/,
    ],
    ['that did not run', { over: { state: 'not run' } }, /the load did not run/],
    ['of merged runs', { whose: { runs: 3 } }, /3 runs were merged into it, and how they differed is lost/],
  ])('%s', (_, over, found) => {
    const why = whyOf(over)
    expect(why).toHaveLength(1)
    expect(why[0]).toMatch(found)
    expect(why[0]).toMatch(/^Failed to compare head\/0\.json: .*\. [A-Z].*\.$/)
  })

  test('that are one run; all that is wrong comes at once', () => {
    const { base, head } = sidesOf(1)
    const copy = { place: 'copy.json', result: base[0]!.result }
    expect(whyNotComparable([...base, ...head, copy])).toEqual([
      'Failed to compare copy.json: it is the same run as base/0.json. Give each run once.',
    ])
    expect(whyOf({ whose: { name: 'search', runs: 2 }, over: { state: 'not run' } })).toHaveLength(3)
  })

  test('but folders of base and head may differ', () => {
    expect(whyOf({ over: { workflow: { file: '/base/shop.arazzo.yaml', workflowId: 'checkout' } } })).toEqual([])
  })
})

describe("Welch's difference", () => {
  test('has the interval of the formula', () => {
    // By hand: variances 2.5 and 10, so error sqrt(2.5), and 2.5^2 / (0.25 / 4 + 4 / 4) = 5.88 degrees of freedom.
    const sample = differenceOf(sampleOf([1, 2, 3, 4, 5]), sampleOf([2, 4, 6, 8, 10]))
    expect(sample).toMatchObject({ count: 6, mean: 3 })
    expect(sample.deviation / Math.sqrt(sample.count)).toBeCloseTo(Math.sqrt(2.5), 12)
    expect(differenceOf(sampleOf([1, 1]), sampleOf([2, 2]))).toEqual({ count: 3, mean: 1, deviation: 0 })
  })
})
