import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chainsOf } from '../../../src/compare/trend/words.ts'
import { isThorough, thoroughly } from '../../builders/thorough.ts'
import { documents, place, run, stored } from './items.ts'

/* loadTest with budgets that speak of the base, in runs of Vitest in real repositories. */

/** Computes so many rounds for each request; what it has not is gone. */
const app = (rounds: number, hasOther = true) => `
const { createHash } = require('node:crypto')
const block = Buffer.alloc(1024, 'x')
require('node:http').createServer((request, response) => {
  if (request.url === '/health') return response.end('ok')
  for (let round = 0; round < ${rounds}; round++) createHash('sha256').update(block).digest()
  const status = request.url === '/other' && !${hasOther} ? 404 : 200
  response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
}).listen(process.env.PORT, '127.0.0.1')`

/** What it has not is gone as any other path. */
const withoutOther = app(1).replace("request.url === '/other' && !true", "!['/items', '/health'].includes(request.url)")

const loadTest = (budgets: object, ...workflows: string[]) => `import { loadTest } from 'vitest-arazzo'
for (const name of ${JSON.stringify(['list', ...workflows])})
  loadTest(name, {
    workflow: './items.arazzo.yaml#' + name,
    load: { rps: 100, duration: '1s', warmUp: 0 },
    budgets: ${JSON.stringify(budgets)},
  })
`

const server = { command: 'node app.cjs', url: 'http://127.0.0.1:{port}/health' }
const plugins = (compare?: object, more?: object) => `[arazzo(${JSON.stringify({ server, compare, ...more })})]`

const config = (compare?: object, more?: object) => `import arazzo from 'vitest-arazzo/plugin'
export default { plugins: ${plugins(compare, more)}, test: { include: ['*.load.test.js'] } }
`

/** A project with the plugin, and one without, which takes the package as it is, as it would an installed one. */
const bothWays = `import arazzo from 'vitest-arazzo/plugin'
const server = { deps: { external: [/\\/dist\\//] } }
const test = name => ({ name, server, include: ['*.load.test.js'] })
export default {
  test: { projects: [{ plugins: ${plugins()}, test: test('plugin') }, { test: test('bare') }] },
}
`

const slow = { timeout: 240_000 }

/** A comparison that is over soon: with its first look. */
const brief = { git: 'merge-base', maxDuration: '60s', warmUp: '200ms' }
const short = { ...brief, maxDuration: '8s' }
const WIDE = { cpuPerRequest: 'base + 900%' }
const NARROW = { cpuPerRequest: 'base + 0.01%' }

thoroughly('finds that head uses more CPU time, in a repository whose branch is', slow, async () => {
  const budgets = { errorRate: '0%', cpuPerRequest: 'base + 5%', memory: 'base + 100MB' }
  const here = place(
    { 'app.cjs': app(100) },
    {
      'app.cjs': app(400),
      'vitest.config.mjs': config({ git: 'merge-base', maxDuration: '100s' }),
      'list.load.test.js': loadTest(budgets),
    },
  )
  const { code, stdout, stderr } = await run(here)
  expect(stdout + stderr).toMatch(/BudgetError: cpuPerRequest \+\d.* allowed \+5 %: head uses more CPU time\./)
  expect(stdout).toMatch(/✓ .*> budget: errorRate /)
  expect(stdout).toMatch(/✓ .*> budget: memory \(base\) /)
  expect(stdout).toMatch(/× .*> budget: cpuPerRequest \(base\) /)
  expect(stderr).toMatch(
    /^1\/1\+ list\n(?:against base .*\n)*?against base {2}\d+ pairs? {2}\d+\/100 s {2}cpuPerRequest \+/m,
  )
  expect(code).toBe(1)
  const { comparison } = stored(here)[0]!
  expect(comparison).toMatchObject({
    base: { from: 'git merge-base', subject: 'The first' },
    head: { subject: 'The change' },
    budgets: [{ verdict: 'fail' }, { verdict: 'pass' }],
  })
  expect(comparison.pairs).toBeGreaterThanOrEqual(5)
  expect(comparison.requests.base).toBeGreaterThan(100)
  expect(readFileSync(join(here.top, '.vitest-arazzo/comment.md'), 'utf8')).toContain('head uses more CPU time')
  expect(here.git('worktree', 'list').trim().split('\n')).toHaveLength(1)

  // Of a run that cannot compare there is no comparison, least of all that of the run before.
  here.write({ 'vitest.config.mjs': config({ git: 'nowhere' }) })
  expect((await run(here)).code).toBe(1)
  expect(stored(here)).toEqual([])
})

test('without a base its budgets are skipped and say why, and fail in CI', slow, async () => {
  const here = place(
    {},
    {
      'app.cjs': app(1),
      'vitest.config.mjs': config(),
      'list.load.test.js': loadTest({ errorRate: '0%', p99: 'base + 10%' }),
    },
  )
  const alone = await run(here)
  expect([alone.code, alone.stdout]).toEqual([
    0,
    expect.stringMatching(/↓ .*p99 \(base\) .*\[not compared: there is no base/),
  ])
  here.write({ 'vitest.config.mjs': bothWays })
  const inCi = await run(here, { CI: 'true' })
  const found = 'CompareError: Failed to compare "list" with its base: there is no base\\. Say what it is'
  for (const project of ['plugin', 'bare'])
    expect(inCi.stderr).toMatch(new RegExp(`FAIL {2}\\|${project}\\| .*p99 \\(base\\)\\n${found}`))
  expect(inCi.code).toBe(1)
})

test('if each budget speaks of the base, nothing is green without one, and no load is run', slow, async () => {
  const budgets = { memory: 'base + 200MB', cpuPerRequest: 'base + 5%' }
  const here = place({}, { 'app.cjs': app(1), 'list.load.test.js': loadTest(budgets) })
  const ran = async (compare: object | undefined, env: Record<string, string>) => {
    here.write({ 'vitest.config.mjs': compare ? config({ git: 'merge-base', ...compare }) : config() })
    return run(here, env, 'default')
  }
  const alone = await ran(undefined, {})
  expect(alone.stdout.match(/.*there is no base.*/g)).toEqual([
    expect.stringMatching(/^ {3}list: not compared: there is no base\. Say what it is: .*git: 'merge-base', setup/),
  ])
  expect(alone.stdout).not.toContain('100 requests/s')
  expect(alone.stderr).toContain(
    'Failed to decide any budget: 2 budgets undecided, none kept; there is no base. Say what it is: arazzo({',
  )
  expect(alone.code).toBe(3)
  const comment = readFileSync(join(here.top, '.vitest-arazzo/comment.md'), 'utf8')
  expect(comment).toMatch(/^## ❔ Load tests: 1 undecided$/m)
  expect(comment).toMatch(/❔&nbsp;undecided \| 2 not compared/)
  const inCi = { CI: 'true', VITEST_ARAZZO_ON_INCONCLUSIVE: 'fail' }
  expect((await ran(undefined, inCi)).stderr).toContain('CompareError: Failed to compare "list" with its base')
})

const route = 'a route that only head has is new; files are of the comparison, and the default branch keeps them'
test(route, slow, async () => {
  const steps = documents['items.arazzo.yaml'].replace(/( {4}steps: \[\{ stepId: items.*)\]\n/, '$1, $OTHER]\n')
  const other = '{ stepId: other, operationId: other, successCriteria: [{ condition: $statusCode == 200 }] }'
  const budgets = { ...WIDE, memory: 'base + 200MB', steps: { other: { p50: 'base + 10%' } } }
  const here = place(
    { 'app.cjs': withoutOther, 'openapi.yaml': documents['openapi.yaml'].replace(/ {2}\/other.*\n/, '') },
    {
      'app.cjs': app(1),
      'openapi.yaml': documents['openapi.yaml'],
      'items.arazzo.yaml': steps.replace('$OTHER', other),
      'vitest.config.mjs': config(brief),
      'list.load.test.js': loadTest(budgets),
    },
  )
  here.git('switch', '--quiet', 'main')
  here.git('merge', '--quiet', 'change')
  const { code, stdout, stderr } = await run(here)
  expect([code, stderr]).toEqual([0, expect.not.stringContaining('FAIL')])
  expect(stdout).toMatch(/✓ .*> budget: memory \(base\)/)
  expect(stdout).toMatch(/↓ .*p50.*\[not compared: step "other" is new: base has no GET \/other \(status 404\)\]/)
  const first = stored(here)[0]!
  expect(first.comparison.newSteps).toEqual([{ step: 'other', route: 'GET /other', status: 404 }])
  expect(readFileSync(join(here.top, '.vitest-arazzo/summary.md'), 'utf8')).toContain('New on head, and not compared')

  expect(stdout).not.toContain('100 requests/s')
  expect(stdout).toMatch(/^ {2}report {7}\.vitest-arazzo\/list-\w+\/report\.html$/m)
  const reports = join(here.top, '.vitest-arazzo')
  const own = join(reports, readdirSync(reports).find(name => name.startsWith('list-'))!)
  expect(readdirSync(own).sort()).toEqual(['comparison.json', 'report.html', 'summary.md'])
  expect(readFileSync(join(own, 'report.html'), 'utf8')).toContain('Head against base')

  // What is undecided is compared once more if that is asked for.
  if (isThorough) {
    const undecided = { 'vitest.config.mjs': config(short), 'list.load.test.js': loadTest(NARROW) }
    here.commit('More', undecided)
    const again = await run(here, { VITEST_ARAZZO_ON_INCONCLUSIVE: 'rerun' })
    expect(again.stderr).toContain('InconclusiveError: cpuPerRequest: undecided')
    expect(again.code).toBe(1)
    expect(stored(here)[0]!.comparison.notes.join()).toContain('compared once more')
    const comment = readFileSync(join(here.top, '.vitest-arazzo/comment.md'), 'utf8')
    expect(comment).not.toContain('It does not fail this check.')
    const [kept] = readdirSync(join(own, 'earlier'))
    const earlier = JSON.parse(readFileSync(join(own, 'earlier', kept!, 'comparison.json'), 'utf8'))
    expect(earlier).toEqual(first)
    const [chain] = chainsOf([stored(here)[0]!, earlier])
    expect(chain!.links.map(({ head }) => head.subject)).toEqual(['The change', 'More'])
  }

  // Of a run that cannot compare there is no comparison, least of all that of the run before.
  here.write({ 'vitest.config.mjs': config({ git: 'nowhere' }) })
  expect((await run(here)).code).toBe(1)
  expect(stored(here)).toEqual([])
})

test('what is undecided is neutral for a pull request, and says so', slow, async () => {
  const here = place(
    { 'app.cjs': app(1) },
    { 'app.cjs': app(1), 'vitest.config.mjs': config(short), 'list.load.test.js': loadTest(NARROW) },
  )
  here.commit('Accepted\n\nLoad-Accept: list cpuPerRequest +0.02%\nLoad-Accept: lst cpuPerRequest +9%')
  const neutral = await run(here, { CI: 'true', GITHUB_BASE_REF: 'main' })
  expect(neutral.stdout).toMatch(/↓ .*> budget: cpuPerRequest \(base\) .*\[inconclusive: cpuPerRequest: undecided, /)
  expect(neutral.stderr).toContain('Failed to decide any budget: 1 budget undecided, none kept.')
  expect(neutral.code).toBe(3)
  const comment = readFileSync(join(here.top, '.vitest-arazzo/comment.md'), 'utf8')
  expect(comment).toMatch(/^## ❔ Load tests: 1 undecided$/m)
  expect(comment).toContain('It does not fail this check.')
  expect(comment).toMatch(/<br>accepted cpuPerRequest \+0\.02 % instead of \+0\.01 %, by Test in [0-9a-f]{7}/)
  expect(comment).toMatch(/"lst cpuPerRequest \+9%": there is no load test "lst"\. Did you mean "list"\?/)
})

test('a change that affects no load test passes at once and says so', slow, async () => {
  const here = place(
    {
      'app.cjs': app(1),
      'vitest.config.mjs': config({ git: 'merge-base' }, { affected: ['*.cjs'] }),
      'list.load.test.js': loadTest({ cpuPerRequest: 'base + 5%' }),
    },
    { 'README.md': 'Items' },
  )
  const { code, stdout, stderr } = await run(here, {}, 'default')
  expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(/✓ .*list\.load\.test\.js/)])
  expect(stdout).toMatch(
    /^ {3}list: not affected: the file that differs from base [0-9a-f]+ "The first" is not one of \*\.cjs\.$/m,
  )
  expect(stored(here)).toEqual([])
  const comment = readFileSync(join(here.top, '.vitest-arazzo/comment.md'), 'utf8')
  expect(comment).toMatch(/\| list \| ✅&nbsp;passed \| not affected: the file that differs/)
})

test('a budget that cannot be decided in the time is refused before anything is set up', slow, async () => {
  const here = place({ 'app.cjs': app(1) }, { 'app.cjs': app(1), 'list.load.test.js': loadTest({ p99: 'base + 10%' }) })
  const setup = `echo set up > ${join(here.top, 'SETUP')}`
  here.write({ 'vitest.config.mjs': config({ git: 'merge-base', setup, maxDuration: '10s' }) })
  const { code, stderr } = await run(here)
  expect(stderr).toContain(
    'CompareError: Failed to compare "list" with its base: p99 takes 500 iterations of each side, and the load gives ' +
      "225 in 10 s at most. Give 2.8 times the load, compare: { maxDuration: '30s' }, or a lower percentile.",
  )
  expect(stderr).toContain('list.load.test.js')
  expect(code).toBe(1)
  expect([existsSync(join(here.top, 'SETUP')), stored(here)]).toEqual([false, []])
})

test('a change that repairs base is accepted without one', slow, async () => {
  const here = place(
    { 'app.cjs': 'process.exit(3)' },
    {
      'app.cjs': app(1),
      'vitest.config.mjs': config({ git: 'merge-base' }),
      'list.load.test.js': loadTest({ errorRate: '0%', memory: 'base + 200MB' }),
    },
  )
  const env = { CI: 'true', GITHUB_BASE_REF: 'main', VITEST_ARAZZO_BASE_COMMIT: 'none' }
  const { code, stdout } = await run(here, env)
  expect([code, stdout]).toEqual([0, expect.stringMatching(/✓ .*> budget: errorRate/)])
  expect(stdout).toMatch(/↓ .*memory \(base\) .*\[not compared: the base is set to none by the environment/)
})

/** After twenty requests. */
const DEATH = `if (request.url === '/items' && (globalThis.asked = (globalThis.asked ?? 0) + 1) > 20) {
  console.log('no memory left')
  process.exit(3)
}`

/** A load by hand, which compares nothing. */
const byHand = `import { runLoad } from 'vitest-arazzo'
import { test } from 'vitest'
const load = { vus: 1, duration: '1s' }
test('by hand', () => runLoad({ workflow: './items.arazzo.yaml#list', load, budgets: { p99: 'base + 10%' } }))
`

/** Each could be a pass for nothing. */
test.each<[string, string, Record<string, string>]>([
  [
    'base ends at its start',
    "throw new Error('DB_URL is missing')",
    { list: 'base could not be started: .*DB_URL is' },
  ],
  [
    'base dies under load; base lacks the data of an operation',
    app(1, false).replace("if (request.url === '/health')", `${DEATH} else if (request.url === '/health')`),
    {
      list: 'base could not be measured: it exited with code 3 under load \\(.*\\). Its last output:\n *. no memory left',
      other: 'base could not be measured: step "other" \\(GET /other\\) fails on base and passes on head: .*status 404',
    },
  ],
])('is never a pass, and runLoad refuses it: %s', slow, async (_, base, why) => {
  const files = {
    'app.cjs': app(1),
    'vitest.config.mjs': config(brief),
    'list.load.test.js': loadTest(
      { ...WIDE, errorRate: 'base + 50%' },
      ...Object.keys(why).filter(name => name !== 'list'),
    ),
    'by-hand.load.test.js': byHand,
  }
  const env = { VITEST_ARAZZO_ON_INCONCLUSIVE: 'skip' }
  const { code, stdout, stderr } = await run(place({ 'app.cjs': base }, files), env)
  for (const [name, said] of Object.entries(why)) {
    expect(stderr).toMatch(new RegExp(`CompareError: Failed to compare "${name}" with its base: ${said}`))
    // Once for both budgets.
    expect(stderr.match(new RegExp(`CompareError: Failed to compare "${name}"`, 'g'))).toHaveLength(1)
    expect(stderr).toContain('If head repairs base, accept it with "base: none"')
    expect(stdout).toMatch(new RegExp(`× .*${name} > budget: errorRate \\(base\\)`))
  }
  expect(stderr).toContain('Failed to read budget p99: there is no base to compare with here.')
  expect(code).toBe(1)
})
