import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CommentData } from '../../../plugin/reporter/run-texts.ts'
import { testNameOf } from '../../../src/budget/bound.ts'
import { writeResult } from '../../../src/report/files.ts'
import { aReport } from '../../builders/report.ts'
import { runSuite, writeSuite } from '../suites/run-suite.ts'
import { aComparison } from './runs.ts'

/* What a whole run of Vitest leaves of its load tests, by real runs. */

const SLOW = { timeout: 240_000 }

const dataIn = (folder: string): CommentData => JSON.parse(readFileSync(join(folder, 'comment.json'), 'utf8'))
const commentIn = (folder: string) => readFileSync(join(folder, 'comment.md'), 'utf8')

const CONFIG = (more = '') => `
  import arazzo from 'vitest-arazzo/plugin'
  export default { plugins: [arazzo({})], test: { include: ['*.test.js'] ${more} } }
`

test(
  'what an earlier run left, a load test that fails, a run without load tests, one that is broken',
  SLOW,
  async () => {
    const folder = await writeSuite({
      'vitest.config.js': CONFIG(),
      'a.test.js': `
      import { readdirSync, writeFileSync } from 'node:fs'
      import { test } from 'vitest'
      if (process.env.BROKEN) throw new Error('broken')
      test('checkout', { tags: ['load'] }, () => {
        writeFileSync('found.json', JSON.stringify(readdirSync('.vitest-arazzo')))
        throw new Error('too slow')
      })
      test('no load', () => {})
    `,
      ...Object.fromEntries(
        ['summary.md', 'comment.md', 'index.html', 'comment.json'].map(name => [`.vitest-arazzo/${name}`, 'old']),
      ),
    })
    const reports = join(folder, '.vitest-arazzo')
    const failed = await runSuite(folder)
    expect(failed.exitCode, failed.output).toBe(1)
    // A run that is killed from here on leaves nothing that another has said.
    expect(JSON.parse(readFileSync(join(folder, 'found.json'), 'utf8'))).toEqual([])
    expect(dataIn(reports)).toMatchObject({
      state: 'failed',
      counts: { failed: 1, undecided: 0, passed: 0 },
      tests: [{ name: 'checkout', state: 'failed', says: ['checkout: too slow'] }],
    })
    expect(commentIn(reports)).toContain('| checkout | ❌&nbsp;failed | checkout: too slow<')
    expect(readdirSync(reports).sort()).toEqual([
      '.gitignore',
      'comment.json',
      'comment.md',
      'index.html',
      'summary.md',
    ])

    // It says nothing of load, and so nothing against what is there.
    const before = statSync(join(reports, 'comment.json')).mtimeMs
    const other = await runSuite(folder, ['--tags-filter=!load'])
    expect(other.exitCode, other.output).toBe(0)
    expect(statSync(join(reports, 'comment.json')).mtimeMs).toBe(before)

    // What cannot be collected may hold the load tests of which they speak.
    const broken = await runSuite(folder, [], { BROKEN: '1' })
    expect(broken.exitCode, broken.output).toBe(1)
    expect(readdirSync(reports)).toEqual(['.gitignore'])
  },
)

test('results of load tests that are no more are removed, and no others', SLOW, async () => {
  const folder = await writeSuite({
    'vitest.config.js': CONFIG(),
    'a.test.js': `
      import { describe, test } from 'vitest'
      describe('checkout', { tags: ['load'] }, () => { test('p95', () => {}) })
      describe.skip('search', { tags: ['load'] }, () => { test('p95', () => {}) })
    `,
    'of another configuration.spec.js': '',
    'within/.git/HEAD': 'ref: refs/heads/main',
    'within/b.test.js': '',
  })
  const reports = join(folder, '.vitest-arazzo')
  const written = (file: string, name: string) =>
    writeResult({ name, file: join(folder, file), report: aReport() }, { folder: reports, root: folder, keep: 1 })
      .folder
  const kept = [
    written('a.test.js', 'checkout'),
    written('a.test.js', 'search'),
    written('of another configuration.spec.js', 'login'),
    written('within/b.test.js', 'of a repository within this one'),
  ]
  const gone = [written('a.test.js', 'basket'), written('removed.test.js', 'checkout')]
  // An earlier run goes with the last one; what others have put there stays.
  written('a.test.js', 'basket')
  writeFileSync(join(gone[1]!, 'notes.txt'), 'mine')
  const run = await runSuite(folder, ['-t', 'p95'])
  expect(run.exitCode, run.output).toBe(0)
  expect(kept.filter(own => !existsSync(join(own, 'result.json')))).toEqual([])
  expect(existsSync(gone[0]!)).toBe(false)
  expect(readdirSync(gone[1]!)).toEqual(['notes.txt'])
})

test('a comparison, whatever names and messages are, and a file that is broken', SLOW, async () => {
  const comparison = aComparison()
  const stored = { version: 1, name: 'n', file: 'f', at: '2026-11-27T13:00:00.000Z', comparison }
  const [dear] = comparison.budgets
  const folder = await writeSuite({
    'vitest.config.js': CONFIG(),
    'a.test.js': `
      import { describe, expect, test } from 'vitest'
      describe('check|out <b> @team #12', { tags: ['load'] }, () => {
        test('the load', ({ task }) => { task.meta.comparison = ${JSON.stringify(stored)} })
        test(${JSON.stringify(testNameOf(dear!.budget))}, () => { throw Object.assign(new Error('told by the table'), { name: 'BudgetError' }) })
        test('p50', ctx => ctx.skip('not compared: there is no base. Say what it is.'))
        test('of its own', () => expect('<i>@all').toBe('b'))
      })
      test('by hand', { tags: ['load'] }, () => { throw Object.assign(new Error('who knows'), { name: 'InconclusiveError' }) })
      test('no load', () => { throw new Error('not of load') })
    `,
    'b.test.js': 'throw new Error("broken *file*")',
  })
  const summary = join(folder, 'step.md')
  const { output, exitCode } = await runSuite(folder, [], { GITHUB_STEP_SUMMARY: summary })
  expect(exitCode, output).toBe(1)
  const reports = join(folder, '.vitest-arazzo')
  const data = dataIn(reports)
  expect(data).toMatchObject({
    state: 'failed',
    counts: { failed: 1, undecided: 1, passed: 0 },
    tests: [
      { name: 'The run itself', says: ['b.test.js: broken *file*'] },
      { name: 'check|out <b> @team #12', state: 'failed' },
      { name: 'by hand', state: 'undecided', says: ['by hand: who knows'] },
    ],
  })
  const text = readFileSync(join(reports, 'summary.md'), 'utf8')
  expect(text).toContain('### ❌ check\\|out \\<b\\> @\u200bteam \\#\u200b12, head against base: fail')
  expect(text).toContain('- ❌ cpuPerRequest +20 % (95 %: 18.8 to 21.2 %), allowed +5 %: head uses more CPU time.')
  expect(text).toContain('- of its own: expected')
  expect(text).toContain('- p50: not compared: there is no base. Say what it is.')
  expect(text).toContain('- b.test.js: broken \\*file\\*')
  for (const not of ['told by the table', 'not of load', '<i>', '<b>']) expect(text).not.toContain(not)
  expect(readFileSync(summary, 'utf8').trim()).toBe(text.trim())
})

test(
  'hooks that fail around load tests, and a configuration that cannot be read, leave nothing green',
  SLOW,
  async () => {
    const grouped = `
    import { beforeAll, describe, test } from 'vitest'
    describe('group', () => {
      beforeAll(() => { if (process.env.BROKEN) throw new Error('no database') })
      test('checkout', { tags: ['load'] }, () => {})
    })
  `
    const folder = await writeSuite({
      'vitest.config.js': CONFIG(),
      'a.test.js': `${grouped}\ntest('search', { tags: ['load'] }, () => {})`,
      'b.test.js': grouped,
      'c.test.js': `
      import { beforeAll, test } from 'vitest'
      beforeAll(() => { if (process.env.BROKEN) throw new Error('no database') })
      test('checkout', { tags: ['load'] }, () => {})
    `,
    })
    const reports = join(folder, '.vitest-arazzo')
    const said = (data: CommentData) => [data.state, data.counts.passed, ...data.tests.flatMap(({ says }) => says)]
    const passing = join(folder, 'passing')
    await runSuite(folder)
    expect(said(dataIn(reports))).toEqual(['passed', 4])
    cpSync(reports, passing, { recursive: true })
    const broken = await runSuite(folder, [], { BROKEN: '1' })
    expect(broken.exitCode, broken.output).toBe(1)
    const [state, passed, ...says] = said(dataIn(reports))
    expect([state, passed, ...says.sort()]).toEqual([
      ...['failed', 1, 'a.test.js > group: no database', 'b.test.js > group: no database', 'c.test.js: no database'],
    ])
    // Where no load test was run at all, too: these speak of the run before else.
    for (const file of ['b.test', 'c.test']) {
      cpSync(passing, reports, { recursive: true })
      await runSuite(folder, [file], { BROKEN: '1' })
      expect(said(dataIn(reports))).toEqual(['failed', 0, expect.stringContaining('no database')])
    }
    cpSync(passing, reports, { recursive: true })
    writeFileSync(join(folder, 'vitest.config.js'), CONFIG().replace('{}', '{ nonsense: 1 }'))
    const unread = await runSuite(folder)
    expect(unread.exitCode, unread.output).toBe(1)
    expect(said(dataIn(reports))).toEqual(['failed', 4, expect.stringContaining('Failed to read option nonsense')])
  },
)

test('what is skipped as undecided is no pass of a run: its files, JUnit and exit code say so', SLOW, async () => {
  const budget = (verdict: string) => JSON.stringify({ key: 'p99', operator: '<=', bound: 0.1, unit: 'share', verdict })
  const folder = await writeSuite({
    'vitest.config.js': CONFIG(),
    'a.test.js': `
      import { describe, test } from 'vitest'
      describe('checkout', { tags: ['load'] }, () => {
        test('p99 (base)', ctx => {
          ctx.task.meta.budget = ${budget('inconclusive')}
          ctx.skip('inconclusive: p99: undecided')
        })
        if (process.env.KEPT) test('p50 (base)', ctx => { ctx.task.meta.budget = ${budget('pass')} })
      })
    `,
  })
  const reports = join(folder, '.vitest-arazzo')
  const args = ['--reporter=default', '--reporter=junit', '--outputFile.junit=junit.xml']
  const none = await runSuite(folder, args)
  expect(none.exitCode, none.output).toBe(3)
  expect(none.output).toContain('Failed to decide any budget: 1 budget undecided, none kept.')
  expect(dataIn(reports)).toMatchObject({ state: 'undecided', counts: { undecided: 1, passed: 0 } })
  expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain('<property name="verdict" value="inconclusive">')
  const some = await runSuite(folder, args, { KEPT: '1' })
  expect(some.exitCode, some.output).toBe(0)
  expect(dataIn(reports)).toMatchObject({ state: 'undecided', counts: { undecided: 1, passed: 0 } })
})

test('several projects: one summary for all, in their folder or in that of the root', SLOW, async () => {
  const file = (name: string) => `
    import { test } from 'vitest'
    test('same name', { tags: ['load'] }, () => { if (${JSON.stringify(name)} === 'a') throw new Error('no') })
  `
  const config = (folders: string) => `
    import arazzo from 'vitest-arazzo/plugin'
    const project = (name, folder) => ({
      plugins: [arazzo({ reports: { folder } })],
      test: { name, root: './' + name, include: ['*.test.js'] },
    })
    export default { test: { projects: [${folders}] } }
  `
  const written = (folders: string) =>
    writeSuite({ 'vitest.config.js': config(folders), 'a/x.test.js': file('a'), 'b/x.test.js': file('b') })
  const apart = await written("project('a', './out'), project('b', './out')")
  const { output } = await runSuite(apart)
  expect(existsSync(join(apart, '.vitest-arazzo/comment.json')), output).toBe(true)
  const { tests, counts } = dataIn(join(apart, '.vitest-arazzo'))
  expect({ tests, counts }).toMatchObject({
    counts: { failed: 1, passed: 1 },
    tests: [{ name: expect.stringMatching(/^same name \(a, .*x\.test\.js\)$/) }],
  })
  expect(existsSync(join(apart, 'a/out'))).toBe(false)

  const together = await written("project('a', '../out'), project('b', '../out')")
  await runSuite(together)
  expect(dataIn(join(together, 'out')).counts).toMatchObject({ failed: 1, passed: 1 })
  expect(existsSync(join(together, '.vitest-arazzo'))).toBe(false)
})
