import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { api, askAgain, asking, passing, runAsking } from './asking.ts'
import { failuresOf, outlineOf, writeSuite } from './run-suite.ts'
import { edit } from './watching.ts'

/* Documents whose workflows are all taken by setups and teardowns: each Vitest that is started runs several. */

const config = (...projects: object[]) => `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

const servers = process.env.API
const projects = ${JSON.stringify(projects)}
export default defineConfig(
  projects.length === 1
    ? { plugins: [arazzo({ servers, ...projects[0] })], test: {} }
    : {
        test: {
          projects: projects.map((options, i) => ({ plugins: [arazzo({ servers, ...options })], test: { name: \`p\${i}\` } })),
        },
      },
)
`

const inDocument = (text: string, extension: string) => `${text}x-vitest: ${extension}\n`

const inputs = '    inputs: { type: object, required: [id], properties: { id: {} } }\n'

/** A workflow that cannot run by itself, and a step that runs it. */
const part = `
  - workflowId: part
    inputs: { type: object, required: [id], properties: { id: { type: string } } }
    steps:
      - stepId: ask
        operationId: ask
        parameters: [{ name: name, in: path, value: $inputs.id }]
`
const call = (workflowId: string) => `
      - { stepId: call, workflowId: ${workflowId}, parameters: [{ name: id, value: of-part }] }`

const hooks = {
  setup: { run: './only.arazzo.yaml', vu: './both.arazzo.yaml#one' },
  teardown: { run: './both.arazzo.yaml#two', vu: './helpers.arazzo.yaml#login', iteration: './mixed.arazzo.yaml#mine' },
}

const files = {
  'vitest.config.js': config(hooks),
  'api.json': api,
  'unit.test.ts': passing,
  'only.arazzo.yaml': asking('alone'),
  'both.arazzo.yaml': asking('one', 'two'),
  'mixed.arazzo.yaml': inDocument(asking('mine', 'theirs'), "{ setup: { vu: '#theirs' } }"),
  'helpers.arazzo.yaml': inDocument(asking('login'), '{ skip: true }'),
}

test('a document of which hooks take all workflows fails, by which of them, unless it is skipped itself', async () => {
  const { tree, output, exitCode, asked, folder } = await runAsking(files)
  expect(exitCode).toBe(1)
  expect(tree).toMatchInlineSnapshot(`
    "both.arazzo.yaml
      ! ArazzoError: Failed to test both.arazzo.yaml: workflow "one" is setup.vu (./both.arazzo.yaml#one) of the plugin's options, workflow "two" is teardown.run (./both.arazzo.yaml#two) of the plugin's options, and no other runs. Add a workflow that is tested; or write x-vitest: { skip: true } in a document that is only there for setups and teardowns, { skip: false } on a workflow that is a test as well.
    helpers.arazzo.yaml
      login
        ↓ ask
    mixed.arazzo.yaml
      ! ArazzoError: Failed to read x-vitest.setup (vu): it would never run: each workflow of the document is a setup or a teardown itself; the plugin's options have teardown.iteration (./mixed.arazzo.yaml#mine).
    only.arazzo.yaml
      ! ArazzoError: Failed to test only.arazzo.yaml: workflow "alone" is setup.run (./only.arazzo.yaml) of the plugin's options, and no other runs. Add a workflow that is tested; or write x-vitest: { skip: true } in a document that is only there for setups and teardowns, { skip: false } on a workflow that is a test as well.
    unit.test.ts
      ✓ passes"
  `)
  expect(outlineOf(failuresOf(output, 'only.arazzo.yaml'))).toMatchInlineSnapshot(`
    "FAIL  only.arazzo.yaml [ only.arazzo.yaml ]
    ArazzoError: Failed to test only.arazzo.yaml: workflow "alone" is setup.run (./only.arazzo.yaml) of the plugin's options, and no other runs. Add a workflow that is tested; or write x-vitest: { skip: true } in a document that is only there for setups and teardowns, { skip: false } on a workflow that is a test as well.
     ❯ invalid-suite only.arazzo.yaml:7:5"
  `)
  expect(asked).toEqual([])
  // Beside a document that is tested, those that only the plugin's options name are there for it.
  writeFileSync(join(folder, 'tested.arazzo.yaml'), asking('tested'))
  const beside = await askAgain(folder, ['tested', 'both', 'only', 'helpers', 'unit'])
  expect([beside.exitCode, beside.asked]).toEqual([0, ['alone', 'login', 'mine', 'one', 'tested', 'two']])
  expect(beside.tree).toContain('↓ setup of all documents [not run by itself]')
})

test('what is left may be a part of such a hook; what others run, loads or name as a test is tested', async () => {
  const options = {
    setup: { run: './left.arazzo.yaml#first', vu: './shared.arazzo.yaml#first' },
    teardown: { run: './said.arazzo.yaml', vu: './load.arazzo.yaml' },
  }
  const load = 'x-load-test: { vus: 1, iterations: 1, budgets: { errorRate: 0 } }'
  const { tree, exitCode } = await runAsking({
    'api.json': api,
    'vitest.config.js': config(options),
    'left.arazzo.yaml': asking('first').trimEnd() + call('part') + part,
    'shared.arazzo.yaml': asking('first') + part,
    'caller.arazzo.yaml': asking('caller')
      .replace('\nworkflows', '\n  - { name: shared, url: ./shared.arazzo.yaml, type: arazzo }\nworkflows')
      .trimEnd()
      .concat(call('$sourceDescriptions.shared.part')),
    'said.arazzo.yaml': inDocument(asking('said'), '{ skip: false }'),
    'load.arazzo.yaml': asking('load').replace('workflowId: load\n', `workflowId: load\n    ${load}\n`),
  })
  expect(exitCode).toBe(0)
  const withoutFigures = tree.replaceAll(/^ +(notice|budget):.*\n/gm, '')
  expect(withoutFigures).toMatchInlineSnapshot(`
    "caller.arazzo.yaml
      caller
        ✓ ask
        ✓ call
    left.arazzo.yaml
      first
        ↓ setup of all documents [not run by itself]
      part
        ↓ part of "first", with input "id" [not run by itself]
    load.arazzo.yaml
      load
        ↓ teardown of all documents [not run by itself]
        load under load
          ✓ 1 virtual user, 1 iteration each
          ✓ budget: errorRate
          ✓ budget: resent
    said.arazzo.yaml
      said
        ✓ ask
    shared.arazzo.yaml
      first
        ↓ setup of all documents [not run by itself]
      part
        ↓ part of "caller.arazzo.yaml#caller", with input "id" [not run by itself]"
  `)
})

test('of several projects those fail in which no workflow of it is tested', async () => {
  const { output, exitCode, asked } = await runAsking({
    ...{ 'api.json': api, 'flow.arazzo.yaml': asking('flow'), 'unit.test.ts': passing },
    'vitest.config.js': config({ setup: './flow.arazzo.yaml' }, {}),
  })
  expect([exitCode, asked]).toEqual([1, ['flow']])
  expect(output).toMatch(/FAIL +\|p0\| flow\.arazzo\.yaml/)
  expect(output).not.toMatch(/FAIL +\|p1\|/)
})

test('a clean-up of all documents that was left out after every run of them fails the run, and not a part of it', async () => {
  const folder = await writeSuite({
    ...{ 'api.json': api, 'one.arazzo.yaml': asking('one'), 'two.arazzo.yaml': asking('two') },
    'remove.arazzo.yaml': inDocument(asking('remove'), '{ skip: true }').replace('    steps', `${inputs}    steps`),
    'vitest.config.js': config({ teardown: { iteration: './remove.arazzo.yaml' } }).replace(
      'test: {}',
      "test: { exclude: ['remove.arazzo.yaml'] }",
    ),
  })
  const whole = await askAgain(folder)
  expect(whole.exitCode, whole.output).toBe(1)
  expect(whole.output).toContain(
    `Failed to clean up with teardown.iteration (./remove.arazzo.yaml) of the plugin's options: it never ran: no run had its input "id". Let`,
  )
  expect((await askAgain(folder, ['one'])).exitCode).toBe(0)
  edit(join(folder, 'two.arazzo.yaml'), '200 }]', '200 }]\n        outputs: { id: $statusCode }')
  const cleaned = await askAgain(folder)
  expect([cleaned.exitCode, cleaned.asked]).toEqual([0, ['one', 'remove', 'two']])
})
