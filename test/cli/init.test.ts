import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runVitestAgain } from '../plugin/server/run-vitest.ts'
import { askCli, runCli } from './cli.ts'
import { type Library, openLibrary } from './library.ts'

// Each command is a process of its own.
vi.setConfig({ testTimeout: 60_000 })

const root = fileURLToPath(new URL('../..', import.meta.url))
const fixtures = join(root, 'fixtures/openapi')
const scratch = mkdtempSync(join(tmpdir(), 'init-'))
afterAll(() => rmSync(scratch, { recursive: true }))

let built: string
let library: Library
beforeAll(async () => {
  built = await builtPlugin()
  library = await openLibrary()
}, 60_000)
afterAll(() => library?.close())

const kinds = [
  'library.yaml',
  'swagger.json',
  'rpc.yaml',
  'split/openapi.yaml',
  '../apps/petstore/petstore.openapi.yaml',
]

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
  const said = await runCli(built, ['init', source, '--output', folder])
  expect(said).toMatchObject({ code: 0, stderr: '' })
  const names = readdirSync(folder).sort()
  expect(names).toEqual([
    'a-very-long-title-about-pets-about-pets-about-pets-about-pet.arazzo.yaml',
    'a-very-long-title-about-pets-about-pets-about-pets-about-pet.load.test.ts',
    'vitest.config.ts',
  ])
  const { document, problems } = await readArazzo(join(folder, names[0]!))
  expect(problems).toEqual([])
  expect(document!.workflows.map(({ workflowId }) => workflowId)).toEqual(['pets'])
  for (const name of names) expect(readFileSync(join(folder, name), 'utf8').length).toBeLessThan(2_000)
  const validated = await runCli(built, ['validate', '--strict'], { cwd: folder })
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
  beforeAll(() => {
    const modules = join(project, 'node_modules')
    mkdirSync(join(modules, 'vitest-arazzo'), { recursive: true })
    cpSync(join(root, 'package.json'), join(modules, 'vitest-arazzo/package.json'))
    symlinkSync(built, join(modules, 'vitest-arazzo/dist'))
    for (const name of ['vitest', 'vite']) symlinkSync(join(root, 'node_modules', name), join(modules, name))
    writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }')
    cpSync(join(fixtures, 'library.yaml'), join(project, 'library.openapi.yaml'))
  })

  test('everything runs green against a conforming server', async () => {
    const said = await runCli(built, ['init', 'library.openapi.yaml', '--server', library.url], { cwd: project })
    expect(said.code, said.stderr).toBe(0)
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

  test('nothing that is there is written over unless that is wished', async () => {
    const again = await runCli(built, ['init', 'library.openapi.yaml'], { cwd: project })
    expect(again.code).toBe(2)
    expect(again.stderr).toMatchInlineSnapshot(`
      "Failed to write the first files: library.arazzo.yaml and library.load.test.ts are there already. Use --force to write over, or --output or --name.
      "
    `)
    const other = await runCli(built, ['init', 'library.openapi.yaml', '--name', 'other'], { cwd: project })
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
