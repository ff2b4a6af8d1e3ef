import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { arazzo, openapi } from '../../builders/project.ts'
import { type Seen, serve } from '../../builders/server.ts'
import { shared } from '../../builders/shared.ts'
import { askCli } from '../../cli/cli.ts'
import { builtPlugin } from '../server/built.ts'
import { failuresOf, outlineOf, runSuite, startVitest, treeOf, writeSuite } from './run-suite.ts'
import { edit } from './watching.ts'

/* Setups and teardowns of documents: each Vitest that is started runs several documents, or one of them in two ways. */

const built = await builtPlugin()

const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'
const token = '{ name: authorization, in: header, value: "Bearer {$inputs.token}" }'

const hooks = {
  reset: `
  - workflowId: reset
    steps: [{ stepId: reset, operationId: reset, ${ok} }]`,
  login: `
  - workflowId: login
    inputs: { type: object, properties: { user: { type: string, default: ann } } }
    steps:
      - stepId: login
        operationId: login
        parameters: [{ name: user, in: query, value: $inputs.user }]
        ${ok}
        outputs: { token: $response.body#/token }
    outputs: { token: $steps.login.outputs.token }`,
  remove: `
  - workflowId: remove
    inputs: { type: object, required: [id], properties: { id: { type: string } } }
    steps:
      - { stepId: remove, operationId: remove, parameters: [{ name: id, in: path, value: $inputs.id }], ${ok} }`,
  broken: `
  - workflowId: broken
    steps: [{ stepId: fails, operationId: broken, ${ok} }]`,
}

const steps = (check: string) => `
    inputs: { type: object, required: [token], properties: { token: { type: string } } }
    steps:
      - { stepId: create, operationId: create, parameters: [${token}], ${ok}, outputs: { id: $response.body#/id } }
      - { stepId: check, operationId: ${check}, ${ok} }`

const workflow = (workflowId: string, more = '', check = 'check') =>
  `  - workflowId: ${workflowId}\n${more && `    ${more}\n`}${steps(check).slice(1)}\n`

/** The same document, of whose requests the server knows that they are its own. */
const apart = (name: 'good' | 'idle', document: string) => document.replace('name: api', `name: ${name}`)

const documentWith = (extension: string, workflows: string, ...names: (keyof typeof hooks)[]) =>
  arazzo(workflows + names.map(name => hooks[name]).join(''), extension && `x-vitest: ${extension}`)

const good = documentWith(
  "{ setup: { run: '#reset', vu: '#login' }, teardown: { run: './good.ts#drop', iteration: '#remove' } }",
  workflow('main') +
    workflow('rows', "x-vitest: { inputs: { rows: [{user: bob}, {user: eve}] }, teardown: { vu: './good.ts#note' } }"),
  'reset',
  'login',
  'remove',
)

/** `hooks.ts` gives a token only, and nobody knows before what a module gives. */
const idle = (extension: string, workflows: string) =>
  apart('idle', documentWith(extension, workflows.replaceAll('outputs: { id:', 'outputs: { made:'), 'remove'))

const functions = `
const call = (path: string) => async ({ url, inputs }: { url: string; inputs: Record<string, unknown> }) => {
  await fetch(\`\${url}/\${path}?\${new URLSearchParams(Object.keys(inputs).map(name => ['has', name]))}\`)
}
export const drop = call('drop')
export const note = call('note')
export const tell = ({ inputs }: { inputs: { password: string } }) => {
  throw new Error(\`cannot log in with \${inputs.password}\`)
}
export default () => ({ token: 'of a module' })
`

const files = {
  'vitest.config.js': `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
const [api, hooks] = [process.env.API, JSON.parse(process.env.HOOKS ?? '{}')]
const plugins = options => [arazzo({ servers: { api, good: api + '/good', idle: api + '/idle' }, ...options })]
const projects = Object.entries(hooks).map(([name, options]) => ({ plugins: plugins(options), test: { name } }))
export default defineConfig(projects.length > 0 ? { test: { projects } } : { plugins: plugins() })`,
  'api.json': openapi({
    reset: ['post', '/reset'],
    login: ['post', '/login', { parameters: [{ name: 'user', in: 'query', schema: { type: 'string' } }] }],
    create: ['post', '/items'],
    check: ['get', '/check'],
    remove: ['delete', '/items/{id}'],
    broken: ['post', '/broken'],
  }),
  'hooks.ts': functions,
  'good.ts': functions.replaceAll("call('", "call('good/"),
  'good.arazzo.yaml': apart('good', good),
  'failing.arazzo.yaml': documentWith(
    "{ setup: ./hooks.ts, teardown: { run: '#reset', iteration: '#remove' } }",
    workflow('twice', 'x-vitest: { retry: 1 }', 'broken') + workflow('passes'),
    'reset',
    'remove',
  ),
  'unset.arazzo.yaml': documentWith(
    "{ setup: '#broken', teardown: './hooks.ts#note' }",
    workflow('first') + workflow('second'),
    'broken',
  ),
  'half.arazzo.yaml': documentWith(
    '{ setup: ./hooks.ts }',
    workflow('fine') + workflow('not-fine', "x-vitest: { setup: '#broken', teardown: { vu: '#reset' } }"),
    'reset',
    'broken',
  ),
  'torn.arazzo.yaml': documentWith(
    "{ setup: ./hooks.ts, teardown: '#broken' }",
    workflow('bad', "x-vitest: { teardown: { vu: '#broken' } }", 'broken'),
    'broken',
  ),
  'plain.arazzo.yaml': documentWith('', workflow('plain')),
  'watched.arazzo.yaml': documentWith(
    "{ setup: ./hooks.ts, teardown: { run: './hooks.ts#drop', iteration: '#remove' } }",
    workflow('watched'),
    'remove',
  ),
  'masked.arazzo.yaml': arazzo(`  - workflowId: shows
    x-vitest: { setup: '#login' }
    inputs: { type: object, properties: { token: { type: string } } }
    steps:
      - stepId: fails
        operationId: login
        parameters: [{ name: user, in: query, value: $inputs.token }]
        successCriteria: [{ condition: $statusCode == 201 }]${hooks.login.replace(
          'inputs:',
          'x-vitest: { inputs: { user: { env: SECRET } } }\n    inputs:',
        )}`),
  'idle.arazzo.yaml': idle(
    "{ setup: ./hooks.ts, teardown: { iteration: '#remove' } }",
    workflow('one') +
      workflow('two', 'x-vitest: { inputs: { rows: [{ a: 1 }, { a: 2 }] } }') +
      workflow('not', 'x-vitest: { skip: true }'),
  ),
  'own.arazzo.yaml': idle(
    '{ setup: ./hooks.ts }',
    workflow('cleans-up', "x-vitest: { teardown: '#remove' }") + workflow('other', '', 'broken'),
  ),
  'some.arazzo.yaml': idle(
    "{ setup: ./hooks.ts, teardown: { iteration: '#remove' } }",
    workflow('fails', '', 'broken') + workflow('passes'),
  ),
  'secret.arazzo.yaml': documentWith(
    "{ inputs: { password: { env: SECRET } }, setup: './hooks.ts#tell' }",
    workflow('never'),
  ),
}

/** @param isSilent whether `check` gets no response. */
async function serveApi(isSilent = () => false) {
  let [tokens, items] = [0, 0]
  const { origin, seen } = await serve(({ url }) => {
    const { pathname, searchParams } = new URL(url, 'http://a')
    const path = pathname.replace(/^\/(good|idle)/, '')
    const user = searchParams.get('user')
    if (path === '/check' && isSilent()) return { delay: 'never' }
    const tokenOf = () => (user?.includes('secret') ? user : `t${tokens++}`)
    const body = path === '/login' ? { token: tokenOf() } : path === '/items' ? { id: `i${items++}` } : {}
    const headers = path === '/login' && !user?.includes('secret') ? { 'set-cookie': `session=${user}` } : {}
    return { status: path === '/broken' ? 500 : 200, body, headers: headers as Record<string, string> }
  })
  return { API: origin, seen }
}

const ran = ['good', 'failing', 'unset', 'half', 'torn', 'masked', 'secret', 'idle', 'own', 'some']

/** One run of many documents. */
const whole = shared(async () => {
  const { API, seen } = await serveApi()
  const env = { API, SECRET: 'a very good secret' }
  const args = [...ran.map(name => `${name}.arazzo`), '--no-file-parallelism']
  return { ...(await runSuite(await writeSuite(files), args, env)), seen }
})

/** The part of a tree that is of these documents. */
const treesOf = (tree: string, ...names: string[]) => names.map(name => treeOf(tree, `${name}.arazzo.yaml`)).join('\n')

/** Those of a document that was set apart, as if it were alone. */
const seenOf = (name: string, seen: readonly Seen[]) =>
  seen.flatMap(one => (one.url.startsWith(`/${name}/`) ? [{ ...one, url: one.url.slice(name.length + 1) }] : []))

/** `POST /items t0`: with the token that it had. */
const told = (seen: readonly Seen[]) =>
  seen.map(({ method, url, headers }) =>
    [method, url, ...(headers.authorization?.toString().slice('Bearer '.length).split(' ') ?? [])].join(' '),
  )

test('once a document and around each run, with its outputs; none of them is a test', async () => {
  const { tree, seen: all } = await whole()
  const seen = seenOf('good', all)
  expect(treesOf(tree, 'good')).toMatchInlineSnapshot(`
    "good.arazzo.yaml
      main
        ✓ create
        ✓ check
      rows (row 1)
        ✓ create
        ✓ check
      rows (row 2)
        ✓ create
        ✓ check
      reset
        ↓ setup of "good.arazzo.yaml" [not run by itself]
      login
        ↓ setup of "good.arazzo.yaml" [not run by itself]
      remove
        ↓ teardown of "good.arazzo.yaml" [not run by itself]"
  `)
  expect(told(seen)).toMatchInlineSnapshot(`
    [
      "POST /reset",
      "POST /login?user=ann",
      "POST /items t0",
      "GET /check",
      "DELETE /items/i0",
      "POST /login?user=bob",
      "POST /items t1",
      "GET /check",
      "DELETE /items/i1",
      "GET /note?has=token&has=user&has=id",
      "POST /login?user=eve",
      "POST /items t2",
      "GET /check",
      "DELETE /items/i2",
      "GET /note?has=token&has=user&has=id",
      "GET /drop",
    ]
  `)
  const cookies = seen.filter(({ url }) => url === '/check').map(({ headers }) => headers.cookie)
  expect(cookies).toEqual(['session=ann', 'session=bob', 'session=eve'])
})

test('filters choose which of them run: none where none of their tests does, and what was left out may have cleaned up', async () => {
  const { API, seen } = await serveApi()
  const folder = await writeSuite({
    ...files,
    'named.arazzo.yaml': good.replaceAll('good.ts', 'hooks.ts').replace('rows', 'not-chosen'),
  })
  const filter = 'rows .row 2. create|one|(?:set|tear).* of "named'
  const { exitCode, output } = await runSuite(folder, ['good', 'named', 'idle', '-t', filter], { API })
  expect(exitCode, output).toBe(0)
  expect(told(seenOf('good', seen))).toMatchInlineSnapshot(`
    [
      "POST /reset",
      "POST /login?user=eve",
      "POST /items t0",
      "DELETE /items/i0",
      "GET /note?has=token&has=user&has=id",
      "GET /drop",
    ]
  `)
  expect(told(seenOf('idle', seen))).toEqual(['POST /items of a module', 'GET /check'])
  expect(seen.filter(({ url }) => !/^\/(good|idle)\//.test(url))).toEqual([])
})

test('what fails is named, fails the run, and keeps no teardown from running', async () => {
  const { tree, output, exitCode, seen: all } = await whole()
  expect(exitCode).toBe(1)
  const names = ['failing', 'half', 'masked', 'secret', 'torn', 'unset']
  expect(treesOf(tree, ...names)).toMatchInlineSnapshot(`
    "failing.arazzo.yaml
      twice
        ✓ create
        × check (CriterionError, CriterionError) (retry x1)
      passes
        ✓ create
        ✓ check
      reset
        ↓ teardown of "failing.arazzo.yaml" [not run by itself]
      remove
        ↓ teardown of "failing.arazzo.yaml" [not run by itself]
    half.arazzo.yaml
      fine
        ✓ create
        ✓ check
      not-fine
        × create (SetupError)
        × check (SetupError)
      reset
        ↓ teardown of "not-fine" [not run by itself]
      broken
        ↓ setup of "not-fine" [not run by itself]
    masked.arazzo.yaml
      shows
        × fails (CriterionError)
      login
        ↓ setup of "shows" [not run by itself]
    secret.arazzo.yaml
      never
        × create (SetupError)
        × check (SetupError)
    torn.arazzo.yaml
      ! TeardownError: Failed to tear down torn.arazzo.yaml: teardown.run (#broken) failed: step "fails" failed: $statusCode == 200 is not met (500).
      bad
        ! TeardownError: Failed to tear down workflow "bad": teardown.vu (#broken) failed: step "fails" failed: $statusCode == 200 is not met (500).
        ✓ create
        × check (CriterionError)
      broken
        ↓ teardown of "torn.arazzo.yaml", "bad" [not run by itself]
    unset.arazzo.yaml
      first
        × create (SetupError)
        × check (SetupError)
      second
        × create (SetupError)
        × check (SetupError)
      broken
        ↓ setup of "unset.arazzo.yaml" [not run by itself]"
  `)
  expect(outlineOf(failuresOf(output, 'unset.arazzo.yaml'))).toMatchInlineSnapshot(`
    "FAIL  unset.arazzo.yaml > first > create
     FAIL  unset.arazzo.yaml > first > check
     FAIL  unset.arazzo.yaml > second > create
     FAIL  unset.arazzo.yaml > second > check
    SetupError: Failed to set up unset.arazzo.yaml: setup.run (#broken) failed: step "fails" failed: $statusCode == 200 is not met (500).
     ❯ x-vitest > setup unset.arazzo.yaml:19:20
    Caused by: CriterionError: Failed to pass step "fails": expected 200, received 500. The server reports a fault of its own: see the application's log.
      POST http://127.0.0.1:PORT/broken
      HTTP 500
        content-type: application/json
        {}
     ❯ fails > successCriteria[0] unset.arazzo.yaml:18:82
     ❯ broken > fails unset.arazzo.yaml:18:15
     ❯ POST /broken api.json:1:728"
  `)
  expect(output).toContain(
    'SetupError: Failed to set up workflow "not-fine": setup.vu (#broken) failed: step "fails" failed: $statusCode == 200',
  )
  for (const thing of ['torn.arazzo.yaml: teardown.run', 'workflow "bad": teardown.vu'])
    expect(output).toContain(`TeardownError: Failed to tear down ${thing} (#broken) failed: step "fails" failed:`)
  expect(failuresOf(output, 'torn.arazzo.yaml')).toContain('CriterionError: Failed to pass step "check"')
  expect(failuresOf(output, 'secret.arazzo.yaml')).toMatch(
    /setup\.run \(\.\/hooks\.ts#tell\) failed: cannot log in with \S+\.\n/,
  )
  expect(failuresOf(output, 'masked.arazzo.yaml')).toMatch(/POST http:\/\/127.0.0.1:PORT\/login\?user=\S*\n/)
  expect(output).not.toMatch(/very.{1,3}good/)
  const seen = all.filter(({ url }) => !/^\/(good|idle)\//.test(url))
  const count = (line: string) => told(seen).filter(one => one.startsWith(line)).length
  // Both tries and the other workflow clean up; a workflow whose setup failed is torn down.
  expect(['POST /items', 'DELETE /items', 'POST /reset', 'GET /note'].map(count)).toEqual([5, 3, 2, 1])
})

test('a clean-up that is left out after every run, of which all passed, has failed: it cleans nothing up', async () => {
  const { tree, seen } = await whole()
  expect(treesOf(tree, 'idle', 'own', 'some')).toMatchInlineSnapshot(`
    "idle.arazzo.yaml
      ! TeardownError: Failed to tear down idle.arazzo.yaml: teardown.iteration (#remove) failed: it never ran: no run had its input "id".
      one
        ✓ create
        ✓ check
      two (row 1)
        ✓ create
        ✓ check
      two (row 2)
        ✓ create
        ✓ check
      not
        ↓ create
        ↓ check
      remove
        ↓ teardown of "idle.arazzo.yaml" [not run by itself]
    own.arazzo.yaml
      ! TeardownError: Failed to tear down own.arazzo.yaml: teardown.iteration (#remove) failed: it never ran: no run had its input "id".
      cleans-up
        ✓ create
        ✓ check
      other
        ✓ create
        × check (CriterionError)
      remove
        ↓ teardown of "cleans-up" [not run by itself]
    some.arazzo.yaml
      fails
        ✓ create
        × check (CriterionError)
      passes
        ✓ create
        ✓ check
      remove
        ↓ teardown of "some.arazzo.yaml" [not run by itself]"
  `)
  expect(seenOf('idle', seen).filter(({ method }) => method === 'DELETE')).toEqual([])
  const message = 'teardown.iteration (#remove) failed: it never ran: no run had its input "id".'
  const { API } = await serveApi()
  const folder = await writeSuite(files)
  // Node.js alone may not read a module in TypeScript.
  edit(join(folder, 'own.arazzo.yaml'), 'x-vitest: { setup: ./hooks.ts }', 'x-vitest: { tags: [] }')
  const asked = await askCli(
    built,
    ['run', 'own.arazzo.yaml#cleans-up', '--server', API, '--input', 'token=t'],
    folder,
    { API },
  )
  expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining(message)])
})

test('after a run that was ended by its first failure too', async () => {
  const { API, seen } = await serveApi()
  const { exitCode, tree } = await runSuite(await writeSuite(files), ['failing', '--bail', '1', '--retry', '0'], {
    API,
  })
  expect([exitCode, tree]).toEqual([1, expect.stringContaining('× check')])
  expect(told(seen).slice(-2)).toEqual(['DELETE /items/i1', 'POST /reset'])
})

test('hooks of all documents, by the plugin', async () => {
  const { API, seen } = await serveApi()
  const folder = await writeSuite(files)
  const login = './good.arazzo.yaml#login'
  const HOOKS = JSON.stringify({
    good: { setup: { run: './hooks.ts', vu: login }, teardown: './hooks.ts#drop' },
    none: { setup: './good.arazzo.yaml#lgoin' },
  })
  const { tree, output } = await runSuite(folder, ['plain'], { API, HOOKS })
  const [green, red] = [
    ['plain.arazzo.yaml', '  plain', '    ✓ create', '    ✓ check'].join('\n'),
    ['plain.arazzo.yaml', '  plain', '    × create (SetupError)', '    × check (SetupError)'].join('\n'),
  ]
  expect(tree).toContain(green)
  expect(tree).toContain(red)
  expect(tree).toHaveLength(green.length + 1 + red.length)
  expect(told(seen)).toMatchInlineSnapshot(`
    [
      "POST /good/login?user=ann",
      "POST /items t0",
      "GET /check",
      "GET /drop?has=token",
    ]
  `)
  expect(output).toContain('the document has no such workflow')
})

test('watch mode sets up again, by a changed module too, and tears down where its run is cancelled', async () => {
  let isSilent = false
  const { API, seen } = await serveApi(() => isSilent)
  const folder = await writeSuite(files)
  const { child, output } = startVitest(folder, ['--watch', 'watched'], { API }, 'imitated')
  const comes = (...lines: string[]) =>
    vi.waitFor(() => expect(told(seen), output()).toEqual(expect.arrayContaining(lines)), { timeout: 60_000 })
  await comes('POST /items of a module', 'GET /check', 'DELETE /items/i0', 'GET /drop?has=token')
  await vi.waitFor(() => expect(output()).toContain('Waiting for file changes'), { timeout: 60_000 })
  seen.length = 0
  isSilent = true
  edit(join(folder, 'hooks.ts'), 'of a module', 'of a change')
  await comes('POST /items of a change', 'GET /check')
  child.stdin!.write('c')
  await comes('DELETE /items/i1', 'GET /drop?has=token')
})

test('on the command line the same documents do the same', async () => {
  const { API, seen } = await serveApi()
  const folder = await writeSuite({
    ...files,
    'cli.arazzo.yaml': files['good.arazzo.yaml'].replaceAll(/'\.\/good\.ts#\w+'/g, "'#reset'"),
  })
  const run = (ref: string, ...more: string[]) => askCli(built, ['run', ref, '--server', API, ...more], folder, { API })
  const good = await run('cli.arazzo.yaml#rows')
  expect(good.code, good.stderr).toBe(0)
  expect(told(seen)).toMatchInlineSnapshot(`
    [
      "POST /reset",
      "POST /login?user=bob",
      "POST /items t0",
      "GET /check",
      "DELETE /items/i0",
      "POST /reset",
      "POST /login?user=eve",
      "POST /items t1",
      "GET /check",
      "DELETE /items/i1",
      "POST /reset",
      "POST /reset",
    ]
  `)
  const torn = await run('unset.arazzo.yaml#first')
  expect([torn.code, torn.stderr]).toEqual([
    1,
    expect.stringMatching(/^Failed to set up unset\.arazzo\.yaml: setup\.run \(#broken\) failed: /),
  ])
  seen.length = 0
  // What is a setup itself runs without.
  expect((await run('cli.arazzo.yaml#login', '--input', 'user=bob')).code).toBe(0)
  expect(told(seen)).toEqual(['POST /login?user=bob'])
})

test('what can be known to be wrong is a problem of the document, at its place', async () => {
  const wrong = documentWith(
    "{ setup: { run: '#rest', vu: ./none.ts }, teardown: { iteration: '#remove' } }",
    workflow('one', "x-vitest: { setup: { run: '#reset' }, teardown: {} }").replaceAll(
      'id: $response',
      'di: $response',
    ),
    'reset',
    'remove',
  )
  const folder = await writeSuite({
    ...files,
    'wrong.arazzo.yaml': wrong,
    'misnamed.arazzo.yaml': wrong
      .replace('#rest', '#reset')
      .replace(', vu: ./none.ts', '')
      .replace(/x-vitest: .*teardown: \{\} \}/, 'description: none'),
    // Of these no test would run, and all would be well.
    'alone.arazzo.yaml': documentWith("{ setup: '#reset', teardown: ./hooks.ts }", '', 'reset'),
    'circle.arazzo.yaml': documentWith(
      '',
      workflow('one', "x-vitest: { setup: '#two' }") + workflow('two', "x-vitest: { teardown: '#one' }"),
    ),
  })
  const { stdout } = await askCli(
    built,
    ['validate', ...['wrong', 'misnamed', 'alone', 'circle'].map(name => `${name}.arazzo.yaml`), '--format', 'json'],
    folder,
  )
  expect(
    JSON.parse(stdout).map(
      ({ at, message }: { at: { line: number; column: number }; message: string }) =>
        `${at.line}:${at.column} ${message.replaceAll(`${folder}/`, '')}`,
    ),
  ).toMatchInlineSnapshot(`
    [
      "7:31 Failed to read x-vitest.setup.run: there is no such key.",
      "7:53 Failed to read x-vitest.teardown: it is empty.",
      "19:27 Failed to read x-vitest.setup (run): its document has no workflow "rest", but "reset".",
      "19:40 Failed to read x-vitest.setup (vu): none.ts does not exist.",
      "19:62 Failed to read x-vitest.teardown (iteration): it would never run: no workflow that it stands around has an input or output "id".",
      "9:20 Failed to read x-vitest.setup (run): it would never run: each workflow of the document is a setup or a teardown itself.",
      "9:40 Failed to read x-vitest.teardown (run): it would never run: each workflow of the document is a setup or a teardown itself.",
      "7:24 Failed to read x-vitest.setup: it would never run: workflow "one" is a setup or a teardown itself, around which none runs.",
      "13:27 Failed to read x-vitest.teardown: it would never run: workflow "two" is a setup or a teardown itself, around which none runs.",
    ]
  `)
})
