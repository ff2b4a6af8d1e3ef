/**
 * Makes pictures of the HTML report as people meet it. Run: `npm run screenshots -- [folder]`, by default
 * bench/out/screenshots. They are to be looked at: no test can tell whether a page is pleasant.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { type NamedReport, renderHtmlReport } from '../../../src/report/html/page.ts'
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

if (withoutChromium) throw new Error(`Failed to make screenshots: ${withoutChromium}.`)
const folder = resolve(process.argv[2] ?? 'bench/out/screenshots')
mkdirSync(folder, { recursive: true })
const browser = await openBrowser()
try {
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
