import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { files } from '../../scripts/readme.mjs'
import { install, type Result, runProjects, writeFile } from './installed.ts'
import { root } from './pages.ts'

/* Runs what the README and the guides show, all of it in one run of Vitest: each page is a project. */

const scratch = mkdtempSync(join(tmpdir(), 'guides-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const guides = [
  'first-suite',
  'first-load-test',
  'reading-the-numbers',
  'steady-budgets',
  'ci',
  'data-and-secrets',
  'several-applications',
]
const page = (name: string) => join(root, name === 'readme' || name === 'slow' ? 'README.md' : `docs/guide/${name}.md`)

/** The application, its description, a workflow and the configuration, as the README has them. */
const base = files(page('readme')).filter(({ file }) => !file.includes('.test.'))

/** Results of the tests of each page. */
let results = new Map<string, Result[]>()

/**
 * A snippet as it is run here: what it shows in ten seconds, one is enough for, and on a machine that does something
 * else besides, a time or a rate of an ordinary one says nothing. Nothing has to be warm for that.
 */
function quickened(text: string): string {
  return text
    .replaceAll(/(duration|rampUp): ('?)\d+s/g, '$1: $21s')
    .replaceAll(/\bduration: /g, 'warmUp: 0, $&')
    .replaceAll(/('?)\b\d+ms\1/g, '$160s$1')
    .replaceAll(/\brps: \d+, \/\/ at least/g, 'rps: 1,')
    .replaceAll(/(toBeGreaterThan)\(\d+\)/g, '$1(1)')
    .replaceAll(/(toBeLessThan)\(\d+\)/g, '$1(60_000)')
}

/** Writes the files of a page. */
function write(name: string, change = (_: string, text: string) => quickened(text)): void {
  for (const { file, text } of [...base, ...files(page(name))]) writeFile(join(scratch, name, file), change(file, text))
}

let ran: Promise<void> | undefined
/** Runs all pages once, for whichever test asks first. */
function runOnce(): Promise<void> {
  ran ??= runAll()
  return ran
}

async function runAll(): Promise<void> {
  await install(scratch)
  const pages = ['readme', 'slow', ...guides]
  for (const name of pages) write(name, name === 'slow' ? slowed : undefined)
  results = await runProjects(scratch, pages, {}, pages.flatMap(testsOf))
}

/**
 * Test files that a page shows, as absolute paths to filter by. Those of the README are run once more only where a
 * page has another application or configuration for them.
 */
function testsOf(name: string): string[] {
  const own = files(page(name)).map(({ file }) => file)
  if (own.some(file => /server|config/.test(file))) return [join(scratch, name, '/')]
  return own.filter(file => /\.test\.|\.arazzo\./.test(file)).map(file => join(scratch, name, file))
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
