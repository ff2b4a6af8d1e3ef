import { expect, test } from 'vitest'
import { arazzo, openapi } from '../../builders/project.ts'
import { serve } from '../../builders/server.ts'
import { thoroughly } from '../../builders/thorough.ts'
import { askCli } from '../../cli/cli.ts'
import { builtPlugin } from '../server/built.ts'
import { failuresOf, runSuite, treeOf, writeSuite } from './run-suite.ts'

/** Starts Vitest, and the command line once. */
const built = await builtPlugin()

const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'
const documentWith = (hooks: string) =>
  arazzo(`
  - workflowId: main
    inputs: { type: object, properties: { token: { type: string } } }
    x-load-test: { vus: 2, iterations: 5, budgets: { errorRate: 0 }, ${hooks} }
    steps:
      - stepId: check
        operationId: check
        parameters: [{ name: token, in: query, value: $inputs.token }]
        ${ok}
  - workflowId: login
    x-vitest: { skip: true }
    steps:
      - { stepId: login, operationId: login, ${ok}, outputs: { token: $response.body#/token } }
    outputs: { token: $steps.login.outputs.token }
  - workflowId: broken
    x-vitest: { skip: true }
    steps: [{ stepId: fails, operationId: broken, ${ok} }]`)

const loadTest = (hooks: string) => `
import { expect, test } from 'vitest'
import { loadTest, runLoad } from 'vitest-arazzo'
const options = { workflow: './doc/good.arazzo.yaml#main', load: { vus: 2, iterations: 5 }, budgets: { errorRate: 0 }, ${hooks} }
loadTest('by test', options)
test('by hand', async () => {
  await runLoad(options)
}, 0)
`

const files = {
  'vitest.config.js': `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
export default defineConfig({ plugins: [arazzo({ servers: process.env.API })] })`,
  'doc/api.json': openapi({ check: ['get', '/check'], login: ['post', '/login'], broken: ['post', '/broken'] }),
  'doc/good.arazzo.yaml': documentWith('setup: { vu: "#login" }, teardown: "#login"'),
  'doc/torn.arazzo.yaml': documentWith('setup: ./good.arazzo.yaml#login, teardown: { vu: "#broken" }'),
  'doc/unset.arazzo.yaml': documentWith('setup: { vu: "#broken" }'),
  'good.test.js': loadTest('setup: { vu: ({ user }) => ({ token: `f${user}` }) }'),
  'torn.test.js': loadTest("teardown: './doc/good.arazzo.yaml#broken'"),
  'unset.test.js': loadTest("setup: () => { throw new Error('no database') }"),
}

const serveApi = () =>
  serve(({ url }) => ({ status: url === '/broken' ? 500 : 200, body: url === '/login' ? { token: 't0' } : {} }))

test('a setup or a teardown that fails is a red test that says which, wherever it is written', async () => {
  const { origin, seen } = await serveApi()
  const folder = await writeSuite(files)
  const { tree, output, exitCode } = await runSuite(folder, [], { API: origin })
  expect(exitCode).toBe(1)
  expect(treeOf(tree, 'good.test.js')).not.toContain('×')
  expect(treeOf(tree, 'doc/good.arazzo.yaml')).not.toContain('×')
  for (const file of ['torn.test.js', 'unset.test.js', 'doc/torn.arazzo.yaml', 'doc/unset.arazzo.yaml'])
    expect(treeOf(tree, file), file).toMatch(/× 2 virtual users, 5 iterations each/)
  expect(failuresOf(output, 'torn.test.js')).toMatch(
    /LoadError: Failed to load "by test": teardown\.run \(#broken\) failed: .*500/,
  )
  expect(failuresOf(output, 'torn.test.js')).toMatch(/by hand\n.*Failed to run the load: teardown\.run/)
  expect(failuresOf(output, 'unset.test.js')).toMatch(/function failed: no database/)
  expect(failuresOf(output, 'doc/torn.arazzo.yaml')).toMatch(
    /teardown\.vu \(#broken\) failed 2 of 2 times: step "fails"/,
  )
  expect(failuresOf(output, 'doc/unset.arazzo.yaml')).toMatch(
    /Failed to set up the load: setup of virtual user \d: step "fails"/,
  )
  expect(output).toMatch(/✗ main under load: budget kept; teardown failed|✗ main under load: teardown failed/)
  const tokens = new Set(seen.filter(({ url }) => url.startsWith('/check')).map(({ url }) => url))
  expect(tokens).toEqual(new Set(['/check', '/check?token=t0', '/check?token=f0', '/check?token=f1']))
})

test('a filter for a budget does not hide a teardown that failed', async () => {
  const { origin } = await serveApi()
  const folder = await writeSuite(files)
  const { exitCode, output } = await runSuite(folder, ['torn.test.js', '-t', 'by test budget: errorRate'], {
    API: origin,
  })
  expect(exitCode).toBe(1)
  expect(output).toContain('teardown.run (#broken) failed')
})

thoroughly('on the command line the same documents do the same', async () => {
  const { origin } = await serveApi()
  const folder = await writeSuite(files)
  const load = (name: string) => askCli(built, ['load', `doc/${name}.arazzo.yaml#main`, '--server', origin], folder)
  const good = await load('good')
  expect(good.stdout.replaceAll(/\s+/g, ' ')).toMatch(
    /setup\.vu \(#login\) 2 times, 2 requests · teardown\.run \(#login\) once, 1 request/,
  )
  expect(good.stdout).toMatch(/Passed: main under load/)
  expect(good.code).toBe(0)
  const torn = await load('torn')
  expect([torn.code, torn.stdout]).toEqual([1, expect.stringMatching(/Failed: main under load: .*teardown failed/)])
  expect(torn.stdout).toContain('teardown.vu (#broken) failed 2 of 2 times')
  const unset = await load('unset')
  expect([unset.code, unset.stdout]).toEqual([1, expect.stringContaining('Failed to set up the load')])
})
