import { describe, expect, test } from 'vitest'
import { renderTrendPage } from '../../../src/compare/trend/page.ts'
import { renderTrend, renderTrendMarkdown } from '../../../src/compare/trend/render.ts'
import { trendOf } from '../../../src/compare/trend/trend.ts'
import { aMachine, aResultOf, type Launched } from '../../builders/results.ts'

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
  expect(changed[0]!.changes).toEqual([
    { at: 20, from: expect.closeTo(0.5, 2), to: expect.closeTo(0.6, 2), chance: expect.closeTo(0.001, 2) },
  ])
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
      over: { doubts: [{ kind: 'lost host', host: 'eu-1', at: 1_000, share: 0.5, text: 'It was lost.' }] },
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
