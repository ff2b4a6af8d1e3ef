/**
 * Makes pictures of the HTML report as people meet it. Run: `npm run screenshots -- [folder]`, by default
 * bench/out/screenshots. They are to be looked at: no test can tell whether a page is pleasant. Those of the README, of
 * a terminal and a page in both schemes, go to docs/images.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { countLine, passedRows } from '../../../plugin/reporter/passed-rows.ts'
import { colorsOf } from '../../../src/report/color.ts'
import { type NamedReport, renderHtmlReport } from '../../../src/report/html/page.ts'
import { renderLoadReport } from '../../../src/report/table.ts'
import { aRun, failedTest, passedTest } from '../../plugin/reporter/runs.ts'
import { openBrowser, show, withoutChromium } from './browser.ts'
import { failedRun, inconclusiveRun, longRun, manySteps, passedRun } from './views.ts'

interface View {
  name: string
  run: () => NamedReport
  width?: number
  scheme?: 'light' | 'dark'
  how?: 'print' | 'without scripts'
}

const VIEWS: View[] = [
  { name: 'light', run: passedRun },
  { name: 'dark', run: passedRun, scheme: 'dark' },
  { name: '375-px', run: failedRun, width: 375 },
  { name: 'print', run: failedRun, how: 'print', scheme: 'dark' },
  { name: 'without-scripts', run: failedRun, how: 'without scripts' },
  { name: 'an-hour', run: longRun },
  { name: 'twenty-steps', run: manySteps },
  { name: 'failed', run: failedRun },
  { name: 'inconclusive', run: inconclusiveRun, scheme: 'dark' },
]

/** What a terminal shows of a run of two load tests, as a page: colours are spans of their codes. */
function terminalPage(): string {
  const [failed, passed] = [failedRun(), passedRun()]
  const colors = colorsOf(true)
  const tests = [
    failedTest(failed.name, { report: failed.report }),
    passedTest('searching at peak', { report: passed.report }),
  ]
  const text = [
    renderLoadReport(failed.report, { name: failed.name, width: 104, color: true }),
    '',
    ...passedRows(tests, 104, colors),
    countLine(aRun(tests), '.vitest-arazzo/index.html', colors),
  ].join('\n')
  const codeStart = String.fromCharCode(27)
  const spans = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(`${codeStart}[39m`, '</span>')
    .replaceAll(`${codeStart}[22m`, '</span>')
    .replaceAll(new RegExp(`${codeStart}\\[(\\d+)m`, 'g'), '<span class="c$1">')
  return `<!doctype html><meta charset="utf-8"><style>
    :root { color-scheme: light dark }
    body { margin: 0; padding: 20px; background: light-dark(#fff, #14161a); color: light-dark(#222, #ddd) }
    pre { margin: 0; font: 14px/1.45 monospace }
    .c1 { font-weight: bold } .c2 { opacity: .65 }
    .c31 { color: light-dark(#b3261e, #ff8a80) } .c32 { color: light-dark(#1b6e2e, #81d48d) }
    .c33 { color: light-dark(#7a5a00, #ffd54f) }
  </style><pre>${spans}</pre>`
}

const SCHEMES = ['light', 'dark'] as const
const PICTURES = [
  { name: 'terminal', text: terminalPage, width: 960, isWhole: true },
  { name: 'page', text: () => renderHtmlReport([failedRun()]), width: 1100, isWhole: false },
]

if (withoutChromium) throw new Error(`Failed to make screenshots: ${withoutChromium}.`)
const folder = resolve(process.argv[2] ?? 'bench/out/screenshots')
mkdirSync(folder, { recursive: true })
const browser = await openBrowser()
try {
  const images = resolve('docs/images')
  mkdirSync(images, { recursive: true })
  for (const { name, text, width, isWhole } of PICTURES)
    for (const scheme of SCHEMES) {
      const { page } = await show(browser, text(), { width, scheme })
      const picture = { type: 'webp', quality: 85, path: join(images, `${name}-${scheme}.webp`) } as const
      await page.screenshot({ ...picture, fullPage: isWhole })
      await page.close()
    }
  for (const { name, run, width = 1280, scheme = 'light', how } of VIEWS) {
    const text = renderHtmlReport([run()])
    writeFileSync(join(folder, `${name}.html`), text)
    const { page, said } = await show(browser, text, { width, scheme, scripts: how !== 'without scripts' })
    if (how === 'print')
      await page.pdf({ path: join(folder, `${name}.pdf`), preferCSSPageSize: true, printBackground: true })
    else await page.screenshot({ fullPage: true, path: join(folder, `${name}.png`) })
    console.log(
      `${join(folder, name)}${how === 'print' ? '.pdf' : '.png'}${said.length > 0 ? ` said ${said.join('; ')}` : ''}`,
    )
    await page.close()
  }
} finally {
  await browser.close()
}
