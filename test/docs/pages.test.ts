import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { docs, read, root } from './pages.ts'

/* What holds for the text of pages; what they show is run elsewhere. */

const textOf = (page: string) => readFileSync(join(root, page), 'utf8')
const narrow = [...read, 'docs/reference/option-details.md']

test('lines are of at most 100 columns, and cells of a few words', () => {
  const wide = narrow.flatMap(page =>
    withoutOutput(textOf(page))
      .split('\n')
      .flatMap((line, i) => (line.length > 100 && !line.includes('](') ? [`${page}:${i + 1}`] : [])),
  )
  expect(wide).toEqual([])
  const cells = narrow.flatMap(page => [...textOf(page).matchAll(/(?<=^\|.*)[^|\n]+(?=\|)/gm)])
  expect(cells.filter(([cell]) => cell.trim().split(/\s+/).length > 9).map(([cell]) => cell)).toEqual([])
})

/** A text with empty lines in the place of what programs print, which is as wide as it is. */
function withoutOutput(text: string): string {
  return text.replaceAll(/^```\n[\s\S]*?^```$/gm, block => block.replaceAll(/[^\n]/g, ''))
}

test('the README is what a newcomer reads, and not the manual', () => {
  const text = textOf('README.md')
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(130)
  // What is shown of a run is of the load test that stands above it.
  expect(text).toContain(' Load tests  1 passed (1), all 4 budgets kept: ')
  expect(textOf('docs/guide/pets.md')).toContain('finding a pet at peak: 2 budgets missed, 2 kept')
})

test('links lead to files and headings that are there', () => {
  const lost = ['README.md', ...docs].flatMap(page =>
    linksOf(page).flatMap(({ link, path, heading }) => (leads(page, path, heading) ? [] : [`${page}: ${link}`])),
  )
  expect(lost).toEqual([])
})

test('every page is found from docs/README.md', () => {
  const found = new Set<string>()
  const begin = ['docs/README.md']
  for (let page = begin.pop(); page !== undefined; page = begin.pop()) {
    if (found.has(page) || !docs.includes(page)) continue
    found.add(page)
    // Only indexes lead on: a page that is named in the middle of another one has to be looked for.
    if (page.endsWith('README.md')) begin.push(...linksOf(page).map(({ path }) => join(dirname(page!), path)))
  }
  // For those who work on the package: not packed, and so not linked.
  expect(docs.filter(page => !found.has(page))).toEqual(['docs/conformance.md', 'docs/decisions.md'])
})

test('each message of the troubleshooting is one of ours', () => {
  const text = textOf('docs/guide/troubleshooting.md')
  const messages = [...text.matchAll(/^## .*?`([^`]+)`$/gm)].map(([, message]) => message!)
  expect(messages.length).toBeGreaterThan(8)
  const sources = ['src', 'plugin'].flatMap(room =>
    readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => textOf(join(room, name))),
  )
  expect(messages.filter(message => !sources.some(source => source.includes(message)))).toEqual([])
})

test('YAML is YAML', () => {
  for (const page of narrow)
    for (const [, text] of textOf(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm))
      expect(() => parse(text!), `${page}: ${text}`).not.toThrow()
})

function linksOf(page: string): { link: string; path: string; heading: string | undefined }[] {
  const links = textOf(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)
  return [...links].map(([link, path, heading]) => ({ link, path: path!, heading }))
}

function leads(from: string, path: string, heading: string | undefined): boolean {
  try {
    const text = textOf(path === '' ? from : join(dirname(from), path))
    const slugs = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => slugOf(title!))
    return heading === undefined || slugs.includes(heading) || text.includes(`id="${heading}"`)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR'
  }
}

/** The anchor that GitHub gives a heading. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}
