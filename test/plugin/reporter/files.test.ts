import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { readExposition } from '../../../src/measure/prometheus/query.ts'
import { parseResult } from '../../../src/report/result.ts'
import { freshFolder } from '../../builders/folder.ts'
import { thoroughly } from '../../builders/thorough.ts'
import { builtPlugin } from '../server/built.ts'
import { runVitestAgain } from '../server/run-vitest.ts'

vi.setConfig({ testTimeout: 240_000 })

/* What a load test leaves behind: its folder of files, what other reporters get to see, and the summary of a job. */

const scratch = freshFolder('files')

const built = await builtPlugin()

test('files, annotations for every reporter, and a job summary', async () => {
  const at = (name: string) => join(scratch, name)
  const reporters = ['json', 'junit', 'github-actions', 'default'].map(name => `--reporter=${name}`)
  const outputs = [`--outputFile.json=${at('a.json')}`, `--outputFile.junit=${at('a.xml')}`]
  const { code, stdout, stderr } = await runVitestAgain(
    'reporter-load',
    ['run', 'load.case', ...reporters, ...outputs],
    { BUILT: built, REPORTS: at('reports'), GITHUB_STEP_SUMMARY: at('summary.md'), METRICS: '0' },
  )
  expect(code, stdout + stderr).toBe(0)

  const [name] = readdirSync(at('reports')).filter(name => name.startsWith('a-steady-trickle-'))
  const folder = join(at('reports'), name!)
  const result = parseResult(readFileSync(join(folder, 'result.json'), 'utf8'), 'result.json')
  expect(result).toMatchObject({ name: 'a steady trickle', report: { state: 'completed' } })
  expect(result.report.responseTime.histogram).not.toBe('')
  expect(result.report.verdicts.map(({ budget }) => budget)).toEqual(result.report.budgets.map(({ key }) => key))
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<h1>a steady trickle')
  expect(stdout).toMatch(/ kept: \S*a-steady-trickle-[0-9a-f]{8}\/report\.html/)

  expect(stderr).toMatch(/^a steady trickle: metrics at http:\/\/127\.0\.0\.1:\d+\/metrics$/m)
  const metrics = readExposition(readFileSync(join(folder, 'metrics.prom'), 'utf8'))
  expect(metrics.get('arazzo_load_requests_total')).toEqual([
    { labels: { workflow: 'health', step: 'ask', method: 'GET', status: '200', test: 'a steady trickle' }, value: 100 },
  ])
  expect(metrics.get('arazzo_load_budget_verdict')!.filter(({ value }) => value === 1)).toHaveLength(3)

  // GitHub is told of what is undecided, and of nothing that was kept.
  const undecided = result.report.verdicts.filter(({ verdict }) => verdict !== 'pass')
  expect(stdout).not.toMatch(/^::notice/m)
  expect(stdout.match(/^::warning file=[^,]*load\.case\.js,.*$/gm) ?? []).toHaveLength(undecided.length)

  const summary = readFileSync(at('summary.md'), 'utf8')
  expect(summary).toContain('### ✅ a steady trickle: pass')
  expect(summary).toContain(readFileSync(join(folder, 'summary.md'), 'utf8'))

  // Of the whole run, beside the folders of its load tests.
  expect(summary).toContain(`\n${readFileSync(join(at('reports'), 'summary.md'), 'utf8')}`)
  expect(readFileSync(join(at('reports'), 'comment.md'), 'utf8')).toBe(
    '<!-- vitest-arazzo -->\n## ✅ Load tests: 1 passed\n\n| Load test | Result | Budgets |\n| --- | --- | --- |\n' +
      '| a steady trickle | ✅&nbsp;passed | 3 kept |\n',
  )
  expect(JSON.parse(readFileSync(join(at('reports'), 'comment.json'), 'utf8'))).toMatchObject({ state: 'passed' })

  const junit = readFileSync(at('a.xml'), 'utf8')
  const { assertionResults } = JSON.parse(readFileSync(at('a.json'), 'utf8')).testResults[0]
  const metaOf = (title: string) => assertionResults.find((test: { title: string }) => test.title === title).meta
  for (const [name, bound, unit] of [
    ['p50', 5000, 'milliseconds'],
    ['errorRate', 0.01, 'share'],
    ['memory', 2e9, 'bytes'],
  ] as const) {
    // The name of a test says nothing of its bound.
    const [, properties] = new RegExp(
      `name="a steady trickle &gt; budget: ${name}"[^]*?(<properties>[^]*?</properties>)`,
    ).exec(junit)!
    const { verdict, judged } = result.report.verdicts.find(({ budget }) => budget === name)!
    const { report, ...meta } = metaOf(`budget: ${name}`).budget
    expect(meta).toEqual({ key: name, operator: '<=', bound, value: judged!.value, unit, verdict })
    expect(resolve('fixtures/suites/reporter-load', report)).toBe(join(folder, 'report.html'))
    for (const [property, value] of Object.entries({ ...meta, report }))
      expect(properties).toContain(`<property name="${property}" value="${String(value).replaceAll('<', '&lt;')}">`)
  }
  expect(junit).toMatch(/<property name="notice" value="[\d,]+ iterations \(/)
  expect(assertionResults[1].meta).toMatchObject({ load: { state: 'completed' }, loadFiles: { folder } })
})

test('GitHub gets ten annotations of load at most, failures first, and all of what others say', {
  timeout: 240_000,
}, async () => {
  const kinds = async (missed: number) => {
    const args = ['run', 'many.case', '--reporter=github-actions']
    const { stdout } = await runVitestAgain('reporter-load', args, {
      BUILT: built,
      REPORTS: 'off',
      MISSED: String(missed),
    })
    return stdout
      .match(/^::(?:notice|warning|error).*?(?=[,:]line|$)/gm)!
      .map(line => line.split(' ')[0])
      .sort()
  }
  const others = ['::error', '::notice']
  expect(await kinds(9)).toEqual([...others, ...Array(9).fill('::error'), '::warning'].sort())
  expect(await kinds(12)).toEqual([...others, ...Array(10).fill('::error')].sort())
})

thoroughly('a page that Vitest cannot copy is told of, and fails no test', async () => {
  // No folder can be made below a file, whoever asks for it.
  const args = ['run', 'load.case', '--attachmentsDir=vitest.config.js/none']
  const env = { BUILT: built, REPORTS: join(scratch, 'not-attached') }
  const { code, stdout, stderr } = await runVitestAgain('reporter-load', args, env)
  expect(code, stdout + stderr).toBe(0)
  expect(stderr).toMatch(
    /^Failed to attach the report of "a steady trickle": E\w+: .*\. Check Vitest's attachmentsDir, or/m,
  )
  expect(readdirSync(env.REPORTS)).toContain('summary.md')
})
