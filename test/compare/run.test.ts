import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import type { Launch, Pair, SideName } from '../../src/compare/pair.ts'
import { type CompareOptions, compare } from '../../src/compare/run.ts'
import { standingOf } from '../../src/compare/words.ts'
import { emptySummary } from '../../src/measure/histogram.ts'
import { pairWith, type Written, wave } from './pairs.ts'

const { relative: budgets } = readBudgets(
  { cpuPerRequest: 'base + 5%' },
  { steps: ['search'], target: true, base: true, model: 'closed' },
)

/** Sides that note what happens to them, and a duel whose figures are given. */
function worldOf(
  figures: (n: number) => Record<SideName, Written>,
  {
    launch = async (_: SideName, __: number) => {},
    ended = undefined as Launch['ended'],
    options = {} as Partial<CompareOptions>,
  } = {},
) {
  const events: string[] = []
  const running = new Set<string>()
  const counts = { base: 0, head: 0 }
  const side = (name: SideName) => ({
    async launch(): Promise<Launch> {
      await launch(name, counts[name]++)
      events.push(`start ${name}`)
      running.add(name)
      return {
        servers: `http://${name}`,
        ...(ended && { ended }),
        async stop() {
          running.delete(name)
        },
      }
    },
  })
  const duels: { blocks: number; seed: number; servers: unknown[] }[] = []
  const run = compare({
    sides: { base: side('base'), head: side('head') },
    revisions: { base: { from: 'git merge-base', commit: 'aaaaaaa' }, head: { from: 'the working tree' } },
    notes: [],
    budgets,
    duel: {
      async run(launches, { blocks, seed }): Promise<Pair> {
        expect([...running].sort()).toEqual(['base', 'head'])
        duels.push({ blocks, seed, servers: [launches.base.servers, launches.head.servers] })
        const { base, head } = figures(duels.length - 1)
        return pairWith(base, head)
      },
    },
    maxDuration: 60_000,
    seed: 7,
    signal: new AbortController().signal,
    ...options,
  })
  return { run, events, running, duels, counts }
}

const same = (n: number) => ({ base: { cpuTime: 400 }, head: { cpuTime: 400 * (1 + 0.01 * wave(n)) } })

describe('a comparison', () => {
  test('throws a first pair away, ends at the first look that decides, and leaves nothing running', async () => {
    const { run, running, duels } = worldOf(n => (n === 0 ? { base: {}, head: { cpuTime: 9_000 } } : same(n)))
    expect(await run).toMatchObject({
      pairs: 5,
      budgets: [{ verdict: 'pass' }],
      requests: { base: 2_000, head: 2_000 },
    })
    expect(duels).toHaveLength(6)
    expect(duels[0]!.blocks).toBeLessThan(duels[1]!.blocks)
    expect(new Set(duels.map(({ seed }) => seed)).size).toBe(6)
    expect(duels[0]!.servers).toEqual(['http://base', 'http://head'])
    expect(running.size).toBe(0)
  })

  test.each([
    [true, 5],
    [false, 15],
  ])('ends at the first budget that fails, if it is to (%s)', async (stopWhenFailed, expected) => {
    const { relative } = readBudgets(
      { cpuPerRequest: 'base + 5%', p50: 'base + 10%' },
      { steps: ['search'], target: true, base: true, model: 'closed' },
    )
    const noisy = (n: number) => ({ base: {}, head: { cpuTime: 800, latency: 5.5 * (1 + 0.5 * wave(n)) } })
    const { budgets, pairs } = await worldOf(noisy, { options: { budgets: relative, stopWhenFailed } }).run
    expect(pairs).toBe(expected)
    const why = stopWhenFailed ? [expect.stringContaining('another budget had failed')] : []
    expect(budgets).toMatchObject([{ verdict: 'fail' }, { verdict: 'inconclusive', why }])
  })

  test('names the step whose CPU time has grown most first, and its median if that is not known', async () => {
    const step = { requests: 100, errors: 0, serviceTime: emptySummary() }
    const steps = { search: step, order: step, pay: step }
    const priced = (prices?: Record<string, number>) => ({
      steps,
      ...(prices && { prices, cpuTime: 400 * costOf(prices) }),
    })
    const costOf = (prices: Record<string, number>) => Object.values(prices).reduce((sum, price) => sum + price / 3, 0)
    const besideOf = async (known: boolean) => {
      const sides = (n: number) => ({
        base: priced({ search: 1, order: 1, pay: 1 }),
        head: priced(known || n !== 2 ? { search: 1, order: 1.05, pay: 1.8 } : undefined),
      })
      const { beside } = await worldOf(sides).run
      return beside.map(({ budget }) => budget.key)
    }
    const named = ['steps.pay.cpuPerRequest', 'steps.order.cpuPerRequest', 'steps.search.cpuPerRequest']
    expect((await besideOf(true)).slice(-3)).toEqual(named)
    expect(await besideOf(false)).not.toContain('steps.pay.cpuPerRequest')
  })

  test.each([
    ['until they are hot', true, 60_000, 'pass'],
    ['not if the user gave the warm-up', false, 60_000, 'inconclusive'],
    ['not if too little time is left', true, 5_000, 'inconclusive'],
  ])('launches that are still warming up have a longer warm-up: %s', async (_, may, maxDuration, verdict) => {
    let isLonger = false
    const duel: CompareOptions['duel'] = {
      async run() {
        await sleep(maxDuration < 60_000 ? 900 : 0)
        const cpuTime = isLonger ? 404 : 440
        const blocks = { pairs: 10, length: 1, took: 1, deviation: {} }
        return { ...pairWith({ cpuTime: 400 }, { cpuTime }), blocks, drift: isLonger ? 0 : Math.log(0.8) }
      },
      warmLonger() {
        if (!may || isLonger) return false
        isLonger = true
        return true
      },
    }
    const { budgets, pairs, notes } = await worldOf(same, { options: { duel, maxDuration } }).run
    expect([budgets[0]!.verdict, isLonger, pairs]).toEqual([verdict, verdict === 'pass', 5])
    if (verdict === 'pass') {
      expect(budgets[0]!.each!.every(change => change < 0.02)).toBe(true)
      expect(notes).toEqual([
        'the first 3 pairs of launches were still warming up and do not count: later ones had a longer warm-up',
      ])
    }
  })

  test.each([
    ['at the first look if the time is enough', 500, 10, 5],
    ['by longer pairs if one failed', 500, 100, 9],
    ['not if no look can', 2, 10, 15],
  ])('pairs are as long as failures that never happen need: %s', async (_, perBlock, took, most) => {
    const { relative } = readBudgets(
      { errorRate: 'base + 0.005%' },
      { steps: ['search'], target: true, base: true, model: 'closed' },
    )
    const asked: number[] = []
    const duel: CompareOptions['duel'] = {
      async run(_, { blocks }) {
        asked.push(blocks)
        const isRare = took === 100 && asked.length === 2
        const side = { requests: blocks * perBlock, ...(isRare && { failing: 1 / (blocks * perBlock) }) }
        return { ...pairWith(side, side), blocks: { pairs: blocks, length: took, took, deviation: {} } }
      },
    }
    const { run } = worldOf(same, { options: { budgets: relative, duel } })
    const { budgets, pairs } = await run
    const isDecided = most < 15
    expect([budgets[0]!.verdict, pairs]).toEqual([isDecided ? 'pass' : 'inconclusive', most])
    if (isDecided) expect(asked[1]).toBeGreaterThan(40)
    if (took === 100) expect(Math.max(...asked)).toBeGreaterThan(asked[1]!)
    if (!isDecided) expect(Math.max(...asked)).toBe(asked[1])
  })

  test.each<[string, SideName[]]>([
    ['one side', ['head']],
    ['both sides, of which nothing differs', ['base', 'head']],
  ])('is none if all iterations fail: %s', async (_, failing) => {
    const of = (side: SideName) => (failing.includes(side) ? { failing: 1 } : {})
    const { cause, pairs } = await worldOf(n => (n < 2 ? same(n) : { base: of('base'), head: of('head') })).run
    const found = `${failing[0]} could not be measured: all of its iterations failed (Expected status 200, received 404)`
    expect([cause, pairs]).toEqual([found, 1])
  })

  test('makes the first pair a long one for memory, two if memory leaks, and none to calibrate', async () => {
    const budgetsOf = (written: object) =>
      readBudgets(written, { steps: ['search'], target: true, base: true, model: 'closed' }).relative
    const comparisonOf = async (written: object, leak: number, options: Partial<CompareOptions> = {}) => {
      const soaks: boolean[] = []
      const duel: CompareOptions['duel'] = {
        async run(_, { soak }) {
          soaks.push(soak !== undefined)
          const readings = Array.from({ length: 60 }, (_, k) => ({
            requests: 1_000 * k,
            memory: [80e6, 80e6 + 1_000 * k * leak] as const,
          }))
          return { ...pairWith({}, {}), ...(soak !== undefined && { soak: readings }) }
        },
      }
      const comparison = await worldOf(same, { options: { budgets: budgetsOf(written), duel, ...options } }).run
      return { soaks, verdicts: comparison.budgets.map(({ verdict }) => verdict), ...comparison }
    }
    const GROWTH = { memoryGrowth: 'base + 20KB/1000 requests' }
    const BOTH = { ...GROWTH, memory: 'base + 10MB' }
    const plain = await comparisonOf({ cpuPerRequest: 'base + 5%' }, 0)
    expect(plain.soaks).not.toContain(true)
    const both = await comparisonOf(BOTH, 0)
    expect(both.soaks.map(Number)).toEqual([1, 0, 0, 0, 0, 0])
    expect(both).toMatchObject({ verdicts: ['pass', 'pass'], pairs: 6 })
    const alone = await comparisonOf(GROWTH, 0)
    expect(alone.soaks.map(Number)).toEqual([1])
    expect(alone).toMatchObject({ verdicts: ['pass'], pairs: 1 })
    expect(alone.cause).toBeUndefined()
    const leaking = await comparisonOf(BOTH, 200)
    expect(leaking.soaks.slice(0, 3).map(Number)).toEqual([1, 1, 0])
    expect(leaking.verdicts).toEqual(['fail', 'fail'])
    const stopped = await comparisonOf({ ...BOTH, cpuPerRequest: 'base + 5%' }, 200, { stopWhenFailed: true })
    expect(stopped.soaks.map(Number)).toEqual([1, 1])
    expect(stopped.verdicts.filter(verdict => verdict === 'fail')).toHaveLength(2)
    const calibration = await comparisonOf(BOTH, 200, { isCalibration: true, maxDuration: 200 })
    expect(calibration.soaks).not.toContain(true)
  })

  test('says where both were held to one processor', async () => {
    const notesOf = async (isHeld: boolean) => {
      let count = 0
      const duel = {
        run: async () => {
          const { base, head } = same(count++)
          return { ...pairWith(base, head), isHeld }
        },
      }
      return (await worldOf(same, { options: { duel } }).run).notes
    }
    expect(await notesOf(false)).toEqual([])
    expect(await notesOf(true)).toEqual([expect.stringContaining('held to one processor')])
  })

  test('starts sides in an order that is random and follows from the seed', async () => {
    const firsts = async (seed: number) => {
      const { run, events } = worldOf(n => ({ base: {}, head: { cpuTime: 400 * (1 + 0.2 * wave(n)) } }), {
        options: { seed },
      })
      await run
      return events.filter((_, index) => index % 2 === 0).join()
    }
    const [one, again, other] = [await firsts(1), await firsts(1), await firsts(2)]
    expect(again).toBe(one)
    expect(other).not.toBe(one)
    expect(one).toContain('start base')
    expect(one).toContain('start head')
  })

  test('ends after the last look, undecided', async () => {
    const { run } = worldOf(n => ({ base: { cpuTime: 400 }, head: { cpuTime: 400 * (1.05 + 0.1 * wave(n)) } }))
    expect(await run).toMatchObject({ pairs: 15, budgets: [{ verdict: 'inconclusive' }] })
  })

  test('tells how it stands before each pair', async () => {
    const told: string[] = []
    const onProgress: CompareOptions['onProgress'] = standing => told.push(standingOf(standing))
    await worldOf(n => ({ base: { cpuTime: 400 }, head: { cpuTime: n === 0 ? 900 : 408 } }), {
      options: { onProgress },
    }).run
    expect(told).toEqual([
      'against base  0 pairs  0/60 s',
      'against base  0 pairs  0/60 s',
      ...[1, 2, 3, 4].map(n => `against base  ${n} pair${n > 1 ? 's' : ''}  0/60 s  cpuPerRequest +2 %`),
    ])
  })

  test('has shorter pairs where only then five fit into the time', async () => {
    // A pair of blocks takes 200 ms, as the figures say: ten of them five times would be ten seconds.
    const { run, duels } = worldOf(same, { options: { maxDuration: 7_000 } })
    expect(await run).toMatchObject({ pairs: 5, budgets: [{ verdict: 'pass' }] })
    expect(duels[1]!.blocks).toBeGreaterThanOrEqual(3)
    expect(duels[1]!.blocks).toBeLessThan(10)
  })

  test('says so where there is no time for a single pair', async () => {
    const { cause, budgets } = await worldOf(same, { options: { maxDuration: 1e-3 } }).run
    expect(cause).toMatch(/^one pair of launches took .*, and all may take .* \(compare.maxDuration\)$/)
    expect(budgets).toMatchObject([{ verdict: 'inconclusive', why: [cause] }])
  })

  test.each([
    [60_000, 26],
    // Five pairs of so many blocks do not fit: as many as do.
    [12_000, 11],
  ])(
    'has longer pairs if a percentile needs more values than the usual blocks give: in %d ms',
    async (maxDuration, most) => {
      const { relative } = readBudgets(
        { p99: 'base + 900%' },
        { steps: ['search'], target: true, base: true, model: 'open' },
      )
      const asked: number[] = []
      const duel: CompareOptions['duel'] = {
        async run(_, { blocks }) {
          asked.push(blocks)
          const side = { requests: blocks * 6 }
          return { ...pairWith(side, side), blocks: { pairs: blocks, length: 100, took: 200, deviation: {} } }
        },
      }
      const { budgets, pairs } = await worldOf(same, { options: { budgets: relative, duel, maxDuration } }).run
      expect(asked[1]!).toBeGreaterThanOrEqual(most - 3)
      expect(budgets).toMatchObject([{ verdict: maxDuration > 12_000 ? 'pass' : 'inconclusive' }])
      if (maxDuration > 12_000) expect(pairs).toBe(5)
    },
  )

  test('begins no pair for which there is no time', async () => {
    const { run } = worldOf(same, { launch: () => sleep(130), options: { maxDuration: 450 } })
    const { pairs, budgets } = await run
    expect(budgets).toMatchObject([{ verdict: 'inconclusive' }])
    expect(pairs).toBeLessThan(5)
  })

  test('takes half as long again if the first decision needs it', async () => {
    const duel: CompareOptions['duel'] = {
      async run(_, { blocks }) {
        return { ...pairWith({}, {}), blocks: { pairs: blocks, length: 100, took: 1, deviation: {} } }
      },
    }
    const { run } = worldOf(same, { launch: () => sleep(600), options: { duel, maxDuration: 3_400 } })
    const { pairs, budgets } = await run
    expect(budgets).toMatchObject([{ verdict: 'pass' }])
    expect(pairs).toBe(5)
  })

  test('shows what may explain a change, without what has a budget', async () => {
    const { beside } = await worldOf(same).run
    expect(beside.map(({ budget }) => budget.key)).toEqual(['memory', 'errorRate'])
  })
})

describe('never a pass', () => {
  test.each<[string, Parameters<typeof worldOf>, string]>([
    [
      'when base cannot be started',
      [
        same,
        {
          launch: async name => {
            if (name === 'base') throw new Error('the command exited with 1')
          },
        },
      ],
      'base could not be started: the command exited with 1',
    ],
    [
      'when head is down from the third launch on',
      [
        same,
        {
          launch: async (name, n) => {
            if (name === 'head' && n > 2) throw new Error('it is down')
          },
        },
      ],
      'head could not be started: it is down',
    ],
    [
      'when a side dies under load',
      [n => (n === 4 ? { base: {}, head: { cause: 'its process ended' } } : same(n)), {}],
      'head could not be measured: its process ended',
    ],
  ])('%s', async (_, world, cause) => {
    const { run, running } = worldOf(...world)
    const comparison = await run
    expect(comparison).toMatchObject({ cause, budgets: [{ verdict: 'inconclusive', why: [cause] }] })
    expect(running.size).toBe(0)
  })

  test('a budget of growth has the cause of a pair that could not be made', async () => {
    const { relative } = readBudgets(
      { memoryGrowth: 'base + 20KB/1000 requests' },
      { steps: ['search'], target: true, base: true, model: 'closed' },
    )
    const launch = () => Promise.reject(new Error('the command exited with 1'))
    const { budgets } = await worldOf(same, { launch, options: { budgets: relative } }).run
    const why = [expect.stringContaining('could not be started: the command exited with 1')]
    expect(budgets).toMatchObject([{ budget: { key: 'memoryGrowth' }, verdict: 'inconclusive', why }])
  })

  test('where a side ended by itself: it says how, and what it wrote last', async () => {
    const end = { how: 'exited with code 3', output: ['  | no memory left'] }
    const { run } = worldOf(n => (n === 4 ? { base: { cause: 'no such process' }, head: {} } : same(n)), {
      ended: async () => end,
    })
    const cause =
      'base could not be measured: it exited with code 3 under load (no such process). Its last output:\n' +
      '  | no memory left'
    expect(await run).toMatchObject({ cause, budgets: [{ verdict: 'inconclusive', why: [cause] }] })
  })

  test('what had failed before a side was lost has failed', async () => {
    const two = readBudgets(
      { cpuPerRequest: 'base + 5%', p50: 'base + 10%' },
      { steps: [], target: true, base: true, model: 'closed' },
    ).relative
    const { run } = worldOf(
      n =>
        n === 6
          ? { base: {}, head: { cause: 'its process ended' } }
          : { base: {}, head: { cpuTime: 600 + wave(n), latency: 5.5 + 0.5 * wave(n) } },
      { options: { budgets: two } },
    )
    expect(await run).toMatchObject({ pairs: 5, budgets: [{ verdict: 'fail', why: [] }, { verdict: 'inconclusive' }] })
  })
})

test('when it is cancelled, both sides are ended', async () => {
  const abort = new AbortController()
  const { run, running } = worldOf(
    n => {
      if (n === 2) abort.abort(new Error('cancelled'))
      return same(n)
    },
    { options: { signal: abort.signal } },
  )
  await expect(run).rejects.toThrow('cancelled')
  expect(running.size).toBe(0)
})
