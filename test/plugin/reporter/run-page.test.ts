import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runPage } from '../../../plugin/reporter/run-page.ts'
import { openBrowser, show, withoutChromium } from '../../report/html/browser.ts'
import { aComparison, aRun, failedTest, passedTest, undecidedTest } from './runs.ts'

const HOSTILE = '<img src=x onerror=alert(1)> "b" & c'

const page = () =>
  runPage(
    aRun([
      passedTest('browsing', { page: '.vitest-arazzo/browsing #1-ab12/report.html' }),
      undecidedTest(),
      failedTest(HOSTILE, { comparison: aComparison() }),
    ]),
    '.vitest-arazzo',
    '2026-12-02T10:11:12.000Z',
  )

test('has all load tests, what failed first, with links to their pages', () => {
  const text = page()
  expect(text).toContain('<title>Load tests: 1 failed, 1 undecided, 1 passed</title>')
  expect(text).toContain('<a href="browsing%20%231-ab12/report.html">browsing</a>')
  expect(text).not.toContain('<img src=x')
  const names = [...text.matchAll(/<th scope="row">(?:<a [^>]*>)?([^<]+)/g)].map(([, name]) => name)
  expect(names.slice(0, 3)).toEqual([expect.stringContaining('&lt;img'), expect.any(String), 'browsing'])
  expect(text).toMatch(/<span class="badge fail">missed<\/span> [^<]*against base/)
})

describe.skipIf(withoutChromium)(`in a browser${withoutChromium ? `: ${withoutChromium}` : ''}`, () => {
  let browser: Awaited<ReturnType<typeof openBrowser>>
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  test.each([1280, 375])('axe finds nothing, and no row is wider than the window: %i px', async width => {
    const { page: shown, said } = await show(browser, page(), { width, scheme: 'dark' })
    await shown.evaluate(axe.source)
    expect(await shown.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual([])
    expect(await shown.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(said).toEqual([])
    await shown.close()
  })
})
