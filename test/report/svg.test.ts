import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { renderSvgChart } from '../../src/report/svg.ts'
import { aReport } from '../builders/report.ts'
import { aLongRun } from './html/a-long-run.ts'
import { openBrowser, show, withoutChromium } from './html/browser.ts'

test('a line for the rate and two for latency, the warm-up shaded', () => {
  const svg = renderSvgChart(aLongRun(60, ['login']))
  expect(svg.match(/<polyline/g)).toHaveLength(3)
  expect(svg.match(/<rect/g)).toHaveLength(2 * 2)
  expect(svg).toContain('requests, up to 600/s')
  expect(svg).toMatch(/^<svg xmlns="\S+" width="720" height="308" viewBox="0 0 720 308"/)
  expect(svg).not.toMatch(/NaN|undefined|Infinity/)
})

test('bounds that are near are dashed lines, and all are told', () => {
  const { budgets } = readBudgets({ p99: '100ms', p50: '10s', rps: 590 }, { steps: [], target: false })
  const svg = renderSvgChart({ ...aLongRun(60, ['login']), budgets })
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(2)
  expect(svg).toContain('; allowed p99 at most 100 ms; allowed p50 at most 10 s')
  expect(svg).toContain('; allowed at least 590/s')
})

test('seconds without answers leave a gap, and nothing at all leaves no picture', () => {
  const quiet = aLongRun(60, ['login']).series.map(interval => ({ ...interval, requests: 0, passed: 0, failed: 0 }))
  expect(renderSvgChart(aReport({ series: quiet }))).not.toMatch(/NaN|undefined|Infinity/)
  expect(renderSvgChart(aReport({ series: [] }))).toBe('')
})

describe.skipIf(withoutChromium)(`in a browser${withoutChromium ? `: ${withoutChromium}` : ''}`, () => {
  test('it is drawn', async () => {
    const browser = await openBrowser()
    try {
      const { page, said } = await show(browser, renderSvgChart(aLongRun(60, ['login'])), {
        width: 760,
        scheme: 'light',
      })
      if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/chart.png` })
      expect(await page.evaluate(`document.querySelector('polyline').getBBox().width > 600`)).toBe(true)
      expect(said).toEqual([])
    } finally {
      await browser.close()
    }
  })
})
