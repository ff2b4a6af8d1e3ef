import axe from 'axe-core'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderHtmlReport, renderSection } from '../../../src/report/html/page.ts'
import type { IcicleNode, PageSection } from '../../../src/report/page-section.ts'
import { cases } from '../../builders/thorough.ts'
import { openBrowser, show, type View, withoutChromium } from './browser.ts'
import { failedRun, inconclusiveRun, manySteps } from './views.ts'

const settle = (page: Page) =>
  page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
const said = (page: Page) => page.$eval('#live', element => element.textContent)

describe.skipIf(withoutChromium)(`in a browser${withoutChromium ? `: ${withoutChromium}` : ''}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  const light = { width: 1280, scheme: 'light' } as const
  const views = cases<View>(
    [
      { width: 1280, scheme: 'dark' },
      { width: 375, scheme: 'light' },
    ],
    [light],
  )

  test.each(views)('axe finds nothing: $width px, $scheme', async view => {
    const { page } = await show(browser, renderHtmlReport([failedRun(), inconclusiveRun()]), view)
    await page.evaluate(axe.source)
    const found = (await page.evaluate(`axe.run().then(({ violations }) =>
      violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target.join(' ')).slice(0, 3).join(', ')))`)) as string[]
    expect(found).toEqual([])
    await page.close()
  })

  test.each(views)('calls are found by keyboard and by text: $width px, $scheme', async view => {
    const leaf = (name: string, base: number, head: number, children: IcicleNode[] = []) => ({
      name,
      base,
      head,
      children,
    })
    const hostile = leaf('<img src=x onerror=alert(1)>', 0.1, 0.1)
    const icicle = leaf('all', 0.4, 0.6, [leaf('list (src/list.js:3)', 0.3, 0.5, [leaf('priceOf', 0.1, 0.3), hostile])])
    const section: PageSection = {
      ...{ title: 'Head against base', tone: 'fail', word: 'fail', cards: [], tables: [], notes: [], icicle },
    }
    const { page, said } = await show(browser, renderSection('checkout', section), view)
    const focused = () => page.evaluate('document.activeElement.getAttribute("aria-label")')
    await page.focus('.call')
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight', 'ArrowLeft'] as const) await page.keyboard.press(key)
    expect(await focused()).toBe('priceOf: 0.3 ms, base 0.1 ms, +0.2 ms')
    expect(await page.$eval('[data-call]', element => element.textContent)).toBe(await focused())
    await page.keyboard.press('ArrowUp')
    expect(await focused()).toMatch(/^list/)
    await page.type('.find-call', 'PRICE')
    expect(await page.$eval('[data-found]', element => element.textContent)).toBe('1 found')
    expect(await page.$$eval('.call.found', all => all.map(one => one.textContent))).toEqual(['priceOf'])
    await page.evaluate(axe.source)
    expect(await page.evaluate('axe.run().then(({ violations }) => violations.map(({ id }) => id))')).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    expect(said).toEqual([])
    await page.close()
  })

  test('a line is hidden and shown again by keyboard', async () => {
    const { page } = await show(browser, renderHtmlReport([failedRun()]), light)
    const label = '.chart .u-series:nth-child(2) .u-label'
    const state = () =>
      page.$eval(label, one => [one.getAttribute('aria-pressed'), one.closest('tr')!.classList.contains('u-off')])
    await page.focus(label)
    expect(await state()).toEqual(['true', false])
    await page.keyboard.press('Enter')
    await expect.poll(state).toEqual(['false', true])
    await page.keyboard.press('Space')
    await expect.poll(state).toEqual(['true', false])
    await page.close()
  })

  test('legends have values before anybody points; the arrows read one moment after the other', async () => {
    const { page } = await show(browser, renderHtmlReport([failedRun()]), light)
    await settle(page)
    const resting = (await page.$$eval('.charts .u-series:not(.band) .u-value', cells =>
      cells.map(cell => cell.textContent),
    )) as string[]
    expect(resting.length).toBeGreaterThan(15)
    expect(resting.filter(text => !text || /^(–|--)$/.test(text))).toEqual([])
    await page.focus('.charts .chart:nth-child(2)')
    await page.keyboard.press('Home')
    expect(await said(page)).toMatch(/^at 0:00\.5: p50 [\d.]+, p95 [\d.]+, p99 [\d.]+, mean [\d.]+$/)
    await page.keyboard.press('ArrowRight')
    expect(await said(page)).toMatch(/^at 0:01\.5: p50 /)
    await page.keyboard.press('End')
    expect(await said(page)).toMatch(/^at 0:59\.5: p50 /)
    await page.close()
  })

  test('a step that is pressed has its line alone; of twenty, the few that take most are seen before', async () => {
    const { page, said } = await show(browser, renderHtmlReport([manySteps()]), light)
    const lines = async () => {
      await settle(page)
      return page.$$eval('.charts .chart', charts => {
        const chart = charts.find(chart => chart.getAttribute('aria-label')?.startsWith('Service time by step'))!
        const shown = Array.from(chart.querySelectorAll('.u-series:not(.u-off):not(.band) .u-label'))
        return shown.slice(1).map(label => label.textContent)
      })
    }
    expect(await lines()).toHaveLength(6)
    await page.click('button[data-step="step-3"]')
    expect(await lines()).toEqual(['step-3'])
    await page.click('button[data-step="step-3"]')
    expect(await lines()).toHaveLength(6)
    expect(said).toEqual([])
    await page.close()
  })

  test('on a telephone every table that has more columns says so', async () => {
    const { page } = await show(browser, renderHtmlReport([failedRun()]), { width: 375, scheme: 'light' })
    await settle(page)
    const tables = await page.$$eval('.scroll', boxes =>
      boxes.map(box => ({
        isCut: box.scrollWidth > box.clientWidth + 1,
        isSaid: !(box.nextElementSibling as HTMLElement).hidden && box.nextElementSibling!.clientHeight > 0,
      })),
    )
    expect(tables.filter(({ isCut }) => isCut).length).toBeGreaterThan(1)
    expect(tables.filter(({ isCut, isSaid }) => isCut !== isSaid)).toEqual([])
    await page.close()
  })

  test('without scripts a picture stands in, and nothing that needs them is seen', async () => {
    const { page } = await show(browser, renderHtmlReport([failedRun()]), { ...light, scripts: false })
    const height = (selector: string) =>
      page.$$eval(selector, all => all.map(one => one.getBoundingClientRect().height))
    const [picture] = await height('noscript svg')
    expect(picture).toBeGreaterThan(200)
    for (const selector of ['.charts:not([data-history])', '.hint.scripted', '.distribution'])
      expect(new Set(await height(selector)), selector).toEqual(new Set([0]))
    await page.close()
  })

  test('printed it is light, charts are drawn for a sheet, and nothing is wider than that', async () => {
    const { page } = await show(browser, renderHtmlReport([failedRun()]), { width: 1280, scheme: 'dark' })
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`)
    await page.emulateMediaType('print')
    await page.setViewport({ width: 703, height: 1000 })
    await settle(page)
    const seen = await page.evaluate(`({
      ground: getComputedStyle(document.body).backgroundColor,
      wider: [...document.querySelectorAll('body *')]
        .filter(element => element.getBoundingClientRect().right > innerWidth + 1)
        .map(element => element.tagName + '.' + element.className),
      isCut: [...document.querySelectorAll('.chart')].some(chart => getComputedStyle(chart).breakInside !== 'avoid'),
      closed: document.querySelectorAll('details.failure:not([open])').length,
    })`)
    expect(seen).toEqual({ ground: 'rgb(255, 255, 255)', wider: [], isCut: false, closed: 0 })
    await page.emulateMediaType('screen')
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`)
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(18, 22, 28)')
    await page.close()
  })
})
