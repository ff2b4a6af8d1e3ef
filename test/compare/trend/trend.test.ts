import { describe, expect, test } from 'vitest'
import type { StoredComparison } from '../../../src/compare/comparison.ts'
import { renderTrendPage } from '../../../src/compare/trend/page.ts'
import { renderTrend, renderTrendMarkdown } from '../../../src/compare/trend/render.ts'
import { trendOf } from '../../../src/compare/trend/trend.ts'
import { chainSentence, chainsOf } from '../../../src/compare/trend/words.ts'
import type { LoadReport } from '../../../src/measure/report.ts'
import { aMachine } from '../../builders/report.ts'
import { aResultOf, type Launched } from '../../builders/results.ts'
import { aComparison } from '../../plugin/reporter/runs.ts'
import { wave } from '../pairs.ts'

const noise = (n: number) => [0.9, -1, 0.2, -0.6, 0.5, -0.3, 0.8][n % 7]!
/** 30 commits, of which the 21st and all after it cost a fifth more. */
const commits = Array.from({ length: 30 }, (_, n) => ({
  place: `/r/${1000 + n}/checkout-1a2b3c4d/result.json`,
  result: aResultOf({ n, cpu: 0.5 * (1 + 0.01 * noise(n)) * (n >= 20 ? 1.2 : 1) }),
}))
const at = (place: string, launched: Launched) => ({ place, result: aResultOf(launched) })

test('a change of level is found at its commit, in the figure that changed alone', () => {
  // The order of files is that of nothing.
  const [series, ...others] = trendOf([...commits].reverse(), '/r')
  expect(others).toEqual([])
  expect(series!.points.map(({ label }) => label)).toEqual(commits.map((_, n) => String(1000 + n)))
  const changed = series!.figures.filter(({ changes }) => changes.length > 0)
  expect(changed.map(({ name }) => name)).toEqual(['cpuPerRequest'])
  expect(changed[0]!.changes).toEqual([{ at: 20, from: expect.closeTo(0.5, 2), to: expect.closeTo(0.6, 2) }])
  expect(renderTrend([series!], 100)).toMatch(/~ cpuPerRequest \+\d+.*% from 1020 on: 0\.6\d* ms, before 0\.5\d* ms/)
  expect(renderTrendMarkdown([series!])).toMatch(/- ◆ cpuPerRequest \+/)
})

test('the page holds all of it, needs nothing else, and escapes what it shows', () => {
  const named = commits.map(({ place, result }) => ({ place, result: { ...result, name: '<b>checkout</b>' } }))
  const page = renderTrendPage(trendOf(named, '/r'), 'Trend')
  expect(page).toContain('&lt;b&gt;checkout')
  expect(page).not.toContain('<b>')
  expect(page).not.toMatch(/(?:src|href)="(?!data:)/)
  expect(page).toMatch(/from 1020 on/)
})

describe('a point is called', () => {
  test.each<[string, Launched['whose'], string[], string[]]>([
    ['by its commit', { commit: '1a2b3c4d5' }, ['/r/a/result.json'], ['1a2b3c4d5']],
    ['by the file, where one folder holds all', {}, ['/r/a.json', '/r/b.json'], ['a', 'b']],
    ['by the folder', {}, ['/r/x/a/t/result.json', '/r/x/b/t/result.json'], ['a', 'b']],
    ['by its time where it is one alone', {}, ['/r/x/result.json'], ['2026-03-01 12:00:00']],
    ['as a kept run', {}, ['/r/t/result.json', '/r/t/earlier/2026/result.json'], ['2026-03-01 12:00:00', '2026']],
  ])('%s', (_, whose, places, labels) => {
    const runs = places.map((place, n) => at(place, { n, whose: whose ?? {} }))
    expect(trendOf(runs, '/r')[0]!.points.map(({ label }) => label)).toEqual(labels)
  })
})

test('runs of one commit are one point with an interval; other machines and plans are series of their own', () => {
  const runs = [
    at('/r/a/1.json', { n: 0, memory: 100e6 }),
    at('/r/a/2.json', { n: 1, memory: 110e6 }),
    at('/r/b/1.json', { n: 2 }),
    at('/r/b/2.json', { n: 3, over: { environment: { ...aMachine, cores: 8 } } }),
    at('/r/b/3.json', { n: 4, over: { shape: { vus: 3, duration: '10s' } } }),
    at('/r/b/4.json', { n: 5, over: { state: 'cut short' } }),
    at('/r/b/5.json', {
      n: 6,
      over: { doubts: [{ kind: 'lost host', host: 'eu-1', at: 1_000, share: 0.5, found: 'It was lost.' }] },
    }),
  ]
  const series = trendOf(runs, '/r')
  expect(series.map(({ points }) => points.map(point => point.runs))).toEqual([[2, 1], [1], [1]])
  const memory = series[0]!.figures.find(({ name }) => name === 'memory')!
  expect(memory.values).toEqual([105e6, 181e6])
  expect(memory.ranges[0]).toEqual([expect.closeTo(41.5e6, -6), expect.closeTo(168.5e6, -6)])
  expect(memory.ranges[1]).toBeUndefined()
  expect(renderTrend(series, 100)).toContain('No change of level stands out: 9 points or more can show one.')
})

test('a point has the subject of its commit, and a circle if one of its runs had doubts', () => {
  const whose = { commit: '1a2b3c4d5', subject: 'Prices come with tax' }
  const doubts = [
    { kind: 'throttled', share: 0.2, text: 'The CPU quota stopped it.' },
  ] as unknown as LoadReport['doubts']
  const runs = [at('/r/a/1.json', { n: 0, whose }), at('/r/b/1.json', { n: 1, over: { doubts } })]
  const series = trendOf(runs, '/r')
  expect(series[0]!.points.map(({ isDoubtful }) => isDoubtful)).toEqual([false, true])
  const markdown = renderTrendMarkdown(series)
  expect(markdown).toContain('| 1a2b3c4d5 "Prices come with tax" |')
  expect(markdown).toMatch(/\| ○ b \|/)
  expect(renderTrend(series, 100)).toContain('○: a run had doubts.')
  const page = renderTrendPage(series, 'Trend')
  expect(page).toContain('"hollow":[false,true]')
})

describe('comparisons of neighbouring commits', () => {
  const compared = (base: string, head: string, cost: number, at: string): StoredComparison => {
    const comparison = aComparison({ cpuPerRequest: 'base + 5%' }, n => ({
      cpuTime: 400 * cost * (1 + 0.01 * wave(n)),
    }))
    return {
      ...{ version: 1, name: 'checkout', file: 'shop.load.test.ts', at },
      comparison: {
        ...comparison,
        base: { ...comparison.base, commit: base },
        head: { ...comparison.head, commit: head, subject: `Change to ${head}` },
      },
    }
  }
  const chain = [
    compared('b', 'c', 1.2, '2026-03-02T12:00:00.000Z'),
    compared('a', 'b', 1.1, '2026-03-01T12:00:00.000Z'),
    compared('c', 'd', 1, '2026-03-03T12:00:00.000Z'),
  ]

  test('are one chain: shares multiply, and the largest is named', () => {
    const cpu = chainsOf(chain).find(({ budget }) => budget.key === 'cpuPerRequest')!
    expect(cpu.links.map(({ head }) => head.commit)).toEqual(['b', 'c', 'd'])
    expect(cpu.total.mean).toBeCloseTo(0.32, 3)
    expect(cpu.total.low).toBeLessThan(0.32)
    expect(cpu.total.high).toBeGreaterThan(0.32)
    expect(chainSentence(cpu)).toMatch(
      /^checkout, cpuPerRequest over 3 commits: \+32 % \(95 %: .*\); the most by c "Change to c": \+20 %/,
    )
    expect(renderTrendMarkdown([], [cpu])).toMatch(/\| d "Change to d" \| .* \| \+32 % \|/)
    expect(renderTrendPage([], 'Trend', [cpu])).toContain('Commits that were compared with the one before')
  })

  test('are none where one stands alone, or a commit is missing between two', () => {
    expect(chainsOf([chain[0]!])).toEqual([])
    expect(chainsOf([chain[1]!, chain[2]!])).toEqual([])
  })

  test('end where commits lead back to one that came before', () => {
    const back = compared('d', 'b', 1, '2026-03-04T12:00:00.000Z')
    const [first] = chainsOf([...chain, back])
    expect(first!.links.map(({ head }) => head.commit)).toEqual(['b', 'c', 'd', 'b'].slice(0, first!.links.length))
    expect(first!.links.length).toBeLessThanOrEqual(4)
  })

  test('of the same two commits count once, the last one', () => {
    const again = compared('a', 'b', 1.3, '2026-03-01T13:00:00.000Z')
    const cpu = chainsOf([...chain, again]).find(({ budget }) => budget.key === 'cpuPerRequest')!
    expect(cpu.total.mean).toBeCloseTo(1.3 * 1.2 - 1, 3)
  })
})
