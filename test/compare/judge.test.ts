import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import type { ComparedBudget } from '../../src/compare/comparison.ts'
import { ComparisonJudge } from '../../src/compare/judge.ts'
import type { Pair } from '../../src/compare/pair.ts'
import { sentenceOf } from '../../src/compare/words.ts'
import { pairs, pairWith, wave } from './pairs.ts'

const budgetsOf = (budgets: object) => {
  const { relative, problems } = readBudgets(budgets, { steps: ['search'], target: true, base: true, model: 'closed' })
  expect(problems).toEqual([])
  return relative
}

function judged(budgets: object, all: readonly Pair[], isBaseFixed = false): ComparedBudget[] {
  const judge = new ComparisonJudge(budgetsOf(budgets), isBaseFixed)
  for (const pair of all) judge.add(pair)
  return judge.findings()
}

const said = (budgets: object, all: readonly Pair[]) => judged(budgets, all).map(found => sentenceOf(found, 4_000))
const cpu = (head: number) => (n: number) => ({
  base: { cpuTime: 400 },
  head: { cpuTime: 400 * head * (1 + 0.01 * wave(n)) },
})

describe('launches that are still warming up', () => {
  const falling = (drift: (n: number) => number, count = 5) =>
    pairs(count, cpu(1)).map((pair, n) => ({ ...pair, drift: drift(n) }))
  const verdictsOf = (all: readonly Pair[]) =>
    judged({ cpuPerRequest: 'base + 5%', p99: 'base + 10%', memory: 'base + 10MB', errorRate: 'base + 1%' }, all).map(
      ({ budget, verdict }) => `${budget.key} ${verdict}`,
    )

  test('decide nothing that may be otherwise when they are hot', () => {
    const all = falling(n => Math.log(0.75) + 0.01 * wave(n))
    expect(said({ cpuPerRequest: 'base + 5%' }, all)).toEqual([
      'cpuPerRequest: undecided: launches were still warming up: CPU time a request fell by 25 % while it was measured ' +
        '(requests 101 to 500 of a launch). Give a longer warm-up (compare.warmUp), and more time (compare.maxDuration).',
    ])
    const undecided = ['cpuPerRequest inconclusive', 'p99 pass', 'memory pass', 'errorRate pass']
    expect(verdictsOf(all)).toEqual(undecided)
    const dearer = pairs(5, cpu(1.2)).map(pair => ({ ...pair, drift: -0.3 }))
    expect(verdictsOf(dearer)[0]).toBe('cpuPerRequest inconclusive')
    const nearly = pairs(5, cpu(1.035)).map(pair => ({ ...pair, drift: -0.1 }))
    expect(verdictsOf(nearly)[0], 'a change that may be larger when hot').toBe('cpuPerRequest inconclusive')
    const faster = pairs(5, cpu(0.93)).map(pair => ({ ...pair, drift: -0.2 }))
    const [gain] = judged({ cpuPerRequest: 'base - 10%' }, faster)
    expect(gain!.verdict, 'a gain that may be large enough when hot').toBe('inconclusive')
  })

  test('are not those of a fall that is small, or by chance, or unknown', () => {
    const passed = verdictsOf(falling(() => 0))
    expect(passed[0]).toBe('cpuPerRequest pass')
    for (const all of [
      falling(n => Math.log(0.96) + 0.01 * wave(n)),
      // What is left to fall would not bring equal builds to the bound.
      falling(n => Math.log(0.9) + 0.01 * wave(n)),
      falling(n => Math.log(0.9) + 0.3 * wave(n)),
      falling(n => Math.log(1.1) + 0.01 * wave(n)),
      pairs(5, cpu(1)),
    ])
      expect(verdictsOf(all)).toEqual(passed)
  })
})

describe('round trips', () => {
  const to = (count: number, name = '127.0.0.1:5432') => ({
    roundTrips: { requests: 400, to: count === 0 ? {} : { [name]: { count: 400 * count, waited: 1 } } },
  })
  const made = (base: number, head: (n: number) => number, count = 2) =>
    pairs(count, n => ({ base: to(base), head: to(head(n)) }))
  const budget = { roundTrips: 'base + 0' }

  test('are decided by two pairs if they are the same in each', () => {
    expect(
      judged(
        budget,
        made(2, () => 2),
      ),
    ).toMatchObject([{ verdict: 'pass', pairs: 2 }])
    expect(
      said(
        budget,
        made(2, () => 12),
      ),
    ).toEqual([
      'roundTrips +10 (95 %: 10 to 10), allowed 0: head makes more round trips for a request. ' +
        '12 to 127.0.0.1:5432, base made 2.',
    ])
    expect(
      judged(
        budget,
        made(2, () => 2.1),
      ),
    ).toMatchObject([{ verdict: 'fail', pairs: 2 }])
    expect(
      judged(
        { roundTrips: 'base + 1' },
        made(2, () => 3),
      ),
    ).toMatchObject([{ verdict: 'pass' }])
    expect(
      judged(
        budget,
        made(2, () => 2, 1),
      ),
    ).toMatchObject([{ verdict: 'inconclusive' }])
  })

  test('may differ by a connection that is opened anew', () => {
    expect(
      judged(
        budget,
        made(2, n => 2 + 0.005 * n),
      ),
    ).toMatchObject([{ verdict: 'pass' }])
  })

  test('that are more in one of many steps fail', () => {
    const hundred = (trips: number) => ({
      ...{ requests: 400, iterations: { due: 4, dropped: 0, started: 4, passed: 4, failed: 0, aborted: 0 } },
      roundTrips: { requests: 400, to: { '127.0.0.1:5432': { count: trips, waited: 1 } } },
    })
    const of = (trips: number) => pairs(2, () => ({ base: hundred(400), head: hundred(trips) }))
    expect(judged(budget, of(404))).toMatchObject([{ verdict: 'fail' }])
    expect(judged(budget, of(400))).toMatchObject([{ verdict: 'pass' }])
  })

  test('that were the same at first, and are not any more, have not passed', () => {
    const later = made(2, n => (n < 2 ? 2 : 4), 5)
    expect(judged(budget, later.slice(0, 2))).toMatchObject([{ verdict: 'pass' }])
    expect(judged(budget, later)).not.toMatchObject([{ verdict: 'pass' }])
  })

  test('that vary from launch to launch take as many pairs as other figures', () => {
    const varying = made(2, n => 2 + 0.3 * wave(n), 5)
    expect(judged(budget, varying)).toMatchObject([{ verdict: 'inconclusive', pairs: 5 }])
    expect(judged({ roundTrips: 'base + 1' }, varying)).toMatchObject([{ verdict: 'pass', pairs: 5 }])
    expect(
      judged(
        budget,
        made(2, n => 6 + 0.3 * wave(n), 5),
      ),
    ).toMatchObject([{ verdict: 'fail', pairs: 5 }])
  })

  test('that nobody has seen, or that are not known, decide nothing', () => {
    const none = 'no round trip was seen while 400 requests got a response'
    expect(
      said(
        budget,
        made(0, () => 0),
      )[0],
    ).toContain(`roundTrips: undecided: ${none}`)
    const other = { roundTrips: { '127.0.0.1:6379': 'base + 0' } }
    expect(
      said(
        other,
        made(2, () => 2),
      )[0],
    ).toContain('no round trip to 127.0.0.1:6379 was seen. Those that were seen')
    expect(
      judged(
        budget,
        made(0, () => 1),
      ),
    ).toMatchObject([{ verdict: 'fail' }])
    expect(
      said(
        budget,
        pairs(2, () => ({ base: {}, head: to(2) })),
      )[0],
    ).toContain('there is no figure in any pair')
  })
})

describe('what is found', () => {
  test('head uses more CPU time', () => {
    const all = pairs(5, cpu(1.2))
    expect(judged({ cpuPerRequest: 'base + 5%' }, all)).toMatchObject([{ verdict: 'fail', pairs: 5, why: [] }])
    expect(said({ cpuPerRequest: 'base + 5%' }, all)).toEqual([
      'cpuPerRequest +20 % (95 %: 18.8 to 21.2 %), allowed +5 %: head uses more CPU time.',
    ])
  })

  test('head uses more CPU time, as short turns typically have it, where the mean is too noisy to show it', () => {
    const all = pairs(5, n => ({ base: { cpuTime: 400 }, head: { cpuTime: 400 * (1.1 + 0.05 * wave(n)) } })).map(
      (pair, n) => ({ ...pair, typicalChange: Math.log(1.1) + 0.005 * wave(n) }),
    )
    expect(said({ cpuPerRequest: 'base + 5%' }, all)).toEqual([
      'cpuPerRequest +9.9 % (95 %: 5.2 to 14.9 %), the typical request +10 % (95 %: 9.5 to 10.5 %), allowed +5 %: ' +
        'head uses more CPU time.',
    ])
    const budget = { cpuPerRequest: 'base + 5%' }
    const once = all.map(({ typicalChange, ...pair }, n) => (n === 2 ? pair : { ...pair, typicalChange }))
    expect(judged(budget, once)).toMatchObject([{ verdict: 'inconclusive', pairs: 5 }])
    expect(judged({ cpuPerRequest: 'base + 0.2ms' }, all)[0]!.typical).toBeUndefined()
  })

  test('head is not slower by more than is allowed', () => {
    const all = pairs(5, n => ({ base: { latency: 5 }, head: { latency: 5 + 0.05 * wave(n) } }))
    expect(said({ p99: 'base + 10%' }, all)).toEqual([
      expect.stringMatching(/^p99: no slowdown beyond \+10 %: .* \(95 %: .* to .* %\)\.$/),
    ])
  })

  test('it is not decided yet, and how much it would take', () => {
    const all = pairs(6, n => ({ base: { cpuTime: 400 }, head: { cpuTime: 400 * (1.01 + 0.05 * wave(n)) } }))
    const [found] = judged({ cpuPerRequest: 'base + 5%' }, all)
    expect(found).toMatchObject({ verdict: 'inconclusive', needed: expect.any(Number), why: [] })
    expect(found!.open!.low).toBeLessThan(0.05)
    expect(found!.open!.high).toBeGreaterThan(0.05)
    const words = sentenceOf(found!, 4_000).split('; ')
    expect(words).toEqual([
      expect.stringMatching(/^cpuPerRequest: undecided, -?[\d.]+ to [\d.]+ % where \+5 % is allowed$/),
      expect.stringMatching(/^about \d+ more pairs? \(.*\) decides? it: raise compare\.maxDuration of arazzo\(\)/),
      expect.stringMatching(/^noise [\d.]+ % a pair\.$/),
    ])
  })

  test('more is better of a rate, and amounts have their unit', () => {
    const all = pairs(5, n => ({
      base: { requests: 400 },
      head: { requests: 360 + Math.round(3 * wave(n)), memory: 95e6 + 1e5 * wave(n) },
    }))
    expect(said({ rps: 'base - 3%', memory: 'base + 10MB' }, all)).toEqual([
      expect.stringMatching(/^rps -10 % \(95 %: -\d.* to -\d.* %\), allowed -3 %: head is slower\.$/),
      expect.stringMatching(/^memory \+15 MB \(95 %: 14\.\d+ MB to 15\.\d+ MB\), allowed \+10 MB: head is heavier\.$/),
    ])
  })

  test('a head that has to be better, and is not', () => {
    const all = pairs(5, n => ({ base: { latency: 5 }, head: { latency: 4.9 + 0.05 * wave(n) } }))
    expect(judged({ p50: 'base - 20%' }, all)).toMatchObject([{ verdict: 'fail' }])
  })

  test('the signed-rank test stands beside it from 8 pairs on', () => {
    const wide = (n: number) => cpu(1.2 + 0.13 * wave(n))(0)
    const [seven] = judged({ cpuPerRequest: 'base + 5%' }, pairs(7, wide))
    const [eight] = judged({ cpuPerRequest: 'base + 5%' }, pairs(8, wide))
    expect(seven!.signedRank).toBeUndefined()
    expect(eight!.signedRank).toBeCloseTo(1 / 256, 9)
    const [fixed] = judged({ cpuPerRequest: 'base + 5%' }, pairs(8, wide), true)
    expect(fixed!.signedRank).toBeUndefined()
  })

  test('a base that was started once says less', () => {
    const all = pairs(15, n => ({ base: {}, head: { cpuTime: 400 * (1.01 + 0.03 * wave(n)) } }))
    expect(judged({ cpuPerRequest: 'base + 5%' }, all)).toMatchObject([{ verdict: 'pass' }])
    expect(judged({ cpuPerRequest: 'base + 5%' }, all, true)).toMatchObject([{ verdict: 'inconclusive' }])
  })
})

describe('pairs that came after the last look', () => {
  const judgeOf = (all: readonly Pair[]) => {
    const judge = new ComparisonJudge(budgetsOf({ cpuPerRequest: 'base + 5%' }))
    for (const pair of all) judge.add(pair)
    return judge
  }

  test('are looked at in the place of the next one when no more come', () => {
    const judge = judgeOf(pairs(14, n => cpu(n < 12 ? [1.03, 1.23][n % 2]! : 1.3)(2)))
    expect(judge.findings()).toMatchObject([{ verdict: 'inconclusive' }])
    judge.close()
    expect(judge.findings()).toMatchObject([{ verdict: 'fail', pairs: 14 }])
  })

  test('but five are needed', () => {
    const judge = judgeOf(pairs(4, cpu(1.5)))
    judge.close()
    expect(judge.findings()).toMatchObject([{ verdict: 'inconclusive' }])
  })
})

/** Each of these could be a pass for nothing. */
describe('never a pass', () => {
  test.each<[string, object, Pair[], string]>([
    ['without a pair', { p99: 'base + 10%' }, [], 'nothing was measured'],
    ['with four pairs', { p99: 'base + 10%' }, pairs(4, () => ({ base: {}, head: {} })), ''],
    [
      'when no process is known',
      { cpuPerRequest: 'base + 5%' },
      pairs(9, () => ({ base: { cpuTime: undefined }, head: {} })),
      'there is no figure in any pair.',
    ],
    [
      'when one pair has no figure',
      { memory: 'base + 5%' },
      [...pairs(8, () => ({ base: {}, head: {} })), pairWith({}, { memory: undefined })],
      'there is no figure in 1 of 9 pairs',
    ],
    [
      'when base is a sum of resident sets, and head is not',
      { memory: 'base + 5%' },
      pairs(9, () => ({ base: {}, head: { memoryMeasure: 'PSS' } })),
      'there is no figure in any pair.',
    ],
    [
      'when nothing was sent',
      { cpuPerRequest: 'base + 5%' },
      pairs(9, () => ({ base: {}, head: { asked: 0, requests: 0 } })),
      'there is no figure',
    ],
    [
      'when everything fails, which is fast',
      { p99: 'base + 10%' },
      pairs(9, () => ({ base: { failing: 1 }, head: { failing: 1, latency: 1 } })),
      'most iterations failed on both sides: Expected status 200, received 404.',
    ],
    [
      'when a step fails on head only',
      { cpuPerRequest: 'base + 5%' },
      pairs(9, () => ({ base: {}, head: { failing: 0.1, cpuTime: 300 } })),
      'step "search" is not the same on both sides: 0 % of its requests fail on base and 10 % on head',
    ],
    [
      'when a step fails on base only',
      { steps: { search: { p50: 'base + 5%' } } },
      pairs(9, () => ({ base: { failing: 0.4 }, head: {} })),
      '40 % of its requests fail on base and 0 % on head (Expected status 200, received 404).',
    ],
    [
      'when a percentile has no values above it',
      { p99: 'base + 10%' },
      pairs(9, () => ({ base: { requests: 40 }, head: { requests: 40 } })),
      'a launch had 40 values, and the percentile takes 100.',
    ],
    [
      'when head takes a way through the workflow that spares it a step',
      { cpuPerRequest: 'base + 5%' },
      pairs(9, () => ({ base: {}, head: { perIteration: 0 } })),
      'step "search" is not the same on both sides: it has 1 requests an iteration on base and 0 on head.',
    ],
    [
      'when head responds with another status that passes as well',
      { steps: { search: { p50: 'base + 10%' } } },
      pairs(9, () => ({ base: {}, head: { status: 304, latency: 1 } })),
      'step "search" is not the same on both sides: 100 % of its responses have status 200 on base and 0 % on head.',
    ],
    [
      'when what is slowest fails at once',
      { p99: 'base + 10%' },
      pairs(9, () => ({ base: {}, head: { failing: 0.008, latency: 3 } })),
      'step "search" is not the same on both sides: 0 % of its requests fail on base and 0.75 % on head',
    ],
    [
      'when the percentile lies among requests that were cut',
      { p99: 'base + 10%' },
      pairs(9, () => ({ base: { cut: 0.02, failing: 0.02 }, head: { cut: 0.02, failing: 0.02 } })),
      'the percentile lies among requests on base and head that were cut without a response.',
    ],
    [
      'when arrivals find no user',
      { p50: 'base + 10%' },
      pairs(9, () => ({ base: {}, head: { dropping: 0.2 } })),
      '20 % of arrivals on head found no free user, and are in no figure.',
    ],
    [
      'when the load generator was saturated',
      { rps: 'base - 3%' },
      pairs(9, () => ({ base: {}, head: {} })).map(pair => ({
        ...pair,
        generator: { eventLoopUtilization: 0.97 } as Pair['generator'],
      })),
      'the load generator was busy for 97 % of the time.',
    ],
  ])('%s', (_, budgets, all, why) => {
    const [found] = judged(budgets, all)
    expect(found!.verdict).toBe('inconclusive')
    expect(found!.why.join(' ')).toContain(why)
    expect(sentenceOf(found!, 4_000)).toContain('undecided')
  })

  test('what has passed is open again when a step fails afterwards', () => {
    const quiet = pairs(5, () => ({ base: {}, head: {} }))
    const failing = pairs(4, () => ({ base: {}, head: { failing: 0.3 } }))
    expect(judged({ p50: 'base + 10%' }, quiet)).toMatchObject([{ verdict: 'pass' }])
    expect(judged({ p50: 'base + 10%' }, [...quiet, ...failing])).toMatchObject([{ verdict: 'inconclusive' }])
  })

  test('not by PSS of several processes next to a single one, whose resident set is the same', () => {
    const all = pairs(9, () => ({ base: { memoryMeasure: 'RSS' }, head: { memoryMeasure: 'PSS', memory: 160e6 } }))
    expect(said({ memory: 'base + 5%' }, all)).toEqual([expect.stringContaining('head is heavier')])
  })

  test('by the memory of a base that runs on from pair to pair', () => {
    const [found] = judged(
      { memory: 'base + 10MB' },
      pairs(9, () => ({ base: {}, head: {} })),
      true,
    )
    expect(found).toMatchObject({
      verdict: 'inconclusive',
      why: [expect.stringContaining('base was not started anew')],
    })
  })

  test('by statuses that come more often on one side by chance', () => {
    const launches = pairs(9, n => ({ base: { status: n === 3 ? 404 : 200 }, head: { status: n === 6 ? 404 : 200 } }))
    launches[0]!.head.answers.push({ ...launches[0]!.head.answers[0]!, status: '404', requests: 40 })
    expect(judged({ cpuPerRequest: 'base + 5%' }, launches)).toMatchObject([{ verdict: 'pass' }])
  })

  test.each([
    [
      1,
      /^cpuPerRequest: undecided, \+0.1 % in 1 of the 5 pairs .*, where \+5 % is allowed; about 4 more pairs \(16 s\) decide it: raise/,
    ],
    [
      2,
      /^cpuPerRequest: undecided, 0 % in 2 of the 5 pairs that a decision takes, where .* about 3 more pairs .* decide it: .*; noise/,
    ],
  ])('by %i pairs, since a decision takes more', (count, words) => {
    const few = pairs(count, n => ({ base: {}, head: { cpuTime: 400 * (1 + 0.001 * wave(n)) } }))
    expect(said({ cpuPerRequest: 'base + 5%' }, few)).toEqual([expect.stringMatching(words)])
  })

  test('by errors that are too rare to have been seen', () => {
    const none = (count: number) => pairs(count, () => ({ base: {}, head: {} }))
    expect(said({ errorRate: 'base + 0.01%' }, none(9))).toEqual([
      expect.stringMatching(/^errorRate: undecided, -0\.23 % to 0\.15 % where \+0\.01 % is allowed/),
    ])
    expect(judged({ errorRate: 'base + 1%' }, none(9))).toMatchObject([{ verdict: 'pass' }])
  })

  test('what has failed stays so, whatever comes after it', () => {
    const dear = pairs(5, cpu(1.2))
    const failing = pairs(4, () => ({ base: {}, head: { failing: 0.3 } }))
    expect(said({ cpuPerRequest: 'base + 5%' }, [...dear, ...failing])).toEqual(
      said({ cpuPerRequest: 'base + 5%' }, dear),
    )
  })

  test('what has passed is told as it was when it did', () => {
    const quiet = pairs(5, n => ({ base: {}, head: { latency: 5 + 0.05 * wave(n) } }))
    const slower = pairs(4, () => ({ base: {}, head: { latency: 9 } }))
    expect(said({ p50: 'base + 10%' }, [...quiet, ...slower])).toEqual(said({ p50: 'base + 10%' }, quiet))
  })

  test('15 failures of 2,760 against none are more than 0.1 points, and their interval is of the requests', () => {
    const some = pairs(5, () => ({ base: { requests: 552 }, head: { requests: 552, failing: 3 / 552 } }))
    expect(said({ errorRate: 'base + 0.1%' }, some)).toEqual([
      expect.stringMatching(/^errorRate \+0\.543 % \(95 %: 0\.33 % to 0\.895 %\), allowed \+0\.1 %: head fails/),
    ])
  })

  test('iterations of the warm-up count for the error rate of iterations, not for that of requests', () => {
    const rare = pairs(5, () => ({
      base: { warmUp: { failed: 0, of: 5_000 } },
      head: { warmUp: { failed: 0, of: 5_000 } },
    }))
    expect(judged({ errorRate: 'base + 0.1%' }, rare)).toMatchObject([{ verdict: 'pass' }])
    expect(judged({ requests: { errorRate: 'base + 0.1%' } }, rare)).toMatchObject([{ verdict: 'inconclusive' }])
    const failing = pairs(5, () => ({
      base: { warmUp: { failed: 0, of: 5_000 } },
      head: { warmUp: { failed: 50, of: 5_000 } },
    }))
    expect(judged({ errorRate: 'base + 0.1%' }, failing)).toMatchObject([{ verdict: 'fail' }])
  })

  test('but an error rate is judged by its failures', () => {
    const all = pairs(5, n => ({ base: {}, head: { failing: 0.1 + 0.005 * wave(n) } }))
    expect(said({ errorRate: 'base + 1%' }, all)).toEqual([expect.stringContaining('head fails more often')])
  })
})
