import { Buffer } from 'node:buffer'
import type { Browser } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chartDataOf } from '../../../src/report/html/chart-data.ts'
import { curveDataOf, renderHtmlReport } from '../../../src/report/html/page.ts'
import { aCapacityRun, heldProbe, missedProbe } from '../../builders/capacity.ts'
import { aReport } from '../../builders/report.ts'
import { aLongRun, anAdaptiveRun } from './a-long-run.ts'
import { openBrowser, show, withoutChromium } from './browser.ts'

const steps = ['login', 'list', 'pay']
const name = 'checkout at peak'

test('a run of 30 minutes with 20 steps is less than 1.5 MB', () => {
  const many = Array.from({ length: 20 }, (_, i) => `step-${i}`)
  for (const report of [aLongRun(1800, many), anAdaptiveRun(1800, many)])
    expect(Buffer.byteLength(renderHtmlReport([{ name, report }]))).toBeLessThan(1_500_000)
})

test('text from documents and answers stays text', () => {
  const report = aReport({ workflow: { file: '/p/<b>.yaml', workflowId: '"><img src=x onerror=alert(1)>' } })
  const page = renderHtmlReport([{ name: '<script>alert(1)</script>', report }])
  expect(page).not.toContain('<script>alert')
  expect(page).not.toContain('<img')
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
})

test('a typical and the slowest iteration are drawn by their requests, and requests that passed are shown', () => {
  const page = renderHtmlReport([{ name, report: aLongRun(60, steps) }])
  expect(page).toContain('A typical iteration: 30 ms, begun at 9 s, thread 1')
  expect(page).toContain('The slowest iteration: 1.2 s, begun at 9 s, thread 1')
  const bars = [...page.matchAll(/<span style="margin-left: ([\d.]+)%; width: ([\d.]+)%">/g)]
  expect(bars.map(([, ...bar]) => bar.map(Number))).toEqual(
    [0, 1].flatMap(() => [0, 33.33, 66.67].map(from => [from, 33.33])),
  )
  expect(page).toMatch(/<summary><strong>pay<\/strong><\/summary>\s*<p>at 3 s, after 8.1 ms, thread 1<\/p>/)
  expect(page).toContain('{&quot;name&quot;:&quot;&lt;script&gt;alert(2)&lt;/script&gt;&quot;}')
  expect(page).not.toContain('<script>alert(2)')
  const without = renderHtmlReport([{ name, report: aReport() }])
  for (const part of ['Iterations</h2>', 'Examples</h2>']) expect(without).not.toContain(part)
})

test('changes of the limit and doubts that have a moment are marked, and told in words', () => {
  const report = anAdaptiveRun(60, steps)
  const { marks, charts } = chartDataOf(report)
  expect(marks.filter(({ kind }) => kind === 'limit')).toHaveLength(20)
  expect(marks[0]).toEqual({ at: 3, kind: 'limit', text: 'limit 20 → 21: mean 44.2 ms is under 50 ms' })
  expect(marks.filter(({ kind }) => kind === 'doubt')).toEqual([
    { at: 43, kind: 'doubt', text: '4 arrivals dropped in 2 s' },
    { at: 60, kind: 'doubt', text: 'cut short: it was cancelled' },
  ])
  const page = renderHtmlReport([{ name, report }])
  expect(page).toContain('Marked on the charts: 20 changes of the limit, 2 doubts')
  expect(page).toContain('<strong>43 s</strong> 4 arrivals dropped in 2 s')
  const { columns } = charts.find(({ title }) => title === 'Concurrency')!
  expect(columns.map(({ label }) => label)).toEqual(['iterations in flight', 'limit'])
  expect(columns[1]!.values.slice(0, 7)).toEqual([20, 20, 20, 21, 21, 21, 22])
  expect(renderHtmlReport([{ name, report: aLongRun(60, steps) }])).not.toContain('Marked on the charts')
})

/** A search as it goes: doubled, given up, halved in ratio; one rate that the generator could not make. */
function aSearch() {
  const probes = [
    ...[500, 1_000, 2_000, 4_000].map((rate, i) => heldProbe(rate, { isShort: true, latency: 9 + i * i * 2 })),
    missedProbe(8_000, { latency: 900, because: 'p99 900 ms is over 100 ms (given up after 1.2 s)' }),
    missedProbe(5_657, { latency: 310, because: 'p99 310 ms is over 100 ms (given up after 1.2 s)' }),
    missedProbe(4_757, { ranAway: false, limitedBy: 'generator', because: 'a load thread was busy 95 % of the time' }),
    missedProbe(4_400),
    heldProbe(4_200, { latency: 71 }),
    heldProbe(4_200, { latency: 78, isMeasured: true }),
  ]
  return aCapacityRun({ probes }, { series: aLongRun(60, steps).series })
}

test('what a search for the capacity found is a curve, a table and words', () => {
  const report = aSearch()
  expect(curveDataOf(report)).toEqual({
    figure: 'p99',
    rates: [500, 1_000, 2_000, 4_000, 4_200, 4_200, 4_400, 4_757, 5_657, 8_000],
    outcomes: [
      { kind: 'held', label: 'held', latency: [9, 11, 17, 27, 71, 78, null, null, null, null] },
      { kind: 'missed', label: 'missed', latency: [null, null, null, null, null, null, 130, null, 310, 900] },
      {
        kind: 'generator',
        label: 'missed by the generator',
        latency: [null, null, null, null, null, null, null, 130, null, null],
      },
    ],
    bound: 100,
  })
  const page = renderHtmlReport([{ name, report }])
  expect(page).toContain('With p99 &lt; 100 ms and at most 1 % errors: 4,200/s held, 4,400/s did not')
  expect(page).toContain('<td>measured, held</td>')
  expect(page).toContain('<td class="bad">a load thread was busy 95 % of the time</td>')
  expect(curveDataOf(aCapacityRun({ probes: [] }))).toBeUndefined()
  expect(renderHtmlReport([{ name, report: aReport() }])).not.toContain('Capacity')
})

describe.skipIf(withoutChromium)(`in a browser${withoutChromium ? `: ${withoutChromium}` : ''}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  const views = [
    { width: 1280, scheme: 'light' },
    { width: 1280, scheme: 'dark' },
    { width: 375, scheme: 'light' },
  ] as const

  test.each(views)('$width px, $scheme: quiet, painted, and nothing wider than the window', async view => {
    const { page, said } = await show(browser, renderHtmlReport([{ name, report: anAdaptiveRun(60, steps) }]), view)
    const seen = await page.evaluate(`({
      charts: document.querySelectorAll('.charts canvas').length,
      distribution: document.querySelectorAll('.distribution canvas').length,
      overflow: document.documentElement.scrollWidth - innerWidth,
      ground: getComputedStyle(document.body).backgroundColor,
      painted: [...document.querySelectorAll('canvas')].every(canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return data.some(value => value !== 0)
      }),
    })`)
    expect(said).toEqual([])
    expect(seen).toEqual({
      charts: 6,
      distribution: 1,
      overflow: 0,
      ground: view.scheme === 'dark' ? 'rgb(18, 22, 28)' : 'rgb(255, 255, 255)',
      painted: true,
    })
    const picture = await page.screenshot({ fullPage: true })
    expect(picture.length).toBeGreaterThan(20_000)
    if (process.env.SCREENSHOTS) {
      await page.screenshot({
        fullPage: true,
        path: `${process.env.SCREENSHOTS}/report-${view.width}-${view.scheme}.png`,
      })
    }
    await page.close()
  })

  test.each(views)('a search, $width px, $scheme', async view => {
    const { page, said } = await show(browser, renderHtmlReport([{ name, report: aSearch() }]), view)
    const seen = await page.evaluate(`({
      overflow: document.documentElement.scrollWidth - innerWidth,
      series: [...document.querySelectorAll('.curve .u-legend .u-label')].map(({ textContent }) => textContent),
      painted: [...document.querySelectorAll('.curve canvas')].map(canvas => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return data.some(value => value !== 0)
      }),
    })`)
    expect(said).toEqual([])
    const series = ['rate', 'held', 'missed', 'missed by the generator', 'bound']
    expect(seen).toEqual({ overflow: 0, series, painted: [true] })
    if (process.env.SCREENSHOTS) {
      const section = await page.$('#capacity-0')
      await section!.screenshot({ path: `${process.env.SCREENSHOTS}/capacity-${view.width}-${view.scheme}.png` })
    }
    await page.close()
  })

  test('what the keyboard zooms in one chart is zoomed in all, and 0 brings the whole run back', async () => {
    const { page, said } = await show(browser, renderHtmlReport([{ name, report: aLongRun(60, steps) }]), views[0])
    const pictures = () =>
      page.evaluate(`[...document.querySelectorAll('.charts canvas')].map(c => c.toDataURL())`) as Promise<string[]>
    const settle = () => page.evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))')
    await settle()
    const whole = await pictures()
    await page.focus('.charts .chart:nth-child(2)')
    await page.keyboard.press('+')
    await settle()
    const zoomed = await pictures()
    for (const [i, picture] of zoomed.entries()) expect(picture === whole[i], `chart ${i}`).toBe(false)
    expect(await page.evaluate(`document.querySelector('.reset').hidden`)).toBe(false)
    await page.keyboard.press('0')
    await settle()
    expect(await page.evaluate(`document.querySelector('.reset').hidden`)).toBe(true)
    for (const [i, picture] of (await pictures()).entries()) expect(picture === whole[i], `chart ${i}`).toBe(true)
    expect(said).toEqual([])
    await page.close()
  })

  test('the tab key comes to every chart, table and failure', async () => {
    const { page } = await show(browser, renderHtmlReport([{ name, report: aLongRun(60, steps) }]), views[0])
    const reached = new Set<string>()
    for (let i = 0; i < 150; i++) {
      await page.keyboard.press('Tab')
      reached.add(
        (await page.evaluate(
          `document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName`,
        )) as string,
      )
    }
    expect([...reached]).toEqual(
      expect.arrayContaining([
        'Rate, /s',
        "Application's memory, MB",
        'Latency by percentile, ms',
        'Steps',
        'SUMMARY',
        'Environment',
      ]),
    )
    await page.close()
  })
})
