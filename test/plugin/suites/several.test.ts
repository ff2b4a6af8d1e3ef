import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { askOnce } from '../../../plugin/server/ask.ts'
import { membersOf } from '../../../plugin/server/process-family.ts'
import { shared } from '../../builders/shared.ts'
import { thoroughly } from '../../builders/thorough.ts'
import { copySuite, readTree, runSuite, startVitest, treeOf } from './run-suite.ts'
import { edit, FAST, runLike } from './watching.ts'

/** A copy of the suite, and what its applications have noted. */
async function prepared() {
  const folder = await copySuite('several')
  const EVENTS = join(folder, 'node_modules', 'events')
  return { folder, EVENTS, events: () => (existsSync(EVENTS) ? readFileSync(EVENTS, 'utf8').trim().split('\n') : []) }
}

/** One run of what should pass, and of calls with a target that is wrong. */
const all = shared(async () => {
  const { folder, EVENTS, events } = await prepared()
  const ran = await runSuite(folder, ['several', 'who', 'case'], { EVENTS, INCLUDE: '*.{test,case}.js' })
  return { ...ran, noted: events() }
})

const testsOf = (tree: string) => tree.split('\n').flatMap(line => line.match(/[✓×↓] .*/) ?? [])

test('several applications start in order, are known by their names, are measured each for itself, and end', async () => {
  const { tree, output, exitCode, noted } = await all()
  expect(testsOf(tree), output).toEqual([
    '✓ each is known by its name',
    '✓ which one has to be said, and rightly',
    '✓ a workflow by hand',
    '✓ 1 virtual user, 30 iterations each',
    '✓ budget: errorRate',
    '× budget: memory (BudgetError)',
    '✓ budget: api memory',
    '✓ budget: mail memory',
    '✓ budget: resent',
    '✓ 1 virtual user, 30 iterations each',
    '✓ budget: api memory',
    '× budget: db memory (BudgetError)',
    '× budget: post memory (BudgetError)',
    '✓ api',
    '✓ store',
    '✓ mail',
  ])
  expect(exitCode).toBe(1)
  // The shells, and npm, are not what is measured.
  expect(output).toMatch(/BudgetError: Expected memory <= 150 MB, .*, node app\.js \(pid \d+\)/)
  expect(output).toMatch(
    /BudgetError: Expected post memory <= 10 MB, .*, node app\.js \(pid \d+\), without (?:sh, )?npm/,
  )

  const at = (event: string) => {
    expect(noted).toContain(event)
    return noted.indexOf(event)
  }
  // Those that depend on nothing wait for one another here: they begin at the same time. The one that does comes after.
  expect(at('api begins')).toBeGreaterThan(Math.max(at('db listens'), at('mail listens')))
  expect(at('api has found db')).toBeLessThan(at('api listens'))
  // It ends before those that it depends on.
  expect(at('api ends')).toBeLessThan(Math.min(at('db ends'), at('mail ends')))
  const known = noted.filter(event => / is \d+ at http/.test(event)).map(event => event.split(' '))
  expect(new Set(known.map(([, , , , url]) => url)).size).toBe(3)
  for (const [, , pid, , url] of known) {
    await expect.poll(() => membersOf({ pid: Number(pid), mark: 'NO=MARK' })).toEqual([])
    expect(await askOnce(url!, 1000)).toEqual({ kind: 'refused' })
  }
})

test('an application that does not start fails the tests by its name, and ends the others', async () => {
  const { folder, EVENTS, events } = await prepared()
  const { tree, output, exitCode } = await runSuite(folder, ['several', 'who'], { EVENTS, FAILS: 'api' })
  expect(exitCode).toBe(1)
  expect(tree).not.toContain('✓ api')
  expect(tree).not.toContain('✓ each')
  expect(output.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')).toContain(
    'Failed to start application "api", which is "node app.js api 0": it exited with code 3 before http://127.0.0.1:PORT/ready responded.',
  )
  expect(output).toContain('  | api cannot go on')
  expect(events()).toEqual(expect.arrayContaining(['db ends', 'mail ends', 'api has found db']))
  expect(events()).not.toContain('api listens')
})

test('a target that there is not, and one that is not said, are told of before anything is sent', async () => {
  const { tree, output } = await all()
  for (const file of ['which.case.js', 'wrong.case.js'])
    expect(treeOf(tree, file)).toMatch(/^\S+\n {2}! LoadOptionsError: [^\n]+$/)
  expect(output).toContain('Failed to read target: there is no application "databse". There are "mail", "db", "api".')
  expect(output).toContain("no target process is known. There are several applications: write which, target: 'mail'.")
})

thoroughly('a change of one restarts it and those that depend on it, and no other', async () => {
  const { folder, EVENTS, events } = await prepared()
  const started = startVitest(folder, ['--watch', ...FAST, 'who'], { EVENTS })
  const green = (tree: string) => testsOf(tree).filter(line => line.startsWith('✓')).length === 3
  const { run } = await runLike(started, 0, green, 'three green tests')
  const before = events().length
  edit(join(folder, 'store/name.js'), "'db'", "'store'")
  const red = await runLike(started, run, tree => !green(tree), 'a red test')
  expect(testsOf(red.tree)).toEqual(['✓ api', '× store (CriterionError)', expect.stringContaining('↓ mail')])
  await expect.poll(() => started.output()).toContain('were restarted (store/name.js has changed)')
  expect(started.output()).toContain('The applications "db", "api" were restarted')
  const since = events().slice(before)
  expect(since).toEqual([
    'api ends',
    'db ends',
    'db begins',
    'db listens',
    'api begins',
    'api has found store',
    'api listens',
  ])
  expect(readTree(started.treeFile)?.tree).toBe(red.tree)
  started.child.kill('SIGINT')
  await expect.poll(() => events().filter(event => event.endsWith('ends')).length).toBe(5)
})

test('of an API and one that does not speak HTTP, requests and budgets are about the API by default', async () => {
  const { folder, EVENTS, events } = await prepared()
  const app = "url: 'http://127.0.0.1:{port}/', watch: false, env: { UPSTREAM: 'http://127.0.0.1:{db.port}/' }"
  writeFileSync(
    join(folder, 'vitest.config.js'),
    `import arazzo from 'vitest-arazzo/plugin'
    const api = { command: 'node app.js api', ${app} }
    const db = { command: 'node app.js db 300', watch: false, url: 'tcp://127.0.0.1:{port}' }
    export default { plugins: [arazzo({ server: { api, db }, reports: false })] }`,
  )
  writeFileSync(
    join(folder, 'alone.arazzo.yaml'),
    `arazzo: 1.1.0
info: { title: Alone, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.yaml, type: openapi }]
workflows:
  - workflowId: alone
    steps:
      - stepId: api
        operationId: who
        successCriteria: [{ condition: $response.body#/name == 'api' }]
`,
  )
  writeFileSync(
    join(folder, 'alone.test.js'),
    `import { expect, test } from 'vitest'
    import { application, loadTest } from 'vitest-arazzo'
    test('where it is', () => expect(application('db').url).toBe('tcp://127.0.0.1:' + application('db').port))
    loadTest('load', {
      workflow: './alone.arazzo.yaml',
      load: { vus: 1, iterations: 30 },
      budgets: { errorRate: 0, memory: '150MB', targets: { db: { memory: '150MB' } } },
    })`,
  )
  const { tree, output, exitCode } = await runSuite(folder, ['alone'], { EVENTS })
  expect(testsOf(treeOf(tree, 'alone.test.js')), output).toEqual([
    '✓ where it is',
    '✓ 1 virtual user, 30 iterations each',
    '✓ budget: errorRate',
    '✓ budget: memory',
    '× budget: db memory (BudgetError)',
    '✓ budget: resent',
  ])
  expect(exitCode).toBe(1)
  const at = (event: string) => events().indexOf(event)
  expect(at('api begins')).toBeGreaterThan(at('db listens'))
  expect(at('db ends')).toBeGreaterThan(at('api ends'))
})
