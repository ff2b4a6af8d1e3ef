import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { comparisonSection } from '../../src/compare/markdown.ts'
import { addToPage, writeNextTo, writeResult } from '../../src/report/files.ts'
import { freshFolder } from '../builders/folder.ts'
import { aReport } from '../builders/report.ts'
import { aComparison } from '../plugin/reporter/runs.ts'

const AT = '2026-03-01T13:00:00.000Z'

test('a comparison is a section of the page: a card for each budget, what else changed', () => {
  const section = comparisonSection(aComparison(), AT)
  expect(section).toMatchObject({ title: 'Head against base', tone: 'fail', word: 'fail' })
  expect(section.cards).toEqual([
    {
      ...{ verdict: 'fail', name: 'cpuPerRequest', value: '+20 %', texts: [] },
      facts: [expect.stringMatching(/^base .* ms, head .* ms$/), '95 %: 18.8 to 21.2 %', 'allowed +5 %'],
    },
    {
      ...{ verdict: 'pass', name: 'p99', value: '0 %', texts: [] },
      facts: [expect.stringMatching(/^base .* ms, head .* ms$/), '95 %: -1 to 1 %', 'allowed +10 %'],
    },
  ])
  expect(section.tables.map(({ heads, rows }) => [heads.length, ...rows.map(row => row.length)])).toEqual([[4, 4]])
  expect(section.notes[1]).toBe('Compared at 2026-03-01 13:00:00 UTC.')
  const broken = comparisonSection(
    aComparison(undefined, undefined, { budgets: [], beside: [], cause: 'base ended' }),
    AT,
  )
  expect(broken).toMatchObject({ tone: 'fail', word: 'fail', fault: 'base ended.', cards: [], tables: [] })
})

test('the page is written again with it, beside the runs before; without a run there is no page', () => {
  const folder = join(freshFolder('compared'), '.vitest-arazzo')
  const whose = { name: 'checkout', file: '/p/shop.load.test.ts' }
  const section = comparisonSection(aComparison(), AT)
  addToPage(whose, { folder }, section)
  const { html } = writeResult({ ...whose, report: aReport() }, { folder })
  const before = readFileSync(html, 'utf8')
  expect(before).not.toContain('Head against base')
  writeNextTo(whose, { folder }, 'comparison.json', '{}')
  addToPage(whose, { folder }, section)
  const page = readFileSync(html, 'utf8')
  expect(page).toMatch(/<span class="badge fail">fail<\/span><\/h1>/)
  expect(page).toContain('<h2>Head against base <span class="badge fail">fail</span></h2>')
  expect(page.match(/95 %: 18\.8 to 21\.2 %/g)).toHaveLength(1)
  expect(page.indexOf('Head against base <span')).toBeLessThan(page.indexOf('<h2>Environment'))
  expect(page).toContain('<title>✗ checkout: fail</title>')
  expect(page).toContain('<a href="result.json">result.json</a>')
})
