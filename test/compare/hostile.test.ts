import { stripVTControlCharacters } from 'node:util'
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ComparedBudget, type Comparison, comparisonOf } from '../../src/compare/comparison.ts'
import { comparisonMarkdown, comparisonSection } from '../../src/compare/markdown.ts'
import { renderComparison, renderComparisonMarkdown, shownStored } from '../../src/compare/results/shown.ts'
import { renderTrendPage } from '../../src/compare/trend/page.ts'
import { trendOf } from '../../src/compare/trend/trend.ts'
import { otherChangeLines } from '../../src/compare/words.ts'
import { renderHtmlReport } from '../../src/report/html/page.ts'
import { widthOf } from '../../src/report/text.ts'
import { aReport } from '../builders/report.ts'
import { aResultOf } from '../builders/results.ts'
import { aComparison } from '../plugin/reporter/runs.ts'
import { openBrowser, show, withoutChromium } from '../report/html/browser.ts'

const AT = '2026-03-01T13:00:00.000Z'
const LONG = 'n'.repeat(10_000)
const WILD =
  '</script><script>document.title="run"</script><img src=x onerror="document.title=\'run\'"> | a | `b` 👩‍👩‍👧 \u202eabc\u2066' +
  '\u001b]0;x\u0007\u009b31m\n::error::x\n## x\n| c | [d](javascript:alert(1)) {{e}} ${f}'

/** A comparison in which every text of others is this one. */
function comparisonOfTexts(text: string): Comparison {
  const { budgets, beside } = aComparison()
  const named = (found: ComparedBudget): ComparedBudget => ({
    ...found,
    budget: { ...found.budget, key: text, path: ['steps', text, 'p99'], step: text },
  })
  const revision = { commit: text, subject: text, from: text }
  const undecided: ComparedBudget = { ...named(budgets[1]!), verdict: 'inconclusive', why: [text, text] }
  return aComparison(undefined, undefined, {
    ...{ base: revision, head: revision, notes: [text], cause: text },
    budgets: [named(budgets[0]!), undecided],
    beside: beside.map(named),
  })
}

const SEEN = `({
  width: document.documentElement.scrollWidth,
  images: document.querySelectorAll('img').length,
  isRun: document.title === 'run',
})`

const storedOf = (comparison: Comparison, name = 'checkout') =>
  ({ version: 1, name, file: '/p/a.ts', at: AT, comparison }) as const

test('names of 10,000 characters leave figures and verdicts in sight, and take no more than their room', () => {
  const comparison = comparisonOfTexts(LONG)
  const markdown = comparisonMarkdown({ name: LONG, comparison })
  expect(markdown.length).toBeLessThan(5_000)
  expect(markdown).toMatch(
    /^- ❌ n+…n+ p99 \(one user alone\) \+20 % \(95 %: 18\.8 to 21\.2 %\), allowed \+5 %: head uses more CPU time\.$/m,
  )
  expect(otherChangeLines(comparison)[0]!.length).toBeLessThan(200)
  const shown = shownStored(storedOf(comparison, LONG))
  expect(renderComparisonMarkdown(shown).length).toBeLessThan(5_000)
  const lines = renderComparison(shown, 80).split('\n')
  expect(lines.filter(line => widthOf(line) > 80)).toEqual([])
  expect(stripVTControlCharacters(lines.join(' '))).toMatch(/head uses\s+more\s+CPU\s+time\./)
})

test('a stored comparison with a cause is undecided wherever it is shown, whatever its budgets say', () => {
  const { budgets } = aComparison()
  const [, passed] = budgets
  const shown = (over: Partial<Comparison>) => shownStored(storedOf(aComparison(undefined, undefined, over)))
  expect(passed!.verdict).toBe('pass')
  expect(shown({ budgets: [passed!] }).verdict).toBe('pass')
  expect(shown({ budgets: [passed!], cause: 'base ended' })).toMatchObject({
    verdict: 'fail',
    notes: expect.arrayContaining(['Not compared to the end: base ended']),
  })
  expect(shown({ budgets: [] }).verdict).toBe('inconclusive')
  expect(shown({ budgets, cause: 'base ended' }).verdict).toBe('fail')
})

test('a comparison.json of thousands of faults, or nested as deep, is refused in a few lines that name it', () => {
  const stored = storedOf(aComparison())
  const messageOf = (value: unknown) => {
    try {
      comparisonOf(value, 'c.json')
    } catch (error) {
      return (error as Error).message
    }
    return ''
  }
  const many = messageOf({ ...stored, comparison: { ...stored.comparison, notes: Array(5_000).fill(5) } })
  expect(many).toMatch(
    /^Failed to read c\.json: it is not a comparison: comparison\.notes\.0: .*; and 4,980 more\. Give /,
  )
  expect(many.length).toBeLessThan(3_000)
  const deep = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)
  expect(messageOf({ ...stored, more: deep })).toBe(
    'Failed to read c.json: it is nested too deeply. Give a comparison.json as it was written.',
  )
})

describe.skipIf(withoutChromium)('the page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser.close())

  test.each([
    ['markup, controls and commands', WILD],
    ['one word of 10,000 characters', LONG],
    ['Arabic', 'مرحبا بالعالم '.repeat(100)],
  ])('shows %s as text, within 375 px', async (_, text) => {
    const { cause, ...complete } = comparisonOfTexts(text)
    expect(cause).toBe(text)
    const sections = [comparisonSection(comparisonOfTexts(text), AT), comparisonSection(complete, AT)]
    const html = renderHtmlReport([{ name: text, report: aReport({ warnings: [text] }), sections }])
    const { page, said } = await show(browser, html, { width: 375, scheme: 'light' })
    expect(await page.evaluate(SEEN)).toEqual({ width: 375, images: 0, isRun: false })
    // The undecided budget is listed if there is no cause.
    const rows = await page.$$eval('#compared-0 tbody tr', all => all.map(row => row.children.length))
    expect(rows).toEqual([4, 4])
    expect(await page.$$eval('#compared-0 .tile', all => all.length)).toBe(3)
    // Of runs whose commits have this name.
    const runs = [0, 1].map(n => ({
      place: `x/${n}.json`,
      result: { ...aResultOf({ n, cpu: 0.5 }), name: text, commit: n + text },
    }))
    const trend = await show(browser, renderTrendPage(trendOf(runs, '.'), 'Trend'), { width: 375, scheme: 'light' })
    expect(await trend.page.evaluate(SEEN)).toEqual({ width: 375, images: 0, isRun: false })
    expect([...said, ...trend.said]).toEqual([])
    await trend.page.close()
    await page.close()
  })
})
