import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'puppeteer-core'
import puppeteer from 'puppeteer-core'
import { isWindows } from '../../builders/system.ts'

/** Where a browser may be; Debian's package is the first. */
const chromium = isWindows
  ? undefined
  : ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(path => existsSync(path))

export const withoutChromium = chromium === undefined && 'chromium is not installed (apt-get install chromium)'

export function openBrowser(): Promise<Browser> {
  return puppeteer.launch({ executablePath: chromium!, headless: true, args: ['--no-sandbox', '--disable-gpu'] })
}

/** How wide a page is shown, in CSS pixels, and in which colours. */
export interface View {
  width: number
  scheme: 'light' | 'dark'
  /** Default: true. */
  scripts?: boolean
}

export interface Shown {
  page: Page
  /** What the page said on the console, threw, or asked the network for. */
  said: string[]
}

/** The page in a window of this size, with no network but the file itself. */
export async function show(browser: Browser, html: string, { width, scheme, scripts = true }: View): Promise<Shown> {
  const folder = mkdtempSync(join(tmpdir(), 'html-report-'))
  const file = join(folder, 'report.html')
  writeFileSync(file, html)
  const page = await browser.newPage()
  page.once('close', () => rmSync(folder, { recursive: true, force: true }))
  const said: string[] = []
  page.on('console', message => said.push(`console: ${message.text()}`))
  page.on('pageerror', error => said.push(`error: ${String(error)}`))
  page.on('request', request => {
    if (!/^(file|data):/.test(request.url())) said.push(`request: ${request.url()}`)
  })
  await page.setJavaScriptEnabled(scripts)
  await page.setViewport({ width, height: 900 })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  await page.goto(pathToFileURL(file).href)
  return { page, said }
}
