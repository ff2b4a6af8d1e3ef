import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import type { Pair } from '../../src/compare/pair.ts'
import { LongPairs } from '../../src/compare/run.ts'
import { findingOf, sentenceOf } from '../../src/compare/words.ts'
import { Random } from '../../src/ground/random.ts'
import { pairWith, type Written } from './pairs.ts'

const [GROWTH, MEMORY] = ['base + 20KB/1000 requests', 'base + 10MB']

const budgetsOf = (written: object) =>
  readBudgets(written, { steps: ['search'], target: true, base: true, model: 'closed' }).relative

const PAGE = 2 ** 18

interface Side {
  /** Bytes of a request that are never freed. */
  leak?: number
  /** Bytes at once, after so many requests. */
  steps?: [at: number, bytes: number][]
  /** Bytes of each request until a collection, and requests between two of them. */
  garbage?: [each: number, period: number]
  /** Bytes that fill a cache, and requests after which it is half full. */
  cache?: [size: number, half: number]
  /** Bytes from the beginning. */
  start?: number
}

/** Memory after so many requests, in pages, with what a launch has by chance. */
function memoryAfter(requests: number, { leak = 0, steps = [], garbage, cache, start = 0 }: Side, shift: number) {
  let bytes = 80e6 + start + leak * requests + shift
  for (const [at, size] of steps) if (requests >= at) bytes += size
  if (garbage) bytes += garbage[0] * ((requests + shift) % garbage[1])
  if (cache) bytes += cache[0] * (1 - 2 ** (-requests / cache[1]))
  return Math.floor(bytes / PAGE) * PAGE
}

function longPair(base: Side, head: Side, { requests = 45_000, seed = 1, ...more } = {}, of: Written = {}): Pair {
  const random = new Random(seed, 'launches')
  const shifts = [random.below(PAGE), random.below(PAGE)]
  const soak = Array.from({ length: 70 }, (_, k) => {
    const now = Math.round(8_000 + (k * (requests - 8_000)) / 69)
    return { requests: now, memory: [memoryAfter(now, base, shifts[0]!), memoryAfter(now, head, shifts[1]!)] as const }
  })
  return { ...pairWith({}, of), soak, ...more }
}

/** What so many long pairs of the sides find. */
function found(written: object, base: Side, head: Side, { pairs = 2, requests = 45_000, from = 0 } = {}) {
  const budgets = budgetsOf(written)
  const long = new LongPairs(budgets)
  for (let n = 0; n < pairs; n++) long.add(longPair(base, head, { requests, seed: from + n }))
  const ofPairs = budgets
    .filter(({ metric }) => metric === 'memory')
    .map(budget => ({ budget, verdict: 'pass' as const, pairs: 5, each: [0], why: [] }))
  return { long, budgets: long.with(ofPairs) }
}

const verdicts = (...of: Parameters<typeof found>) => found(...of).budgets.map(({ verdict }) => verdict)

/** Verdicts on growth in ten comparisons. */
const tenOf = (base: Side, head: Side, pairs = 2) =>
  Array.from({ length: 10 }, (_, n) => verdicts({ memoryGrowth: GROWTH }, base, head, { pairs, from: 100 * n })[0]!)

const LEAK = { leak: 200 }
const STEP = { steps: [[27_000, 13e6]] as [number, number][] }
const CACHE = { cache: [20e6, 15_000] as [number, number] }

describe('growth of head against base', () => {
  test.each([
    ['the same as in base', {}, {}],
    ['of a cache that both fill', CACHE, CACHE],
    ['of garbage that both collect', { garbage: [1_000, 9_000] as const }, { garbage: [1_000, 9_000] as const }],
    ['at once on head, as of the space for new objects', {}, STEP],
    ['by a larger heap from the beginning', {}, { start: 15e6 }],
    [
      'of garbage that head collects more seldom',
      { garbage: [500, 4_000] as const },
      { garbage: [500, 9_000] as const },
    ],
  ])('is no leak: %s', (_, base, head) => {
    expect(tenOf(base as Side, head as Side)).not.toContain('fail')
  })

  test('passes if nothing grows, in one long pair', () => {
    expect(tenOf({}, {}, 1)).toEqual(Array(10).fill('pass'))
    expect(tenOf({}, { start: 15e6 }, 1)).toEqual(Array(10).fill('pass'))
  })

  test.each([
    ['alone', {}, LEAK],
    ['beside a step', {}, { ...LEAK, ...STEP }],
    ['beside a cache that fills', CACHE, { ...CACHE, ...LEAK }],
  ])('of 200 KB/1,000 requests is a leak: %s', (_, base, head) => {
    const all = tenOf(base as Side, head as Side)
    expect(all.filter(verdict => verdict === 'fail').length).toBeGreaterThanOrEqual(9)
    expect(all).not.toContain('pass')
    // One launch does not show it.
    expect(tenOf(base as Side, head as Side, 1)).toEqual(Array(10).fill('inconclusive'))
  })

  test('is not hidden by a base that takes more room at once, or collects later', () => {
    expect(tenOf(STEP, LEAK)).not.toContain('pass')
    expect(tenOf({ garbage: [300, 90_000] }, { garbage: [300, 90_000], leak: 100 })).not.toContain('pass')
    expect(tenOf({ leak: 2_000 }, LEAK)).not.toContain('pass')
  })

  test('that head has lost passes, and one that both have never fails', () => {
    expect(verdicts({ memoryGrowth: GROWTH }, LEAK, {})).toEqual(['pass'])
    expect(tenOf(LEAK, LEAK, 4)).not.toContain('fail')
  })

  test('is undecided if memory that comes in pieces cannot show it', () => {
    const { budgets } = found({ memoryGrowth: GROWTH }, {}, {}, { requests: 12_000 })
    expect(budgets).toMatchObject([{ verdict: 'inconclusive', pairs: 2 }])
    expect(findingOf(budgets[0]!)).toMatch(/more than 13,108 requests of long launches, and there were [\d,]+\. Give/)
    expect(verdicts({ memoryGrowth: 'base + 200KB/1000 requests' }, {}, {}, { requests: 12_000 })).toEqual(['pass'])
  })

  test('says why it is undecided although the interval lies beyond the bound', () => {
    const one = found({ memoryGrowth: GROWTH }, {}, LEAK, { pairs: 1 }).budgets[0]!
    expect([one.verdict, one.why]).toEqual(['inconclusive', [expect.stringContaining('no time for another one')]])
    const [near] = found({ memoryGrowth: GROWTH }, { leak: 100 }, { leak: 126 }, { requests: 450_000 }).budgets
    expect(near).toMatchObject({ verdict: 'inconclusive', change: { low: expect.any(Number) } })
    expect(near!.change!.low).toBeGreaterThan(20_000)
    expect(near!.why).toEqual([expect.stringMatching(/^head surely grows by 1\d(\.\d)? kB\/1,000 requests only: /)])
  })

  test('has a verdict in words', () => {
    const sentence = (head: Side) => sentenceOf(found({ memoryGrowth: GROWTH }, {}, head).budgets[0]!, 1_000)
    expect(sentence(LEAK)).toMatch(
      /^memoryGrowth \+\d+ kB\/1,000 requests \(95 %: .*\), allowed \+20 kB\/1,000 requests: head leaks memory\. Seen over [\d,]+ requests of 2 long pairs\.$/,
    )
    expect(sentence({})).toMatch(/^memoryGrowth: no leak beyond \+20 kB\/1,000 requests: /)
    expect(sentence({ leak: 25 })).toMatch(/^memoryGrowth: undecided, .* is allowed; more time \(compare\.maxDuration/)
  })

  test('is undecided if a side does not do the same, and if nothing is known of its memory', () => {
    const budgets = budgetsOf({ memoryGrowth: GROWTH })
    const failing = new LongPairs(budgets)
    for (const seed of [1, 2]) failing.add(longPair({}, LEAK, { seed }, { failing: 0.3 }))
    expect(failing.with([])).toMatchObject([{ verdict: 'inconclusive', why: [expect.stringContaining('on head')] }])
    const unknown = new LongPairs(budgets)
    unknown.add({ ...pairWith({}, {}), soak: [] })
    expect(unknown.with([])).toMatchObject([{ verdict: 'inconclusive', why: [expect.stringContaining('not known')] }])
    expect(unknown.isNeeded(4, 1e6)).toBe(false)
    expect(new LongPairs(budgets).with([])).toMatchObject([{ verdict: 'inconclusive', pairs: 0 }])
    const fixed = new LongPairs(budgets, true)
    expect(fixed.isNeeded(1, 1e6)).toBe(false)
    expect(fixed.with([])[0]!.why[0]).toContain('not started anew')
  })
})

describe('a budget of memory', () => {
  test('fails if head grows beyond it by 100,000 requests', () => {
    const { long, budgets } = found({ memory: MEMORY }, {}, LEAK)
    expect(long.hasFailed).toBe(true)
    expect(budgets).toMatchObject([{ verdict: 'fail', pairs: 5 }])
    expect(sentenceOf(budgets[0]!, 1_000)).toMatch(
      /^memory \+2\d.* MB .*head is heavier\. Head grows by .* kB\/1,000 requests .*: figures are those after 100,000 requests of a launch\.$/,
    )
    expect(verdicts({ memory: 'base + 10%' }, {}, LEAK)).toEqual(['fail'])
  })

  test('is undecided if there is no time for a second long pair', () => {
    const { long, budgets } = found({ memory: MEMORY }, {}, LEAK, { pairs: 1 })
    expect(long.isSuspicious).toBe(true)
    expect(long.isNeeded(2, 1e6)).toBe(true)
    expect(budgets).toMatchObject([{ verdict: 'inconclusive' }])
  })

  test('passes if head does not grow, and names growth that stays within it', () => {
    expect(found({ memory: MEMORY }, {}, {}).budgets).toMatchObject([{ verdict: 'pass' }])
    expect(found({ memory: MEMORY }, {}, {}).budgets[0]).not.toHaveProperty('remarks')
    const { budgets } = found({ memory: 'base + 100MB' }, {}, LEAK)
    expect(budgets).toMatchObject([{ verdict: 'pass', remarks: [expect.stringContaining('head grows by')] }])
    const few = found({ memory: MEMORY }, {}, {}, { requests: 9_000, pairs: 1 }).budgets[0]!
    expect(few.remarks).toEqual([expect.stringMatching(/^a growth of up to .* would not have been seen$/)])
  })

  test('needs one long pair, and one more if that one grows', () => {
    const needs = (head: Side) => found({ memory: MEMORY }, {}, head, { pairs: 1 }).long.isNeeded(4, 1e6)
    // A growth of 40 KB/1,000 requests is no 10 MB after 100,000 of them.
    expect([needs({}), needs({ leak: 40 }), needs(LEAK)]).toEqual([false, false, true])
    expect(new LongPairs(budgetsOf({ cpuPerRequest: 'base + 5%' })).isNeeded(1, 1e6)).toBe(false)
    expect(new LongPairs(budgetsOf({ memory: MEMORY })).isNeeded(1, 1e6)).toBe(true)
  })
})
