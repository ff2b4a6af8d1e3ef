import { describe, expect, test } from 'vitest'
import { causeFor, withCause } from '../../plugin/cause.ts'
import { type CompareSettings, causeSettings } from '../../plugin/compare/settings.ts'
import type { Sides } from '../../plugin/compare/sides.ts'
import type { ComparedBudget, Comparison } from '../../src/compare/comparison.ts'
import type { Cause } from '../../src/measure/report.ts'

const FOUND: Cause = {
  kind: 'function',
  function: { name: 'priceOf', file: 'src/prices.ts', line: 41 },
  added: 0.05,
  share: { low: 0.6, high: 1 },
  beyond: [],
}

const missed = (metric: ComparedBudget['budget']['metric'], base: number, head: number) =>
  ({ budget: { metric }, figures: { base, head } }) as ComparedBudget

test.each<[string, ComparedBudget, number, boolean]>([
  ['CPU time', missed('cpuPerRequest', 1, 1.1), 0.1, true],
  ['a rate that falls as CPU time grows', missed('rps', 100, 90), 0.1, true],
  ['a latency that grows with it', missed('percentile', 5, 6), 0.15, true],
  ['a latency that grows by a wait', missed('percentile', 5, 25), 0.02, false],
  ['a rate that falls by a wait', missed('rps', 100, 20), 0.1, false],
])('a function is the cause of a budget only if its CPU time explains it: %s', (_, budget, growth, isFound) => {
  const cause = causeFor(budget, FOUND, { growth })
  if (isFound) expect(cause).toBe(FOUND)
  else expect(cause).toMatchObject({ kind: 'not found', reason: expect.stringContaining('the application waits') })
})

test('a latency that is mostly waited for is not that of CPU time, however much this has grown', () => {
  const slower = missed('percentile', 7, 19)
  const work = { added: 0.1, perIteration: 4, busy: 0.1 }
  expect(causeFor(slower, FOUND, { growth: 0.7, work })).toMatchObject({ kind: 'not found' })
  // As much work behind a processor that is busy.
  expect(causeFor(slower, FOUND, { growth: 0.7, work: { ...work, busy: 0.95 } })).toBe(FOUND)
  const fewer = missed('rps', 100, 60)
  expect(causeFor(fewer, FOUND, { growth: 0.5, work })).toMatchObject({ kind: 'not found' })
  expect(causeFor(fewer, FOUND, { growth: 0.5, work: { ...work, busy: 0.9 } })).toBe(FOUND)
})

describe('round trips', () => {
  const side = (count: number, waited: number) => ({ requests: 100, to: { '127.0.0.1:5432': { count, waited } } })
  const trips = { to: '127.0.0.1:5432', kind: 'round trips' }

  test('that head makes in addition are the cause, with the function that makes them', () => {
    const more = { base: side(200, 100), head: side(1_200, 900) }
    const found = { ...trips, trips: { base: 2, head: 12 }, waited: { base: 1, head: 9 } }
    const slower = missed('percentile', 5, 25)
    expect(causeFor(slower, FOUND, { growth: 0.02, trips: more })).toEqual({ ...found, function: FOUND.function })
    const none: Cause = { kind: 'not found', reason: 'it has no profile' }
    expect(causeFor(missed('cpuPerRequest', 1, 2), none, { trips: more })).toEqual(found)
  })

  test('that are as many are the cause of a latency if they take longer, and CPU time does not explain it', () => {
    const longer = { base: side(200, 100), head: side(200, 2_000) }
    const slower = missed('percentile', 5, 25)
    const found = { ...trips, trips: { base: 2, head: 2 }, waited: { base: 1, head: 20 } }
    const none: Cause = { kind: 'not found', reason: 'launches vary too much' }
    for (const cause of [FOUND, none]) expect(causeFor(slower, cause, { growth: 0.02, trips: longer })).toEqual(found)
    expect(causeFor(slower, none, { growth: 2, trips: longer })).toBe(none)
    expect(causeFor(slower, FOUND, { growth: 2, trips: longer })).toBe(FOUND)
    expect(causeFor(missed('cpuPerRequest', 1, 2), FOUND, { growth: 0.02, trips: longer })).toBe(FOUND)
  })

  test('that are as many and take as long are not', () => {
    const same = { base: side(200, 100), head: side(202, 110) }
    expect(causeFor(missed('percentile', 5, 25), FOUND, { growth: 0.02, trips: same })).toMatchObject({
      kind: 'not found',
    })
  })
})

describe('a look for a cause', () => {
  const fails = { ...missed('cpuPerRequest', 1, 2), verdict: 'fail' as const }
  const passes = { ...fails, verdict: 'pass' as const }
  const errors = { ...missed('errorRate', 1, 2), verdict: 'fail' as const }
  const memory = { ...missed('memory', 1, 2), verdict: 'fail' as const }
  const ended = AbortSignal.abort(new Error('The run was ended.'))

  /** Looks where nothing can be launched, and counts the attempts. */
  async function lookAt(budgets: ComparedBudget[], options: { cause?: 'auto' | boolean; signal?: AbortSignal } = {}) {
    let launches = 0
    const side = {
      launch: async () => {
        launches++
        throw new Error('it does not start')
      },
    }
    const checkouts = { base: '/nowhere', head: '/nowhere', project: '/nowhere' }
    const comparison = { budgets } as Comparison
    const found = await withCause(comparison, {
      sides: { base: side, head: side, checkouts, revisions: {} } as unknown as Sides,
      settings: { environment: {}, cause: causeSettings({ cause: options.cause }) } as CompareSettings,
      duel: { run: () => Promise.reject(new Error('nothing runs')) },
      load: () => Promise.reject(new Error('nothing runs')),
      seed: 1,
      signal: options.signal ?? new AbortController().signal,
    })
    return { found: found.comparison, comparison, launches }
  }

  test.each<[string, ComparedBudget[], { cause?: 'auto' | boolean; signal?: AbortSignal }]>([
    ['all budgets pass', [passes], {}],
    ['none is wanted', [fails], { cause: false }],
    ['errors alone have failed', [errors], {}],
    ['the run is ended', [fails], { signal: ended }],
  ])('starts nothing and changes nothing if %s', async (_, budgets, options) => {
    const { found, comparison, launches } = await lookAt(budgets, options)
    expect([found, launches]).toEqual([comparison, 0])
  })

  test.each<[string, ComparedBudget[], { cause?: boolean }]>([
    ['a budget has failed', [fails, errors], {}],
    ['a budget of memory has failed', [memory, errors], {}],
    ['it is wanted in any case', [passes, errors], { cause: true }],
  ])('that comes to nothing keeps the verdicts, and says why: %s', async (_, budgets, options) => {
    const { found } = await lookAt(budgets, options)
    const cause = { kind: 'not found', reason: expect.stringContaining('it does not start') }
    expect(found.budgets).toEqual([{ ...budgets[0], cause }, budgets[1]])
  })
})
