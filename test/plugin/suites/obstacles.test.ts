import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { arazzo, openapi } from '../../builders/project.ts'
import { cases } from '../../builders/thorough.ts'
import { runVitest } from '../server/run-vitest.ts'
import { runSuite, writeSuite } from './run-suite.ts'

// Each starts Vitest anew.
/* What keeps all tests of a project from running is told by tests: no reporter may take the run for one of nothing. */

const suite = (options: string) =>
  writeSuite({
    'api.json': openapi({ ask: ['get', '/ask', {}], tell: ['get', '/tell', {}] }),
    'vitest.config.js': `import arazzo from 'vitest-arazzo/plugin'

export default { plugins: [arazzo(${options})], test: { include: ['*.test.js'] } }
`,
    'talk.arazzo.yaml': arazzo(`
  - workflowId: main
    x-load-test: { vus: 1, iterations: 2, budgets: { p99: 1s } }
    steps:
      - { stepId: ask, operationId: ask }
      - { stepId: tell, operationId: tell }
  - workflowId: short
    steps:
      - { stepId: ask, operationId: ask }
`),
    'peak.test.js': `import { loadTest } from 'vitest-arazzo'

loadTest('peak', {
  workflow: './talk.arazzo.yaml#main', load: { vus: 2, iterations: 3 }, budgets: { errorRate: 0, memory: '1GB' },
})
`,
    'unit.test.js': "import { test } from 'vitest'\n\ntest('needs nobody', () => {})\n",
  })

async function run(folder: string, args: string[] = []) {
  const at = (name: string) => join(folder, `${name}-out`, name)
  const reporters = ['json', 'junit', 'blob'].flatMap(name => [
    ...['--reporter', name, `--outputFile.${name}=${at(name)}`],
  ])
  reporters.push('--reporter', 'github-actions')
  const ran = await runSuite(folder, [...reporters, ...args], { GITHUB_STEP_SUMMARY: join(folder, 'job.md') })
  const read = (name: string) => readFileSync(at(name), 'utf8')
  return {
    ...ran,
    json: JSON.parse(read('json')),
    junit: read('junit'),
    job: readFileSync(join(folder, 'job.md'), 'utf8'),
  }
}

const TESTS = 2 + 1 + 2 + 4 + 1

test('an application that does not start fails every document and load test by one error', async () => {
  const command = `node -e "console.log('no database'); process.exit(3)"`
  const folder = await suite(`{ server: { command: ${JSON.stringify(command)}, url: 'http://127.0.0.1:{port}/' } }`)
  const { tree, output, printed, exitCode, json, junit, job } = await run(folder)
  expect(tree).toMatchInlineSnapshot(`
    "peak.test.js
      peak
        × 2 virtual users, 3 iterations each (ServerStartError)
        × budget: errorRate (ServerStartError)
        × budget: memory (ServerStartError)
        × budget: resent (ServerStartError)
    talk.arazzo.yaml
      main
        × ask (ServerStartError)
        ↓ tell [not reached: the workflow could not start]
        main under load
          × 1 virtual user, 2 iterations each (ServerStartError)
          × budget: p99 (ServerStartError)
      short
        × ask (ServerStartError)
    unit.test.js
      ✓ needs nobody"
  `)
  expect(exitCode).toBe(1)
  const found = `Failed to start the application`
  // Once, for all tests, with what the application wrote.
  expect(output.split(`ServerStartError: ${found}`)).toHaveLength(2)
  expect(output).toContain('  | no database')
  expect(json).toMatchObject({ numTotalTests: TESTS, numFailedTests: 8, numPassedTests: 1, success: false })
  // A headline; what the application wrote is in the body, also of JSON.
  const headlines = junit.match(/<failure message="Failed to start the application[^"]*"/g)!
  expect(headlines).toHaveLength(8)
  expect(new Set(headlines).size).toBe(1)
  expect(headlines[0]).not.toContain('| no database')
  expect(junit.match(/ {2}\| no database/g)).toHaveLength(8)
  const [{ failureMessages }] = json.testResults
    .flatMap((file: { assertionResults: { status: string; failureMessages: string[] }[] }) => file.assertionResults)
    .filter(({ status }: { status: string }) => status === 'failed')
  expect(failureMessages[0]).toContain('  | no database')
  expect(job).toContain('## ❌ Load tests: 2 failed')
  expect(job.split(found)).toHaveLength(2)
  expect(job).toContain('| no database')
  // GitHub is told once, at the line that is to be changed.
  const [annotation, ...others] = printed.match(/^::.*/gm)!
  const place = `file=${join(folder, 'vitest.config.js')},line=3`
  expect(annotation).toContain(`::error ${place},title=The application did not start::${found} `)
  expect(annotation).toContain('%0A  | no database')
  expect(others).toEqual([])

  // What was written for another machine tells the same there.
  const merged = await runSuite(folder, [
    '--merge-reports',
    join(folder, 'blob-out'),
    '--reporter=github-actions',
    '--reporter=json',
    `--outputFile.json=${join(folder, 'merged')}`,
  ])
  expect(merged.exitCode).toBe(1)
  expect(JSON.parse(readFileSync(join(folder, 'merged'), 'utf8'))).toMatchObject({ numFailedTests: 8 })
  expect(merged.printed).toContain('%0A  | no database')
})

const options = cases<[what: string, options: string, found: RegExp]>(
  [
    [
      'that are none',
      "{ sever: {}, onInconclusive: 'ignore' }",
      /^Failed to read option sever: .*\n.*option onInconclusive/,
    ],
  ],
  [
    [
      'of a folder that cannot be',
      "{ reports: { folder: '.' } }",
      /^Failed to write reports to .*: it holds the project\./,
    ],
  ],
)

test.each(options)('options %s fail every document and load test by one error', async (_, options, found) => {
  const folder = await suite(options)
  const { tree, printed, exitCode, json, junit, job } = await run(folder)
  expect(printed.match(/^::error .*?::/gm)).toEqual([
    `::error file=${join(folder, 'vitest.config.js')},line=3,title=The configuration cannot be read::`,
  ])
  expect(tree).toMatchInlineSnapshot(`
    "peak.test.js
      peak
        × 2 virtual users, 3 iterations each (ConfigurationError)
    talk.arazzo.yaml
      main
        × ask (ConfigurationError)
        ↓ tell [not reached: the workflow could not start]
        main under load
          × 1 virtual user, 2 iterations each (ConfigurationError)
      short
        × ask (ConfigurationError)
    unit.test.js
      ✓ needs nobody"
  `)
  expect(exitCode).toBe(1)
  expect(json).toMatchObject({ numTotalTests: 6, numFailedTests: 4, success: false })
  const messages = json.testResults.flatMap((file: { assertionResults: { failureMessages: string[] }[] }) =>
    file.assertionResults.flatMap(({ failureMessages }) => failureMessages),
  )
  expect(messages).toHaveLength(4)
  expect(new Set(messages).size).toBe(1)
  expect(messages[0].replace(/^ConfigurationError: /, '')).toMatch(found)
  expect(junit.match(/type="ConfigurationError"/g)).toHaveLength(4)
  expect(job).toMatch(/^\n## ❌ Load tests: 2 failed\n\n\*\*Further problems:\*\*\n\n- Failed to /)
})

test('a file in the place of the reports is told of in one voice, and by every document and load test', async () => {
  const folder = await suite("{ servers: 'http://127.0.0.1:9' }")
  writeFileSync(join(folder, '.vitest-arazzo'), '')
  const { printed, exitCode, json } = await run(folder)
  expect(json).toMatchObject({ numFailedTests: 4, success: false })
  expect(exitCode).toBe(1)
  expect(printed).toMatch(
    /^Failed to write reports to \S+: it is not a folder\. Name a folder that nothing else uses, /m,
  )
  expect(printed).not.toContain('Failed to write the summary')
})

test('a document that cannot be read without its options fails by what is wrong with them; listing throws it', async () => {
  const folder = await writeSuite({
    'vitest.config.js':
      "import arazzo from 'vitest-arazzo/plugin'\nexport default { plugins: [arazzo({ sorces: { api: './elsewhere.json' } })] }\n",
    'talk.arazzo.yaml': arazzo('\n  - { workflowId: main, steps: [{ stepId: ask, operationId: ask }] }\n'),
  })
  const { tree, output, exitCode } = await runSuite(folder)
  expect(tree).toBe('talk.arazzo.yaml\n  × configuration of vitest-arazzo (ConfigurationError)')
  const found = 'Failed to read option sorces: there is no such key. Did you mean "sources"?'
  expect(output).toContain(found)
  expect(exitCode).toBe(1)
  const listed = await runVitest(folder, ['list'], {})
  expect(listed).toMatchObject({ code: 1, stderr: expect.stringContaining(found) })
})
