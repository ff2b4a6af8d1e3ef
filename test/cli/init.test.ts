import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileName, writeNew } from '../../src/cli/init/project.ts'
import { readArazzo } from '../../src/document/read.ts'
import { freshFolder } from '../builders/folder.ts'
import { install } from '../builders/installed.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runVitestAgain } from '../plugin/server/run-vitest.ts'
import { askCli, runCli } from './cli.ts'
import { openLibrary } from './library.ts'
import { openNotes } from './notes.ts'

// Each command is a process of its own.
const root = fileURLToPath(new URL('../..', import.meta.url))
const fixtures = join(root, 'fixtures/openapi')
const scratch = freshFolder('init')

const built = await builtPlugin()
const library = await openLibrary()
afterAll(() => library.close())

const kinds = [
  'library.yaml',
  'swagger.json',
  'rpc.yaml',
  'notes.yaml',
  'split/openapi.yaml',
  '../apps/petstore/petstore.openapi.yaml',
]

test('a file is not named as a device of Windows is, nor ends its name in a dot', () => {
  expect(['Con', 'COM1', 'console', 'a:b', 'shop...'].map(fileName)).toEqual([
    'con-api',
    'com1-api',
    'console',
    'a-b',
    'shop',
  ])
})

test.each(kinds)('what is written from %s is accepted, and by validate', async file => {
  const folder = join(scratch, file.replaceAll(/\W/g, '-'))
  const { code, stdout, stderr } = await askCli(built, ['init', join(fixtures, file), '--output', folder], scratch)
  expect(stderr).toBe('')
  expect(code, stdout).toBe(0)
  const document = readdirSync(folder).find(name => name.endsWith('.arazzo.yaml'))
  const { problems } = await readArazzo(join(folder, String(document)))
  expect(problems).toEqual([])
  const validated = await askCli(built, ['validate', '--strict'], folder)
  expect(validated).toEqual({ code: 0, stdout: '1 document, 0 errors, 0 warnings\n', stderr: '' })
})

test('a title of 10,000 characters is shortened where it stands, and names files of a usual length', async () => {
  const source = join(scratch, 'openapi.json')
  const title = `A very long title ${'about pets '.repeat(1_000)}`.slice(0, 10_000)
  const paths = { '/pets': { get: { operationId: 'listPets', responses: { 200: { description: 'All' } } } } }
  writeFileSync(source, JSON.stringify({ openapi: '3.1.0', info: { title, version: '1' }, paths }))
  const folder = join(scratch, 'long-title')
  const said = await askCli(built, ['init', source, '--output', folder], scratch)
  expect(said).toMatchObject({ code: 0, stderr: '' })
  const names = readdirSync(folder).sort()
  expect(names).toEqual([
    '.gitignore',
    'a-very-long-title-about-pets-about-pets-about-pets-about-pet.arazzo.yaml',
    'a-very-long-title-about-pets-about-pets-about-pets-about-pet.load.test.ts',
    'vitest.config.ts',
  ])
  const { document, problems } = await readArazzo(join(folder, names[1]!))
  expect(problems).toEqual([])
  expect(document!.workflows.map(({ workflowId }) => workflowId)).toEqual(['pets'])
  for (const name of names) expect(readFileSync(join(folder, name), 'utf8').length).toBeLessThan(2_000)
  const validated = await askCli(built, ['validate', '--strict'], folder)
  expect(validated).toEqual({ code: 0, stdout: '1 document, 0 errors, 0 warnings\n', stderr: '' })
})

test('an id comes from the list before it, and made-up values only where any will do', async () => {
  const folder = join(scratch, 'library-yaml')
  const { document } = await readArazzo(join(folder, 'library.arazzo.yaml'))
  const steps = document!.workflows.map(({ workflowId, steps }) => [workflowId, steps.map(({ stepId }) => stepId)])
  expect(Object.fromEntries(steps)).toEqual({
    books: ['listBooks', 'get-books-bookId', 'get-books-bookId-copies', 'getCopy'],
    loans: ['listLoans', 'getLoan'],
    'opening-hours': ['openingHours'],
  })
})

test('a login comes first if security asks for it', async () => {
  const folder = join(scratch, 'notes-yaml')
  const document = readFileSync(join(folder, 'notes.arazzo.yaml'), 'utf8').replace(/url: .*/, 'url: ./notes.yaml')
  expect(document).toMatchInlineSnapshot(`
    "# yaml-language-server: $schema=./node_modules/vitest-arazzo/schemas/arazzo.v1.json
    # Workflows that need a login log in first.
    # Each workflow only looks at things. An id comes from the list before it.
    # https://spec.openapis.org/arazzo/v1.0.1.html
    arazzo: 1.0.1
    info:
      title: Notes
      version: 1.0.0
    sourceDescriptions:
      - name: notes
        url: ./notes.yaml
        type: openapi
    workflows:
      - workflowId: sign-in
        summary: Logs in.
        inputs:
          type: object
          required:
            - username
            - password
          properties:
            username:
              type: string
            password:
              type: string
              format: password
        steps:
          - stepId: login
            operationId: login
            requestBody:
              contentType: application/json
              payload:
                username: $inputs.username
                password: $inputs.password
                client: web
            successCriteria:
              - condition: $statusCode == 200
            outputs:
              token: $response.body#/accessToken
        outputs:
          token: $steps.login.outputs.token
      - workflowId: folders
        summary: Looks at folders.
        inputs:
          type: object
          required:
            - username
            - password
          properties:
            username:
              type: string
            password:
              type: string
              format: password
        steps:
          - stepId: sign-in
            workflowId: sign-in
            parameters:
              - name: username
                value: $inputs.username
              - name: password
                value: $inputs.password
            outputs:
              token: $outputs.token
          - stepId: listFolders
            operationId: listFolders
            parameters:
              - name: Authorization
                in: header
                value: Bearer {$steps.sign-in.outputs.token}
            successCriteria:
              - condition: $statusCode == 200
    "
  `)
  expect(readFileSync(join(folder, 'vitest.config.ts'), 'utf8')).toMatchInlineSnapshot(`
    "import { defineConfig } from 'vitest/config'
    import arazzo from 'vitest-arazzo/plugin'

    // Examples of the OpenAPI file.
    process.env.NOTES_USERNAME ??= 'ada'
    process.env.NOTES_PASSWORD ??= 'it\\'s a secret'

    export default defineConfig({
      plugins: [
        arazzo({
          // Address of the application.
          servers: process.env.API_URL ?? 'http://127.0.0.1:3000',
          // Or let the plugin start it, and measure its memory and CPU:
          // server: { command: 'npm start', url: 'http://127.0.0.1:{port}', env: { PORT: '{port}' } },
          inputs: { username: { env: 'NOTES_USERNAME' }, password: { env: 'NOTES_PASSWORD' } },
        }),
      ],
    })
    "
  `)
  const notes = await openNotes()
  try {
    const flags = ['--server', notes.url, '--input', 'username=ada', '--input', "password=it's a secret"]
    const said = await askCli(built, ['run', 'notes.arazzo.yaml#folders', ...flags], folder)
    expect(said.code, said.stdout).toBe(0)
    expect(notes.refused).toEqual([])
    expect(notes.count()).toBe(0)
  } finally {
    notes.close()
  }
})

test('what runs write is ignored once, and never what is there already', async () => {
  const folder = join(scratch, 'ignoring')
  mkdirSync(join(folder, 'inner'), { recursive: true })
  mkdirSync(join(folder, '.git'))
  writeFileSync(join(folder, '.gitignore'), 'dist\n/.vitest-arazzo')
  const init = (name: string, output: string) =>
    askCli(built, ['init', join(fixtures, name), '--output', output], folder)
  expect((await init('library.yaml', '.')).code).toBe(0)
  const lines = 'dist\n/.vitest-arazzo\n.vitest-attachments/\n'
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe(lines)
  const again = await init('rpc.yaml', 'inner')
  expect(again.stdout).not.toContain('.gitignore')
  expect(readdirSync(join(folder, 'inner'))).not.toContain('.gitignore')
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe(lines)
})

test('what is in the way is told in words, and left as it was', async () => {
  const folder = join(scratch, 'in-the-way')
  for (const name of ['ignored/.gitignore', 'linked']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'file'), 'mine')
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'linked/library.load.test.ts'))
  const init = (output: string) => askCli(built, ['init', join(fixtures, 'library.yaml'), '--output', output], folder)
  const said = async (output: string) => {
    const { code, stderr } = await init(output)
    return [code, stderr]
  }
  const told = (found: string, advice: string) => `Failed to write the first files: ${found}. ${advice}\n`
  expect(await said('file')).toEqual([2, told('file is not a folder', 'Use --output.')])
  expect(await said('file/below')).toEqual([
    2,
    expect.stringMatching(/^Failed to write the first files: ENOTDIR: .*\n$/),
  ])
  const isThere = 'library.load.test.ts is there already'
  expect(await said('linked')).toEqual([2, told(isThere, 'Use --output.')])
  expect(readdirSync(join(folder, 'linked'))).toEqual(['library.load.test.ts'])
  expect(await said('ignored')).toEqual([
    0,
    expect.stringMatching(
      /^Failed to write ignored\/\.gitignore: EISDIR: .* Add \.vitest-arazzo\/ and .* by hand\.\n$/,
    ),
  ])
  expect(readdirSync(folder).sort()).toEqual(['file', 'ignored', 'linked'])
})

test('of several at once one writes, and of what cannot be written whole nothing is left', () => {
  const folder = join(scratch, 'at-once')
  const texts = (by: string) => ({ 'a.yaml': by, 'b.ts': by })
  writeNew(folder, texts('first'))
  expect(() => writeNew(folder, texts('second'))).toThrow('a.yaml and b.ts are there already')
  // A file that appears in between is met when it is written.
  const meanwhile = Object.defineProperty({ 'c.yaml': 'third' } as Record<string, string>, 'd.ts', {
    enumerable: true,
    get: () => {
      writeFileSync(join(folder, 'd.ts'), 'another')
      return 'third'
    },
  })
  expect(() => writeNew(folder, meanwhile)).toThrow('d.ts is there already')
  const left = readdirSync(folder).sort()
  expect(left).toEqual(['a.yaml', 'b.ts', 'd.ts'])
  expect(left.map(name => readFileSync(join(folder, name), 'utf8'))).toEqual(['first', 'first', 'another'])
})

test('the next steps are those that are left', async () => {
  const folder = join(scratch, 'steps')
  mkdirSync(folder)
  writeFileSync(join(folder, 'pnpm-lock.yaml'), '')
  const said = await askCli(built, ['init', join(fixtures, 'swagger.json')], folder)
  expect(said.stdout.slice(said.stdout.indexOf('Next:'))).toMatchInlineSnapshot(`
    "Next:
      1. pnpm add -D vitest vitest-arazzo
      2. Set STOCK_LOGIN_USERNAME, STOCK_LOGIN_PASSWORD in the environment.
      3. Start the application.
      4. npx vitest run
    "
  `)
})

test('credentials come from the environment', () => {
  expect(readFileSync(join(scratch, 'rpc-yaml/vitest.config.ts'), 'utf8')).toContain(`      security: {
        rpc: {
          key: { env: 'RPC_KEY' },
          machine: { clientId: { env: 'RPC_MACHINE_CLIENT_ID' }, clientSecret: { env: 'RPC_MACHINE_CLIENT_SECRET' } },
        },
      },`)
})

describe('in a project', () => {
  const project = join(scratch, 'project')
  beforeAll(async () => {
    await install(project, 'vitest', 'vite')
    cpSync(join(fixtures, 'library.yaml'), join(project, 'library.openapi.yaml'))
  })

  test('everything runs green against a conforming server', async () => {
    const said = await runCli(built, ['init', 'library.openapi.yaml', '--server', library.url], { cwd: project })
    expect(said.code, said.stderr).toBe(0)
    expect(said.stdout).toMatchInlineSnapshot(`
      "wrote library.arazzo.yaml
      wrote library.load.test.ts
      wrote vitest.config.ts
      added .vitest-arazzo/ and .vitest-attachments/ to .gitignore

      3 workflows.
      Skipped, because only GET is called: discardBook.
      Skipped, because a required value has no example: search.
      Next:
        1. Start the application.
        2. npx vitest run
      "
    `)
    const { code, stdout, stderr } = await runVitestAgain(project, ['run', '--reporter=json'], {})
    const { testResults } = JSON.parse(stdout) as { testResults: { assertionResults: Result[] }[] }
    const results = testResults.flatMap(({ assertionResults }) => assertionResults)
    // A machine that is busy with something else may decide nothing on a latency.
    const bad = results.filter(
      ({ status, failureMessages }) => status === 'failed' && !/^InconclusiveError/.test(failureMessages[0] ?? ''),
    )
    expect(bad, stderr).toEqual([])
    expect(results.map(({ title }) => title)).toContain('getCopy')
    expect(results.length).toBeGreaterThan(9)
    expect([0, 1]).toContain(code)
    expect(library.requests).toContain('GET /v1/books/b%201/copies/x%2F9')
    expect(library.requests).not.toContain('GET /v1/search')
  })

  test('nothing that is there is written over', async () => {
    const again = await askCli(built, ['init', 'library.openapi.yaml'], project)
    expect(again.code).toBe(2)
    expect(again.stderr).toMatchInlineSnapshot(`
      "Failed to write the first files: library.arazzo.yaml and library.load.test.ts are there already. Use --output.
      "
    `)
    cpSync(join(project, 'library.openapi.yaml'), join(project, 'other.openapi.yaml'))
    const other = await askCli(built, ['init', 'other.openapi.yaml'], project)
    expect(other.code).toBe(0)
    expect(other.stdout).toContain('vitest.config.ts is there already. What it needs:')
  })
})

interface Result {
  title: string
  status: string
  failureMessages: string[]
}

test('files that cannot be used', async () => {
  const file = join(scratch, 'broken.yaml')
  writeFileSync(file, 'openapi: 4.0.0\n')
  const said = await askCli(built, ['init', 'broken.yaml'], scratch)
  expect(said.code).toBe(2)
  expect(said.stderr).toMatchInlineSnapshot(`
    "broken.yaml:1:10: Failed to read an OpenAPI description: its version is "4.0.0". Use 2.0, 3.0, 3.1 or 3.2.
    > 1 | openapi: 4.0.0
        |          ^
      2 |
    "
  `)
  const missing = await askCli(built, ['init', 'brokn.yaml'], scratch)
  expect(missing.code).toBe(2)
  expect(missing.stderr).toMatchInlineSnapshot(`
    "brokn.yaml:1:1: Failed to read brokn.yaml: there is no such file. Did you mean "broken.yaml"?
    "
  `)
  writeFileSync(file, 'openapi: 3.1.0\npaths: {}\n')
  const empty = await askCli(built, ['init', 'broken.yaml'], scratch)
  expect(empty.code).toBe(2)
  expect(empty.stderr).toMatchInlineSnapshot(`
    "Failed to write a workflow for broken.yaml: it has no operations. Describe one in its \`paths\`.
    "
  `)
})
