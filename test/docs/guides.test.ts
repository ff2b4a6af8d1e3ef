import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { files, projectFiles } from '../../scripts/readme.mjs'
import { freshFolder } from '../builders/folder.ts'
import { install } from '../builders/installed.ts'
import { amount, cases, isThorough } from '../builders/thorough.ts'
import { type Result, runProjects, writeFile } from './installed.ts'
import { root } from './pages.ts'

/*
 * Runs what the README and the guides show, all of it in one run of Vitest. Pages that change nothing of the README's
 * application are one project with it; each other is a project of its own.
 */

const scratch = freshFolder('guides')

const guides = cases(
  ['first-suite', 'first-load-test', 'data-and-secrets', 'file-uploads'],
  ['reading-the-numbers', 'steady-budgets', 'ci', 'several-applications'],
)
const page = (name: string) => join(root, `docs/guide/${name}.md`)
const filesOf = (name: string) => (name === 'readme' || name === 'slow' ? projectFiles(root) : files(page(name)))

/** The application, its description, a workflow and the configuration, as the README and the pets' page have them. */
const base = projectFiles(root).filter(({ file }) => !file.includes('.test.'))

/** Whether a page has another application or configuration than the README. */
const isApart = (name: string) =>
  name === 'slow' || (name !== 'readme' && filesOf(name).some(({ file }) => /server|config/.test(file)))
const projectOf = (name: string) => (isApart(name) ? name : 'readme')

/** Results of the tests of each project. */
let results = new Map<string, Result[]>()

/**
 * A snippet as it is run here: what it shows in ten seconds, two are enough for, and on a machine that does something
 * else besides, a time or a rate of an ordinary one says nothing. Nothing has to be warm for that. A thorough run has it
 * as it is printed.
 */
function quickened(text: string): string {
  if (isThorough) return text
  return text
    .replaceAll(/(duration|rampUp): ('?)\d+s/g, '$1: $22s')
    .replaceAll(/\bduration: /g, 'warmUp: 0, $&')
    .replaceAll(/\brate: [\d_]+/g, 'rate: 150')
    .replaceAll(/\brps: (?:800|1_000)\b/g, 'rps: 300')
    .replaceAll(/('?)\b\d+ms\1/g, '$160s$1')
    .replaceAll(/\brps: \d+, \/\/ at least/g, 'rps: 1,')
    .replaceAll(/(toBeGreaterThan)\(\d+\)/g, '$1(1)')
    .replaceAll(/(toBeLessThan)\(\d+\)/g, '$1(60_000)')
}

/** Writes the files of a page. */
function write(name: string, change = (_: string, text: string) => quickened(text)): void {
  const own = filesOf(name)
  for (const { file, text } of projectOf(name) === name ? [...base, ...own] : own)
    writeFile(join(scratch, projectOf(name), file), change(file, text))
}

let ran: Promise<void> | undefined
/** Runs all pages once, for whichever test asks first. */
function runOnce(): Promise<void> {
  ran ??= runAll()
  return ran
}

async function runAll(): Promise<void> {
  await install(scratch, 'vitest', 'vite')
  const pages = ['readme', 'slow', ...guides]
  for (const name of pages) write(name, name === 'slow' ? slowed : undefined)
  results = await runProjects(scratch, [...new Set(pages.map(projectOf))], {}, pages.flatMap(testsOf))
}

/** What a page shows as test files, as absolute paths. */
const testFilesOf = (name: string) =>
  filesOf(name).flatMap(({ file }) => (/\.test\.|\.arazzo\./.test(file) ? [join(scratch, projectOf(name), file)] : []))

/** Test files to filter by. Those of the README are run once more where a page has another application for them. */
const testsOf = (name: string) => (isApart(name) ? [join(scratch, name, '/')] : testFilesOf(name))

/** As the pets' page says: each pet takes half a second to be found. */
function slowed(file: string, text: string): string {
  if (file !== 'server.mjs') return text.replace(/rps: 1_000, duration: '\d+s'/, "rps: 300, duration: '1s', warmUp: 0")
  const [before, after] = text.split('  response.writeHead(')
  expect(after).toBeDefined()
  return `${before!.replace('createServer((', 'createServer(async (')}  if (id) await new Promise(found => setTimeout(found, 500))
  response.writeHead(${after}`
}

test.each([...guides, 'readme'])('everything in %s passes', { timeout: amount(240_000, 1_200_000) }, async name => {
  await runOnce()
  const isOwn = ({ file }: Result) => isApart(name) || testFilesOf(name).includes(file)
  const own = (results.get(projectOf(name)) ?? []).filter(isOwn)
  const bad = own.filter(({ status }) => status !== 'passed')
  expect(bad.map(({ fullName, status, failureMessages }) => [fullName, status, ...failureMessages])).toEqual([])
  const tests = filesOf(name).filter(({ file }) => file.includes('.test.'))
  const titles = tests.map(({ text }) => /(?:loadTest|test)\('([^']+)'/.exec(text)![1]!)
  expect(titles.length).toBeGreaterThan(0)
  for (const title of titles)
    expect(
      own.some(({ fullName }) => fullName.includes(title)),
      title,
    ).toBe(true)
})

test('what fails by the page of pets is what it says, and nothing else', {
  timeout: amount(240_000, 1_200_000),
}, async () => {
  await runOnce()
  const own = results.get('slow') ?? []
  const failed = own.filter(({ status }) => status === 'failed')
  const shown = [...readFileSync(page('pets'), 'utf8').matchAll(/^ FAIL {2}(pets\.load\.test\.js > .+)$/gm)]
  const said = failed.map(({ ancestorTitles, title }) => ['pets.load.test.js', ...ancestorTitles, title].join(' > '))
  expect(said).toHaveLength(shown.length)
  for (const [i, [, line]] of shown.entries()) expect(said[i]!.startsWith(line!), `${line}, ${said[i]}`).toBe(true)
})
