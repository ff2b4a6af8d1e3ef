import { describe, expect, test } from 'vitest'
import type { Functions, FunctionTime } from '../../src/cause/functions.ts'
import { causeOfGrowth, type ProfiledPair } from '../../src/cause/growth.ts'
import { LineMap } from '../../src/cause/lines.ts'
import { Random } from '../../src/ground/random.ts'
import { causeWords } from '../../src/report/cause.ts'

const COUNT = 30
const SAMPLES = 1_000
/** Milliseconds of CPU time a request of base. */
const COST = 0.5

/** Functions of a launch, as 1,000 samples find them: shares move by 5 % from launch to launch, the cost by 1.4 %. */
function side(costs: Readonly<Record<string, number>>, random: Random) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  const moved = Object.entries(costs).map(([name, cost]) => [name, cost * (1 + 0.05 * normal())] as const)
  const sum = moved.reduce((total, [, cost]) => total + cost, 0)
  const functions: Functions = new Map()
  for (const [name, cost] of moved) {
    const expected = (SAMPLES * cost) / sum
    const time = Math.max(0, Math.round(expected + Math.sqrt(expected) * normal()))
    if (time > 0) functions.set(name, functionAt(name, time))
  }
  const all = Object.values(costs).reduce((total, cost) => total + cost, 0)
  return { functions, cost: all * (1 + 0.014 * normal()) }
}

const functionAt = (name: string, time: number): FunctionTime => {
  const line = 1 + 10 * Number(/\d+/.exec(name)?.[0] ?? 0)
  const file = `src/${name.includes('moved') ? 'shared' : name}.ts`
  return { name, file, line, column: 1, time, lines: new Map([[line + 2, time]]), beyond: new Map() }
}

/** Costs of functions, of which some have more than others. */
const usual = Object.fromEntries(
  Array.from({ length: COUNT }, (_, i) => [`f${i}`, (2 * COST * (i + 1)) / (COUNT * (COUNT + 1))]),
)

function pairsOf(head: Readonly<Record<string, number>>, seed: number, base = usual, count = 5): ProfiledPair[] {
  const random = new Random(seed, 'blocks')
  return Array.from({ length: count }, () => ({ base: side(base, random), head: side(head, random) }))
}

const withMore = (functions: Functions, name: string, time: number): Functions =>
  new Map([...functions, [name, functionAt(name, time)]])

const CHANGED = 'diff --git src/f7.ts src/f7.ts\n--- src/f7.ts\n+++ src/f7.ts\n@@ -72 +72 @@\n-a\n+b\n'

const RUNS = 200
const namesFor = (head: Readonly<Record<string, number>>, base = usual) =>
  Array.from({ length: RUNS }, (_, seed) => {
    const cause = causeOfGrowth(pairsOf(head, seed, base), new LineMap())
    return cause.kind === 'function' ? cause.function.name : cause.kind
  })
const countOf = (names: readonly string[], wanted: string) => names.filter(name => name === wanted).length

describe('over 200 simulated passes', () => {
  test.each([
    [0.1, 0.97],
    [0.25, 1],
  ])('a function that costs %d of the total more is named, and no other', (share, least) => {
    const names = namesFor({ ...usual, f7: usual.f7! + share * COST })
    expect(countOf(names, 'f7')).toBeGreaterThanOrEqual(least * RUNS)
    expect(names.filter(name => /^f/.test(name) && name !== 'f7')).toEqual([])
  })

  test('the same build names a function in at most 3 %', () => {
    expect(namesFor(usual).filter(name => /^f/.test(name)).length).toBeLessThanOrEqual(0.03 * RUNS)
  })

  test('a growth of all functions names none', () => {
    const all = Object.fromEntries(Object.entries(usual).map(([name, cost]) => [name, cost * 1.2]))
    const names = namesFor(all)
    expect(names.filter(name => /^f/.test(name))).toEqual([])
    expect(countOf(names, 'spread')).toBeGreaterThan(0.95 * RUNS)
  })

  test('a small growth next to functions that vary much names none, not even as the largest of several', () => {
    const causes = Array.from({ length: RUNS }, (_, seed) => {
      const pairs = pairsOf({ ...usual, f7: usual.f7! + 0.04 * COST }, seed).map(({ base, head }, i) => ({
        base,
        head: { ...head, functions: withMore(head.functions, 'native', seed % 2 === i % 2 ? 150 : 10) },
      }))
      return causeOfGrowth(pairs, new LineMap())
    })
    const names = causes.map(cause => {
      if (cause.kind === 'spread') return cause.largest.name
      return cause.kind === 'function' ? cause.function.name : cause.kind
    })
    expect([...new Set(names)].toSorted()).toEqual(['f7', 'not found'])
  })

  test('a growth that is lost in noise is as without the profiler; of the same build nothing is named by it', () => {
    const named = (more: number, grown: { low: number; high: number }) =>
      Array.from({ length: RUNS }, (_, seed) => {
        const noise = new Random(seed, 'launches')
        const pairs = pairsOf({ ...usual, f7: usual.f7! + more * COST }, seed).map(({ base, head }) => ({
          base,
          head: { ...head, cost: head.cost * (0.6 + 0.4 * noise.next()) },
        }))
        const cause = causeOfGrowth(pairs, new LineMap(CHANGED), grown)
        return cause.kind === 'function' ? cause.function.name : cause.kind
      })
    const lost = { low: -1, high: 1 }
    expect(countOf(named(0.25, lost), 'f7')).toBeLessThan(0.2 * RUNS)
    const names = named(0.25, { low: 0.2, high: 0.3 })
    expect(countOf(names, 'f7')).toBeGreaterThan(0.9 * RUNS)
    expect(countOf(named(0.1, { low: 0.06, high: 0.14 }), 'f7')).toBeGreaterThan(0.7 * RUNS)
    for (const all of [names, named(0, lost)]) expect(all.filter(name => /^f(?!7)/.test(name))).toEqual([])
  })

  test('code that moved to another function of its file is not the cause', () => {
    const before = { ...usual, moved1: 0.1 }
    const after = { ...usual, moved2: 0.1, f3: usual.f3! + 0.12 * COST }
    const names = namesFor(after, before)
    expect(countOf(names, 'moved2')).toBe(0)
    expect(countOf(names, 'f3')).toBeGreaterThan(0.9 * RUNS)
  })
})

test('a cause has a place, figures and whether it was changed', () => {
  const cause = causeOfGrowth(pairsOf({ ...usual, f7: usual.f7! + 0.25 * COST }, 1), new LineMap(CHANGED))
  expect(cause).toMatchObject({
    kind: 'function',
    function: { name: 'f7', file: 'src/f7.ts', line: 73, isChanged: true },
  })
  expect(causeWords(cause)).toMatch(
    /^f7 \(src\/f7\.ts:73\) uses 0\.1\d? ms more per request, \d+ to \d+ % of the increase\. Changed in this branch\.$/,
  )
})

test('a function that was renamed has the code of the one before', () => {
  const cause = causeOfGrowth(pairsOf({ ...usual, moved2: 0.3 }, 1, { ...usual, moved1: 0.1 }), new LineMap())
  expect(cause).toMatchObject({ kind: 'function', insteadOf: ['moved1'] })
})

test('fewer than two pairs, and pairs without growth, name nothing', () => {
  const more = { ...usual, f7: usual.f7! + COST }
  expect(causeOfGrowth(pairsOf(more, 1, usual, 1), new LineMap()).kind).toBe('not found')
  expect(causeOfGrowth(pairsOf(usual, 1, more), new LineMap()).kind).toBe('not found')
})
