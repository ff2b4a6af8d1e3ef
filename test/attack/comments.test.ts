import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { comparisonNextTo, readStored } from '../../src/cli/results.ts'
import { renderMarkdown } from '../../src/report/markdown.ts'
import { escaped, table } from '../../src/report/markdown-parts.ts'
import type { LoadResult } from '../../src/report/result.ts'
import { project } from '../builders/project.ts'
import { aReport, aStep } from '../builders/report.ts'
import { Random } from '../http/differential/random.ts'
import { hostileWords } from './texts.ts'

/* Issue 43, 11: texts of strangers are no links in what GitHub's own parser makes of comments and summaries. */

const EXTENSIONS = ['table', 'strikethrough', 'autolink', 'tasklist', 'tagfilter'].flatMap(name => ['-e', name])
const isMissing = spawnSync('cmark-gfm', ['--version']).error !== undefined
const html = (markdown: string): string =>
  spawnSync('cmark-gfm', ['--unsafe', ...EXTENSIONS], { input: markdown, encoding: 'utf8', maxBuffer: 1e8 }).stdout

/** Words of which links, images, mentions and elements are made. */
const words = [
  ...['www.', 'WWW.', 'wWw.', 'w', 'evil.example', 'http://', 'HTTPS://', 'ftp://', 'mailto:', 'xmpp:', '//', '://'],
  ...['a@evil.example', '@', ':', '/', '\\', '?', '#', '127.0.0.1', 'localhost', '[::1]', ':80', ':80@', ',@', ')'],
  ...['[a](b)', '![a](b)', '[a]: b', '[a][b]', '<a href="http://evil.example">', '<http://evil.example>', '<!--'],
  ...[
    '&#119;ww.',
    '&lt;',
    '`',
    '``',
    '|',
    '~',
    '_',
    '*',
    '(',
    '- [ ] ',
    '[^1]',
    'x',
    ' ',
    '\u200b',
    '\u00ad',
    '\u2060',
  ],
  ...["arazzo({ servers: 'http://evil.example' })", 'compare: { x: www.evil.example }'],
]

const links = [
  ...['www.evil.example', '(www.evil.example)', '*www.evil.example*', 'see www.www.evil.example'],
  ...[
    'wwww.evil.example',
    'http://evil.example',
    'http://localhost:80@evil.example/',
    'http://127.0.0.1:@evil.example',
    'x://y@z.example',
  ],
  ...['http://localhost:x@evil.example', 'http://[::1]:80@evil.example', 'http://localhost:80,@evil.example'],
  ...['ftp://localhost\\@evil.example', 'http://localhost.evil.example', 'a.b@evil.example', 'mailto:a@evil.example'],
]

const random = new Random(43)
const texts = [
  ...links,
  ...hostileWords,
  ...Array.from({ length: 4_000 }, () =>
    Array.from({ length: 1 + random.below(7) }, () => random.of([...words, ...hostileWords])).join(''),
  ),
]

/** What links, images and elements lead to, without those that a text of ours has. */
function found(page: string, ours = /^$/): string[] {
  const tags =
    page.match(/<(?!\/?(?:p|table|thead|tbody|tr|td|th|br|code|span|details|summary|h\d|ul|li)\b)[^>]*>/g) ?? []
  return tags.filter(tag => !['</a>', '<hr />'].includes(tag) && !ours.test(tag) && !isHere(tag))
}

/** A link to this machine, as whoever follows it reads it. */
function isHere(tag: string): boolean {
  const [, href = ''] = /^<a href="([^"]*)">$/.exec(tag) ?? []
  return URL.canParse(href) && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(href).hostname)
}

const action = (await import('../../action/escape.mjs' as string)) as { escaped(text: string): string }

describe.skipIf(isMissing)('as GitHub reads it (skipped without cmark-gfm, which .ci/run installs)', () => {
  test('the parser finds links where nothing is escaped', () => {
    for (const text of links.slice(0, 4)) expect(found(html(text)), text).not.toEqual([])
  })

  test.each([
    ['a comment', escaped],
    ['a comment of a fork', action.escaped],
  ])('no text in %s is a link, an image or an element', (_, written) => {
    const places = (text: string) => [written(text), `| a |\n| --- |\n| ${written(text)}<br>${written(text)} |`]
    const marked = texts.flatMap((text, i) => [`## t${i}`, ...places(text)]).join('\n\n')
    const pages = html(marked)
      .split(/<h2>t\d+<\/h2>\n/)
      .slice(1)
    expect(pages).toHaveLength(texts.length)
    const wrong = pages.flatMap((page, i) => (found(page).length > 0 ? [[texts[i], found(page)]] : []))
    expect(wrong).toEqual([])
  })

  test('no name, subject or message in a summary is one', () => {
    for (const text of links) {
      const report = aReport({
        steps: { [text]: aStep() },
        errors: [{ step: text, kind: 'criterion', message: text, count: 3, exemplars: [] }],
        warnings: [text],
      })
      expect(found(html(renderMarkdown([{ name: text, report }])), /^<\/?(?:strong|blockquote|em)>$/), text).toEqual([])
      expect(found(html(table([text], [[text]], ['']))), text).toEqual([])
    }
  })
})

test('a pipe among stored results is passed over', () => {
  const folder = project({})
  for (const name of ['result.json', 'other.json', 'comparison.json']) execFileSync('mkfifo', [join(folder, name)])
  expect(readStored([folder])).toEqual({ runs: [], comparisons: [], faults: [expect.stringContaining('no result')] })
  expect(comparisonNextTo(join(folder, 'result.json'), {} as LoadResult)).toBeUndefined()
})

test('CI installs the parser', () => {
  expect(readFileSync(join(import.meta.dirname, '../../.ci/run'), 'utf8')).toContain('missing+=(cmark-gfm)')
})
