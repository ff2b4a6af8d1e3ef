import { describe, expect, test } from 'vitest'
import { causeFor, causeSettings, withCause } from '../../plugin/cause.ts'
import type { CompareSettings } from '../../plugin/compare/settings.ts'
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
  const cause = causeFor(budget, FOUND, growth)
  if (isFound) expect(cause).toBe(FOUND)
  else expect(cause).toMatchObject({ kind: 'not found', reason: expect.stringContaining('the application waits') })
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
