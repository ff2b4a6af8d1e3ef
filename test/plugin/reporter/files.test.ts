import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readExposition } from '../../../src/measure/prometheus/exposition.ts'
import { parseResult } from '../../../src/report/result.ts'
import { builtPlugin } from '../server/built.ts'
import { runVitestAgain } from '../server/run-vitest.ts'

/* What a load test leaves behind: its folder of files, what other reporters get to see, and the summary of a job. */

const scratch = mkdtempSync(join(tmpdir(), 'files-'))
afterAll(() => rmSync(scratch, { recursive: true }))

let built: string
beforeAll(async () => {
  built = await builtPlugin()
}, 60_000)

test('files, annotations for every reporter, and a job summary', { timeout: 60_000 }, async () => {
  const at = (name: string) => join(scratch, name)
  const reporters = ['json', 'junit', 'github-actions', 'default'].map(name => `--reporter=${name}`)
  const outputs = [`--outputFile.json=${at('a.json')}`, `--outputFile.junit=${at('a.xml')}`]
  const { code, stdout, stderr } = await runVitestAgain(
    'reporter-load',
    ['run', 'load.case', ...reporters, ...outputs],
    {
      BUILT: built,
      REPORTS: at('reports'),
      GITHUB_STEP_SUMMARY: at('summary.md'),
      METRICS: JSON.stringify({ port: 0, labels: { branch: 'main' } }),
    },
  )
  expect(code, stdout + stderr).toBe(0)

  const [name] = readdirSync(at('reports')).filter(name => name.startsWith('a-steady-trickle-'))
  const folder = join(at('reports'), name!)
  const result = parseResult(readFileSync(join(folder, 'result.json'), 'utf8'), 'result.json')
  expect(result).toMatchObject({ name: 'a steady trickle', report: { state: 'completed' } })
  expect(result.report.responseTime.histogram).not.toBe('')
  expect(result.report.verdicts.map(({ budget }) => budget)).toEqual(result.budgets.map(({ key }) => key))
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<h1>a steady trickle')
  expect(stdout).toMatch(/ {2}report {7}\S*a-steady-trickle-[0-9a-f]{8}\/report\.html/)

  expect(stderr).toMatch(/^a steady trickle: metrics at http:\/\/127\.0\.0\.1:\d+\/metrics$/m)
  const metrics = readExposition(readFileSync(join(folder, 'metrics.prom'), 'utf8'))
  expect(metrics.get('arazzo_load_requests_total')).toEqual([
    {
      labels: {
        workflow: 'health',
        step: 'ask',
        method: 'GET',
        status: '200',
        test: 'a steady trickle',
        branch: 'main',
      },
      value: 100,
    },
  ])
  expect(metrics.get('arazzo_load_budget_verdict')!.filter(({ value }) => value === 1)).toHaveLength(3)

  // GitHub's reporter tells of annotations that have a place in the test file, one for each budget that was kept.
  for (const { title, value, verdict, note } of result.report.verdicts)
    if (verdict === 'pass') {
      const said = note === undefined ? `${title}: ${value}` : `${title}: ${value}. ${note}`
      expect(stdout).toContain(`,title=budget::${said.replaceAll('%', '%25')}\n`)
    }
  expect(stdout.match(/^::(notice|warning) file=[^,]*load\.case\.js,.*$/gm)).toHaveLength(6)

  const summary = readFileSync(at('summary.md'), 'utf8')
  expect(summary).toContain('### ✅ a steady trickle: pass')
  expect(summary).toContain(readFileSync(join(folder, 'summary.md'), 'utf8'))

  // Of the whole run, beside the folders of its load tests.
  expect(summary).toContain(`\n${readFileSync(join(at('reports'), 'summary.md'), 'utf8')}`)
  expect(readFileSync(join(at('reports'), 'comment.md'), 'utf8')).toBe(
    '<!-- vitest-arazzo -->\n## ✅ Load tests: 1 passed\n\nNothing failed, and nothing is undecided.\n\n' +
      '✅ Passed: a steady trickle.\n',
  )
  expect(JSON.parse(readFileSync(join(at('reports'), 'comment.json'), 'utf8'))).toMatchObject({ state: 'passed' })

  const junit = readFileSync(at('a.xml'), 'utf8')
  for (const { title } of result.report.verdicts)
    expect(junit).toContain(title.replaceAll('>', '&gt;').replaceAll('<', '&lt;'))
  expect(junit).toMatch(/<property name="notice" value="[\d,]+ requests \(/)
  const { testResults } = JSON.parse(readFileSync(at('a.json'), 'utf8'))
  expect(testResults[0].assertionResults[1].meta).toMatchObject({ load: { state: 'completed' }, loadFiles: { folder } })
})

test('reports: false leaves nothing behind', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await runVitestAgain('reporter-load', ['run', 'load.case'], {
    BUILT: built,
    REPORTS: 'off',
  })
  expect(code, stdout + stderr).toBe(0)
  expect(stdout).not.toContain('report.html')
})
