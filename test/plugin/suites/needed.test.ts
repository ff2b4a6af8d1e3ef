import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freePort } from '../../../plugin/server/address.ts'
import { arazzo } from '../../builders/project.ts'
import { cases } from '../../builders/thorough.ts'
import { api } from './asking.ts'
import { runSuite, startNode, writeSuite } from './run-suite.ts'

// Each starts Vitest anew.
/* The application is started only for a run that may need it; and whoever needs it finds it, or fails by a word. */

const app = `import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

appendFileSync('starts', 'started ')
createServer((_, response) => response.end()).listen(process.env.PORT, '127.0.0.1')
process.on('SIGTERM', () => process.exit())
`

const config = (url: string, ofApi: string) => `import arazzo from 'vitest-arazzo/plugin'

const tags = [{ name: 'smoke' }, { name: 'unit' }]
const server = { command: 'node app.mjs', url: '${url}' }
const api = { name: 'api', include: ['api/*.test.js'], tags, ${ofApi} }
const unit = { name: 'unit', include: ['unit/*.test.js'], tags }
export default { test: { tags, projects: [{ plugins: [arazzo({ server })], test: api }, { test: unit }] } }
`

const workflow = (name: string, more = '') => `
  - workflowId: ${name}
    ${more}
    steps:
      - { stepId: ask, operationId: ask, parameters: [{ name: name, in: path, value: one }] }`

const unit = "import { test } from 'vitest'\n\ntest('needs nobody', { tags: ['unit'] }, () => {})\n"

interface Given {
  files?: Record<string, string>
  url?: string
  ofApi?: string
}

function written({ files, url = 'http://127.0.0.1:{port}/', ofApi = '' }: Given): Promise<string> {
  return writeSuite({
    'app.mjs': app,
    'vitest.config.js': config(url, ofApi),
    'unit/a.test.js': unit,
    'api/api.json': api,
    'api/plain.arazzo.yaml': arazzo(workflow('plain')),
    ...files,
  })
}

const startsIn = (folder: string) =>
  existsSync(join(folder, 'starts')) ? readFileSync(join(folder, 'starts'), 'utf8').trim().split(' ').length : 0

async function run(given: Given, args: string[], env: Record<string, string> = {}) {
  const folder = await written(given)
  const { tree, output, exitCode } = await runSuite(folder, args, env)
  return { tree, output, exitCode, starts: startsIn(folder) }
}

test('it is not started for tests of other projects that have a tag, and nothing fails for it', async () => {
  const { tree, output, exitCode, starts } = await run({}, ['--tags-filter=unit'])
  expect([starts, exitCode], output).toEqual([0, 0])
  expect(tree).toContain('✓ needs nobody')
  expect(output).toContain(
    'The application of project "api" was not started: its documents have no test for --tags-filter "unit".',
  )
})

test('a run of that project alone is not green, since nothing ran', async () => {
  const { output, exitCode, starts } = await run({}, ['--tags-filter=unit', '--project=api'])
  expect([starts, exitCode], output).toEqual([0, 1])
  expect(output).toContain('Failed to run any test: none of 1 has the tags "unit".')
})

test('nor for load tests where there are none', async () => {
  const { output, starts } = await run({ files: { 'unit/a.test.js': unit.replace("'unit'", "'load'") } }, [
    '--tags-filter=load',
  ])
  expect(starts, output).toBe(0)
})

const tagged = (tag: string) => ({ 'api/tagged.arazzo.yaml': arazzo(workflow('tagged', `x-vitest: { tags: ${tag} }`)) })
const budget = 'x-load-test: { vus: 1, iterations: 2, budgets: { errorRate: 0 } }'

const MEANING: readonly [string, string[], Given][] = [
  ['no filter', [], {}],
  ['the tag of a load test', ['--tags-filter=load'], { files: { 'api/l.arazzo.yaml': arazzo(workflow('l', budget)) } }],
  ['an expression that may mean one', ['--tags-filter=unit or (smoke)'], { files: tagged('smoke') }],
]
const ALSO: typeof MEANING = [
  ['a tag of one workflow', ['--tags-filter=smoke'], { files: tagged('smoke') }],
  ['a wildcard that means one', ['--tags-filter=sm*'], { files: tagged('smoke') }],
  ['tags that are not wanted', ['--tags-filter=!load'], {}],
  [
    'a tag that Vitest reads from the text',
    ['--tags-filter=smoke'],
    { files: { 'api/text.arazzo.yaml': arazzo(workflow('text'), `# // ${'@'}module-tag smoke\n`) } },
  ],
]

test.each(cases(MEANING, ALSO))('it is started for %s, and the test that needs it passes', async (_, args, given) => {
  const { tree, output, exitCode, starts } = await run(given, args)
  expect([starts, exitCode], output).toEqual([1, 0])
  expect(tree).toMatch(/✓ (?:ask|1 virtual user)/)
  expect(output).not.toContain('was not started')
})

const using = (how: string) => `import { expect, inject, test } from 'vitest'
import { application } from 'vitest-arazzo'

${how}
test('reaches it', { tags: ['unit'] }, async () => expect((await fetch(url)).status).toBe(200))
`

test.each([
  ['inject', "const [{ origin: url }] = inject('vitest-arazzo:applications')"],
  ['application()', 'const { url } = application()'],
  ['the environment', 'const url = process.env.APP_URL'],
])('a test of the user without loadTest that knows its address by %s finds it', async (_, how) => {
  const url = `http://127.0.0.1:${await freePort()}/`
  const files = { 'api/own.test.js': using(how) }
  const { tree, output, exitCode, starts } = await run({ files, url }, ['--tags-filter=unit'], { APP_URL: url })
  expect([starts, exitCode], output).toEqual([1, 0])
  expect(tree).toContain('✓ reaches it')
})

test('a file that uses it as it is imported does not fail, though all of its tests are left out', async () => {
  const own = using("const [{ origin: url }] = inject('vitest-arazzo:applications')").replace("'unit'", "'smoke'")
  const { output, exitCode, starts } = await run({ files: { 'api/own.test.js': own } }, ['--tags-filter=unit'])
  expect([starts, exitCode], output).toEqual([1, 0])
})

test('nor does a setup file that uses it before each document', async () => {
  const setup = "import { application } from 'vitest-arazzo'\n\nawait fetch(application().url)\n"
  const given = { files: { 'setup.js': setup }, ofApi: "setupFiles: ['./setup.js']" }
  const { output, exitCode, starts } = await run(given, ['--tags-filter=unit'])
  expect([starts, exitCode], output).toEqual([1, 0])
})

test('who runs a document after all fails by a word', async () => {
  const folder = await written({
    files: {
      'twice.mjs': `import { createVitest } from 'vitest/node'

const vitest = await createVitest('test', { watch: false, tagsFilter: ['unit'] })
await vitest.start()
process.exitCode = 0
for (const { config } of vitest.projects) config.tagsFilter = undefined
await vitest.runTestSpecifications(await vitest.globTestSpecifications(['plain']))
await vitest.close()
`,
    },
  })
  const { child, output } = startNode(folder, ['twice.mjs'], {})
  const exitCode = await new Promise(done => child.on('close', done))
  expect([exitCode, startsIn(folder)], output()).toEqual([1, 0])
  expect(output()).toContain('ServerStartError: The application of project "api" was not started')
})
