/**
 * Makes pictures of the HTML report as people meet it. Run: `npm run screenshots -- [folder]`, by default
 * bench/out/screenshots. They are to be looked at: no test can tell whether a page is pleasant. Those of the README, of
 * a terminal and a page in both schemes, go to docs/images.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { marked } from 'marked'
import { countLine, passedRows } from '../../../plugin/reporter/passed-rows.ts'
import { commentText } from '../../../plugin/reporter/run-texts.ts'
import type { Comparison } from '../../../src/compare/comparison.ts'
import { comparisonSection } from '../../../src/compare/markdown.ts'
import type { Cause } from '../../../src/measure/report.ts'
import { colorsOf } from '../../../src/report/color.ts'
import { type NamedReport, renderHtmlReport } from '../../../src/report/html/page.ts'
import { renderLoadReport } from '../../../src/report/table.ts'
import { aComparison, aRun, failedTest, passedTest } from '../../plugin/reporter/runs.ts'
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
  { name: 'compared', run: () => ({ ...failedRun(), sections: [compared()] }), width: 1100 },
]

const compared = () => comparisonSection(dearer(), '2026-12-02T10:11:12.000Z')

/** A comparison with a cause. */
function dearer(): Comparison {
  const { budgets, ...comparison } = aComparison()
  const cause: Cause = {
    kind: 'function',
    function: { name: 'priceOf', file: 'src/prices.ts', line: 41, isChanged: true },
    ...{ added: 0.052, share: { low: 0.61, high: 1 }, beyond: [] },
  }
  const [first, ...others] = budgets
  return { ...comparison, budgets: [{ ...first!, cause }, ...others] }
}

/** The comment of a pull request, in the colours of GitHub. */
function commentPage(): string {
  const [failed, passed] = [failedRun(), passedRun()]
  const run = aRun([
    failedTest(failed.name, { report: { ...passed.report, verdicts: [] }, comparison: dearer() }),
    passedTest('searching at peak', { report: passed.report }),
  ])
  // Not each machine has a font with these signs.
  const signs = { '❌': '<b style="color: #d1242f">✗</b>', '✅': '<b style="color: #1a7f37">✓</b>' }
  const text = commentText(run).replace(/❌|✅/g, sign => signs[sign as keyof typeof signs])
  return `<!doctype html><meta charset="utf-8"><style>
    :root { color-scheme: light dark }
    body { margin: 0; padding: 16px; background: light-dark(#fff, #0d1117); color: light-dark(#1f2328, #e6edf3);
      font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif }
    .comment { border: 1px solid light-dark(#d1d9e0, #3d444d); border-radius: 6px }
    header { padding: 8px 16px; background: light-dark(#f6f8fa, #151b23); border-radius: 6px 6px 0 0;
      border-bottom: 1px solid light-dark(#d1d9e0, #3d444d) }
    main { padding: 0 16px 8px } h2 { font-size: 21px; border-bottom: 1px solid light-dark(#d1d9e0b3, #3d444db3) }
    table { border-collapse: collapse; margin: 12px 0 } td, th { border: 1px solid light-dark(#d1d9e0, #3d444d);
      padding: 6px 13px; vertical-align: top } pre, code { background: light-dark(#eff1f3, #22272e);
      border-radius: 6px; padding: 2px 6px; font: 85% ui-monospace, monospace } pre { padding: 12px; overflow: auto }
    pre code { padding: 0 } a { color: light-dark(#0969da, #4493f8) }
  </style><div class="comment"><header><b>github-actions</b> commented</header><main>${marked(text)}</main></div>`
}

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
  { name: 'comment', text: commentPage, width: 900, isWhole: true },
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
