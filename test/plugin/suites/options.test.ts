import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseResult } from '../../../src/report/result.ts'
import { arazzo, openapi } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'
import { cases } from '../../builders/thorough.ts'
import { runSuite, writeSuite } from './run-suite.ts'

// Each starts Vitest anew.
/* Options of the plugin that reach what runs by several ways: documents, load tests, calls and the application. */

const api = openapi({ ask: ['get', '/ask', {}], tell: ['get', '/tell', { parameters: [{ name: 'q', in: 'query' }] }] })

const config = (options: string) => `import arazzo from 'vitest-arazzo/plugin'

export default { plugins: [arazzo(${options})], test: { include: ['*.test.ts'] } }
`

/* An input of the plugin may have the name of a feed. */
test('documents, load tests and calls have the inputs of the plugin', async () => {
  const { origin, seen } = await serve(() => ({ body: {} }))
  const folder = await writeSuite({
    'api.json': api,
    'vitest.config.js': config(
      `{ servers: '${origin}', reports: false, inputs: { json: 'none.json', csv: 'none.csv', q: 'x' } }`,
    ),
    'tell.arazzo.yaml': arazzo(`
  - workflowId: main
    x-load-test: { vus: 1, iterations: 1 }
    steps:
      - { stepId: tell, operationId: tell, parameters: [{ name: q, in: query, value: '{$inputs.q}-{$inputs.json}' }] }
`),
    'calls.test.ts': `import { expect, test } from 'vitest'
import { loadTest, runWorkflow } from 'vitest-arazzo'

test('of the plugin', async () => {
  await expect(runWorkflow('./tell.arazzo.yaml')).resolves.toMatchObject({ state: 'passed' })
})
const load = { vus: 1, iterations: 1 }
loadTest('load of inputs', { workflow: './tell.arazzo.yaml', load })
loadTest('load of rows', { workflow: './tell.arazzo.yaml', load, inputs: { rows: [{ q: 'y' }] } })
`,
  })
  const { output, exitCode } = await runSuite(folder)
  expect(exitCode, output).toBe(0)
  expect(seen.map(({ url }) => url).sort()).toEqual([...Array(4).fill('/tell?q=x-none.json'), '/tell?q=y-none.json'])
})

test('load tests of one name in several suites and projects have reports of their own', async () => {
  const { origin } = await serve(() => ({ body: {} }))
  const folder = await writeSuite({
    'api.json': api,
    'vitest.config.js': `import arazzo from 'vitest-arazzo/plugin'

const project = name => ({ extends: true, test: { name, include: ['load.test.ts'] } })
export default {
  plugins: [arazzo({ servers: '${origin}', reports: { folder: './kept/reports' } })],
  test: { projects: [project('one'), project('two')] },
}
`,
    'ask.arazzo.yaml': arazzo('  - { workflowId: main, steps: [{ stepId: ask, operationId: ask }] }'),
    'load.test.ts': `import { describe } from 'vitest'
import { loadTest } from 'vitest-arazzo'

const options = { workflow: './ask.arazzo.yaml', load: { vus: 1, iterations: 1 } }
describe('a', () => loadTest('peak', options))
describe('b', () => {
  loadTest('peak', options)
  loadTest('peak', options)
})
`,
  })
  const { output, exitCode } = await runSuite(folder, ['load'])
  expect(exitCode, output).toBe(0)
  const reports = join(folder, 'kept/reports')
  const names = readdirSync(reports).filter(name => name.startsWith('peak-'))
  const owners = names.map(name => {
    const { project, test } = parseResult(readFileSync(join(reports, name, 'result.json'), 'utf8'), name)
    expect(readFileSync(join(reports, name, 'metrics.prom'), 'utf8')).toContain(`test="${test}"`)
    return `${project}: ${test}`
  })
  const tests = ['a > peak', 'b > peak', 'b > peak (2)']
  expect(owners.sort()).toEqual(['one', 'two'].flatMap(project => tests.map(name => `${project}: ${name}`)))
})

test.each(cases(['..', './src'], ['.']))('reports into %s are refused before anything runs', async reports => {
  const folder = await writeSuite({
    'src/earlier/mine.ts': '',
    'vitest.config.js': config(`{ reports: { folder: '${reports}' } }`),
    'a.test.ts': "import { test } from 'vitest'\n\ntest('passes', () => {})\n",
  })
  const { output, exitCode } = await runSuite(folder)
  expect(exitCode).toBe(1)
  expect(output).toMatch(/Failed to write reports to \S+: it holds (the project|files of others \(earlier\))\./)
  expect(readdirSync(join(folder, 'src/earlier'))).toEqual(['mine.ts'])
})

const secrets = {
  INPUT: 'input-4f1c9a7d',
  KEY: 'key-8e2b6c1f',
  TOKEN: 'token-1d5a9e3c',
  PASSWORD: 'p4ss/w0rd-77',
  VARIABLE: 'variable-3c7e1b9d',
}

const options = `{
  inputs: { password: { env: 'INPUT' } },
  security: { api: { key: process.env.KEY, oauth: { token: { env: 'TOKEN' } } } },
  servers: 'http://user:' + encodeURIComponent(process.env.PASSWORD) + '@127.0.0.1:{port}',
  server: {
    command: 'node app.mjs', url: 'http://127.0.0.1:{port}/', env: { DB_PASSWORD: process.env.VARIABLE },
    timeout: '20s',
  },
}`

const app = `import { existsSync } from 'node:fs'
import { createServer } from 'node:http'

const { INPUT, KEY, TOKEN, PASSWORD, DB_PASSWORD, FAILS } = process.env
console.log('\\u001b[31mpassword', JSON.stringify({ INPUT, KEY, TOKEN, PASSWORD, DB_PASSWORD }))
for (const secret of [INPUT, KEY, TOKEN, PASSWORD, DB_PASSWORD])
  console.log(encodeURIComponent(secret), Buffer.from('user:' + secret).toString('base64'))
console.log('::error::not a command')
if (FAILS) process.exit(3)
setInterval(() => existsSync('end') && process.exit(7), 20)
createServer((_, response) => response.end()).listen(Number(process.env.PORT), '127.0.0.1')
`

test.each([
  ['does not start', { FAILS: '1' }, 'Last output of the application:', 1],
  ['ends', {}, 'exited with code 7, without a request to stop.', 0],
])('of an application that %s the output is shown without secrets', async (_, env, told, code) => {
  const folder = await writeSuite({
    'app.mjs': app,
    'vitest.config.js': config(options),
    'waits.test.ts': `import { writeFileSync } from 'node:fs'
import { test } from 'vitest'

test('waits', () => {
  writeFileSync('end', '')
  return new Promise(resolve => setTimeout(resolve, 2_000))
})
`,
  })
  const { output, exitCode } = await runSuite(folder, [], { ...secrets, ...env })
  expect(exitCode, output).toBe(code)
  expect(output).toContain(told)
  expect(output).toContain('  | password {"INPUT":"***"')
  expect(output).toContain('  | : :error::not a command')
  for (const secret of Object.values(secrets))
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(`user:${secret}`).toString('base64')])
      expect(output).not.toContain(form)
})
