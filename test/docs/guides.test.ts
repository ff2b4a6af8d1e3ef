import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { files } from '../../scripts/readme.mjs'
import { builtPlugin } from '../plugin/server/built.ts'
import { runVitestAgain } from '../plugin/server/run-vitest.ts'

/* Runs what the README and the guides show, all of it in one run of Vitest: each page is a project. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'guides-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const guides = [
  'first-load-test',
  'reading-the-numbers',
  'steady-budgets',
  'ci',
  'data-and-secrets',
  'several-applications',
]
const page = (name: string) => join(root, name === 'readme' || name === 'slow' ? 'README.md' : `docs/${name}.md`)

/** The application, its description, a workflow and the configuration, as the README has them. */
const base = files(page('readme')).filter(({ file }) => !file.includes('.test.'))

interface Result {
  title: string
  fullName: string
  ancestorTitles: string[]
  status: string
  failureMessages: string[]
}

/** Results of the tests of each page. */
const results = new Map<string, Result[]>()

/**
 * A snippet as it is run here: what it shows in ten seconds, one is enough for, and on a machine that does something
 * else besides, a time or a rate of an ordinary one says nothing.
 */
function quickened(text: string): string {
  return text
    .replaceAll(/(duration|rampUp): ('?)\d+s/g, '$1: $21s')
    .replaceAll(/('?)\b\d+ms\1/g, '$160s$1')
    .replaceAll(/\brps: \d+, \/\/ at least/g, 'rps: 1,')
    .replaceAll(/(toBeGreaterThan)\(\d+\)/g, '$1(1)')
    .replaceAll(/(toBeLessThan)\(\d+\)/g, '$1(60_000)')
}

/** Writes the files of a page. */
function write(name: string, change = (_: string, text: string) => quickened(text)): void {
  for (const { file, text } of [...base, ...files(page(name))]) {
    const path = join(scratch, name, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, change(file, text))
  }
}

let ran: Promise<void> | undefined
/** Runs all pages once, for whichever test asks first. */
function runOnce(): Promise<void> {
  ran ??= runAll()
  return ran
}

async function runAll(): Promise<void> {
  const built = await builtPlugin()
  const modules = join(scratch, 'node_modules')
  mkdirSync(join(modules, 'vitest-arazzo'), { recursive: true })
  cpSync(join(root, 'package.json'), join(modules, 'vitest-arazzo/package.json'))
  symlinkSync(built, join(modules, 'vitest-arazzo/dist'))
  for (const name of ['vitest', 'vite']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
  const pages = ['readme', 'slow', ...guides]
  for (const name of pages) write(name, name === 'slow' ? slowed : undefined)
  const projects = JSON.stringify(pages.map(name => `./${name}/vitest.config.mjs`))
  writeFileSync(join(scratch, 'vitest.config.mjs'), `export default { test: { projects: ${projects} } }\n`)
  writeFileSync(join(scratch, 'package.json'), '{ "type": "module", "private": true }')
  const { stdout, stderr } = await runVitestAgain(scratch, ['run', '--reporter=json'], {})
  const json = stdout.slice(stdout.indexOf('{"num'))
  expect(json, stderr).not.toBe('')
  const { testResults } = JSON.parse(json) as { testResults: { name: string; assertionResults: Result[] }[] }
  for (const { name, assertionResults } of testResults) {
    const of = pages.find(one => name.includes(`/${one}/`))!
    results.set(of, [...(results.get(of) ?? []), ...assertionResults])
  }
}

/** As the README says: each pet takes half a second to be found. */
function slowed(file: string, text: string): string {
  if (file !== 'server.mjs') return text.replace(/duration: '\d+s'/, "duration: '1s'")
  const [before, after] = text.split('  response.writeHead(')
  expect(after).toBeDefined()
  return `${before!.replace('createServer((', 'createServer(async (')}  if (id) await new Promise(found => setTimeout(found, 500))
  response.writeHead(${after}`
}

test.each([...guides, 'readme'])('everything in %s passes', { timeout: 240_000 }, async name => {
  await runOnce()
  const own = results.get(name) ?? []
  const bad = own.filter(({ status }) => status !== 'passed')
  expect(bad.map(({ fullName, status, failureMessages }) => [fullName, status, ...failureMessages])).toEqual([])
  const tests = files(page(name)).filter(({ file }) => file.includes('.test.'))
  const titles = tests.map(({ text }) => /(?:loadTest|test)\('([^']+)'/.exec(text)![1]!)
  expect(titles.length).toBeGreaterThan(0)
  for (const title of titles)
    expect(
      own.some(({ fullName }) => fullName.includes(title)),
      title,
    ).toBe(true)
})

test('what fails in the README is what it says, and nothing else', { timeout: 240_000 }, async () => {
  await runOnce()
  const own = results.get('slow') ?? []
  const failed = own.filter(({ status }) => status === 'failed')
  const shown = [...readFileSync(page('readme'), 'utf8').matchAll(/^ FAIL {2}(pets\.load\.test\.js > .+)$/gm)]
  const said = failed.map(({ ancestorTitles, title }) => ['pets.load.test.js', ...ancestorTitles, title].join(' > '))
  expect(said).toHaveLength(shown.length)
  for (const [i, [, line]] of shown.entries()) expect(said[i]!.startsWith(line!), `${line}, ${said[i]}`).toBe(true)
})

describe('the pages', () => {
  const written = [
    'README.md',
    ...guides.map(name => `docs/${name}.md`),
    'docs/troubleshooting.md',
    'docs/reference.md',
  ]

  test('lines are of at most 100 columns, and cells of a few words', () => {
    const wide = written.flatMap(file =>
      readFileSync(join(root, file), 'utf8')
        .split('\n')
        .flatMap((line, i) => (line.length > 100 && !line.includes('](') ? [`${file}:${i + 1}`] : [])),
    )
    expect(wide).toEqual([])
    const cells = written.flatMap(file => [
      ...readFileSync(join(root, file), 'utf8').matchAll(/(?<=^\|.*)[^|\n]+(?=\|)/gm),
    ])
    expect(cells.filter(([cell]) => cell.trim().split(/\s+/).length > 9).map(([cell]) => cell)).toEqual([])
  })

  test('the README is what a newcomer reads, and not the manual', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8')
    expect(text.split('\n').length).toBeLessThan(200)
    // What is shown of a run is of the load test that stands above it.
    const shown = [...text.matchAll(/finding a pet at peak: (?:all (\d)|(\d) budgets missed, (\d))/g)]
    expect(shown.map(([, all, missed, kept]) => Number(all ?? Number(missed) + Number(kept)))).toEqual([4, 4])
  })

  test('links lead to files and headings that are there', () => {
    const all = [...written, ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`)]
    const lost = all.flatMap(file =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(
        ([link, path, heading]) => (leads(file, path!, heading) ? [] : [`${file}: ${link}`]),
      ),
    )
    expect(lost).toEqual([])
  })

  test('each message of the troubleshooting is one of ours', () => {
    const text = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8')
    const messages = [...text.matchAll(/^## .*?`([^`]+)`$/gm)].map(([, message]) => message!)
    expect(messages.length).toBeGreaterThan(8)
    const sources = ['src', 'plugin'].flatMap(room =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
        .filter(name => name.endsWith('.ts'))
        .map(name => readFileSync(join(root, room, name), 'utf8')),
    )
    expect(messages.filter(message => !sources.some(source => source.includes(message)))).toEqual([])
  })

  test('YAML is YAML', () => {
    for (const file of written)
      for (const [, text] of readFileSync(join(root, file), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm))
        expect(() => parse(text!), `${file}: ${text}`).not.toThrow()
  })
})

function leads(from: string, path: string, heading: string | undefined): boolean {
  try {
    const text = readFileSync(path === '' ? join(root, from) : join(root, dirname(from), path), 'utf8')
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
