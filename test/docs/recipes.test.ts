import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { files } from '../../scripts/readme.mjs'
import { readArazzo } from '../../src/document/read.ts'
import { freshFolder } from '../builders/folder.ts'
import { install } from '../builders/installed.ts'
import { programOf } from '../builders/program.ts'
import { cases } from '../builders/thorough.ts'
import { askCli } from '../cli/cli.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { configOf, type Result, runProjects, writeFile } from './installed.ts'
import { docs, root } from './pages.ts'

/*
 * Reads the recipes, and runs some of them in one run of Vitest, or all in a thorough one: each is a project, whose
 * command is run to the letter. Where its program is not here, fixtures/recipes/stand-in.mjs is in its place;
 * `npm run applications` runs them with their own.
 */

const scratch = freshFolder('recipes')

/** The one of Debian's packages, where another comes first. */
const python = ['python3', '/usr/bin/python3'].find(
  program => spawnSync(program, ['-c', 'import fastapi, uvicorn']).status === 0,
)
/** Programs in the place of others come first. */
const PATH = [join(scratch, 'bin'), process.env.PATH].join(delimiter)

interface Recipe {
  /** What runs in the place of the application, by the path of the program; a name alone is found in `PATH`. */
  standIn?: { program: string; port: string; prefix?: string; isCompiler?: boolean }
  /** What the page takes for granted. */
  more?: Record<string, string>
}

/** By the page, and the folder of it that is the project where the page has several. */
const recipes: Record<string, Recipe> = {
  express: { standIn: { program: 'server.mjs', port: 'PORT' } },
  fastify: {},
  nest: { standIn: { program: 'dist/main.js', port: 'PORT' } },
  next: { standIn: { program: 'node_modules/.bin/next', port: '--port', prefix: '/api' } },
  directus: { standIn: { program: 'node_modules/.bin/directus', port: 'PORT' }, more: { 'seed.db': '' } },
  fastapi: python ? {} : { standIn: { program: 'python3', port: '--port' } },
  'spring-boot': { standIn: { program: 'java', port: '--server.port' } },
  go: { standIn: { program: 'go', port: 'PORT', isCompiler: true } },
  'docker-compose': { standIn: { program: 'docker', port: 'PORT' } },
  'docker-compose/database': {
    standIn: { program: 'server.mjs', port: 'PORT' },
    more: {
      '.env.test': 'NOTES_PASSWORD=only-for-tests\nNEEDS=DATABASE_URL\n',
      'node_modules/@testcontainers/postgresql/package.json': '{ "type": "module", "exports": "./index.js" }',
      'node_modules/@testcontainers/postgresql/index.js': `export class PostgreSqlContainer {
  start = async () => ({ getConnectionUri: () => 'postgres://127.0.0.1', stop: async () => {} })
}
`,
    },
  },
}
const names = Object.keys(recipes)
const projectOf = (name: string) => name.replace('/', '-')
const folderOf = (name: string) => join(scratch, projectOf(name))

/** A server by itself with its load test, and one in the place of another with what is started before it. */
const always = ['fastify', 'docker-compose/database']
const run = cases(
  always,
  names.filter(name => !always.includes(name)),
)

const shared = files(join(root, 'docs/recipes/README.md'))

/** The files of a recipe: those of all of them, then its own. */
function filesOf(name: string): { file: string; text: string }[] {
  const [page, part] = name.split('/')
  const own = files(join(root, `docs/recipes/${page}.md`)).flatMap(({ file, text }) => {
    if (part === undefined) return [{ file, text }]
    return file.startsWith(`${part}/`) ? [{ file: file.slice(part.length + 1), text }] : []
  })
  // An API of its own has files of its own.
  const all = own.some(({ file }) => file === 'openapi.yaml') ? own : [...shared, ...own]
  return all.filter(({ file }) => isLoaded(name) || !file.includes('.load.test.'))
}

/** Whether its load test is run: it is one file for all, and says nothing of a server in the place of another. */
const isLoaded = (name: string) => recipes[name]!.standIn === undefined || name === 'docker-compose'

/** A time of an ordinary machine says nothing here, and nothing has to be warm for that. */
const quickened = (text: string) =>
  text.replaceAll(/p95: '\d+m?s'/g, "p95: '60s'").replaceAll(/iterations: \d+/g, '$&, warmUp: 0')

let written: Promise<void> | undefined
function writeOnce(): Promise<void> {
  written ??= writeAll()
  return written
}

async function writeAll(): Promise<void> {
  await install(scratch, 'vitest', 'vite', 'fastify', '@types')
  for (const [name, { standIn, more = {} }] of Object.entries(recipes)) {
    for (const { file, text } of filesOf(name)) writeFile(join(folderOf(name), file), quickened(text))
    for (const [file, text] of Object.entries(more)) writeFile(join(folderOf(name), file), text)
    if (standIn !== undefined) writeStandIn(folderOf(name), standIn)
  }
  if (python?.startsWith('/')) writeProgram(join(scratch, 'bin/python3'), `exec ${python} "$@"\n`)
}

function writeProgram(path: string, script: string): void {
  writeFile(path, `#!/bin/sh\n${script}`)
  chmodSync(path, 0o755)
}

function writeStandIn(folder: string, standIn: NonNullable<Recipe['standIn']>): void {
  const { program, port, prefix = '', isCompiler } = standIn
  const script = join(root, 'fixtures/recipes/stand-in.mjs')
  const path = program.includes('/') || program.endsWith('.mjs') ? join(folder, program) : join(scratch, 'bin', program)
  if (/\.m?js$/.test(program)) {
    const argv = JSON.stringify([process.execPath, script, port, prefix])
    writeFile(path, `process.argv = ${argv}\nawait import(process.argv[1])\n`)
    return
  }
  const runs = `exec '${process.execPath}' '${script}' '${port}' '${prefix}' "$@"\n`
  // A compiler, called with `build -o <file> <folder>`, writes what runs.
  writeProgram(path, isCompiler ? `cat > "$3" <<'END' && chmod +x "$3"\n#!/bin/sh\n${runs}END\n` : runs)
}

let ran: Promise<Map<string, Result[]>> | undefined
/** Runs all recipes once, for whichever test asks first. */
async function resultsOf(name: string): Promise<Result[]> {
  await writeOnce()
  ran ??= runProjects(scratch, run.map(projectOf), { PATH })
  return (await ran).get(projectOf(name)) ?? []
}

test('each page is a recipe that is run here, and is short', () => {
  const pages = docs.filter(page => page.startsWith('docs/recipes/') && !page.endsWith('/README.md'))
  expect(pages.map(page => /([\w-]+)\.md/.exec(page)![1]).sort()).toEqual(
    names.filter(name => !name.includes('/')).sort(),
  )
  for (const page of pages) expect(readFileSync(join(root, page), 'utf8').split('\n').length, page).toBeLessThan(81)
})

const titled = run.map(name => [
  name,
  recipes[name]!.standIn === undefined
    ? 'by itself'
    : `with a server in the place of ${recipes[name]!.standIn!.program}`,
])

test.each(titled)('%s runs %s', { timeout: 240_000 }, async name => {
  const own = await resultsOf(name)
  const told = (result: Result) => [result.fullName, result.status, ...result.failureMessages]
  const failed = own.filter(({ status }) => status === 'failed')
  const passed = own.filter(({ status }) => status === 'passed').map(({ title }) => title)
  const steps = name === 'directus' ? ['login', 'create', 'remove'] : ['login', 'login', 'note']
  // The application here has no client library for Prometheus: nothing passes on the memory of its client.
  if (name === 'docker-compose') {
    expect(failed.map(({ title }) => title)).toEqual(['5 virtual users, 40 iterations each'])
    expect(failed[0]!.failureMessages.join()).toMatch(/Failed to measure http:\S+\/metrics: /)
    expect(passed).toEqual(steps)
    return
  }
  expect(failed.map(told)).toEqual([])
  const keys = name === 'directus' ? ['errorRate', 'memory'] : isLoaded(name) ? ['p95', 'errorRate', 'memory'] : []
  expect(passed).toEqual(expect.arrayContaining([...steps, ...keys.map(key => `budget: ${key}`)]))
})

test('Vitest reads their configurations, and nothing in them stands in the way', async () => {
  await writeOnce()
  // Beside that of the run, which may be read just now.
  const config = join(scratch, 'all.config.mjs')
  writeFileSync(config, configOf(names.map(projectOf)))
  const doctor = ['doctor', '--offline', '--config', config]
  const { code, stdout, stderr } = await askCli(await builtPlugin(), doctor, scratch)
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(new RegExp(`\\n${names.length} documents\\n\\nNothing stands in the way\\.\\n$`))
})

test('their configurations and load tests fit the types of the package', async () => {
  await writeOnce()
  const isChecked = (file: string) => /config\.mjs$|\.test\.js$/.test(file)
  const paths = names.flatMap(name =>
    filesOf(name).flatMap(({ file }) => (isChecked(file) ? [resolve(folderOf(name), file)] : [])),
  )
  const wrong = join(scratch, 'wrong.mjs')
  writeFile(wrong, "import arazzo from 'vitest-arazzo/plugin'\n\narazzo({ sevrer: { command: 'x', url: 'y' } })\n")
  const program = programOf([wrong, ...paths], {
    allowJs: true,
    checkJs: true,
    typeRoots: [join(root, 'node_modules/@types')],
  })
  const found = [wrong, ...paths].flatMap(path => program.getSemanticDiagnostics(program.getSourceFile(path)))
  const told = found.map(({ file, messageText }) => [file?.fileName, ts.flattenDiagnosticMessageText(messageText, ' ')])
  // And what does not fit is found.
  expect(told).toEqual([[wrong, expect.stringContaining("'sevrer' does not exist")]])
})

test.each(names)('the documents of %s have no problem', async name => {
  await writeOnce()
  const documents = filesOf(name).filter(({ file }) => file.endsWith('.arazzo.yaml'))
  expect(documents).toHaveLength(1)
  const { problems } = await readArazzo(join(folderOf(name), documents[0]!.file))
  expect(problems).toEqual([])
})

test.skipIf(python === undefined)(
  'FastAPI describes the operations of its recipe (where Python has fastapi and uvicorn)',
  async () => {
    await writeOnce()
    const command = /`(python3 -c .*) > openapi\.yaml`/.exec(
      readFileSync(join(root, 'docs/recipes/fastapi.md'), 'utf8'),
    )![1]!
    const described = execFileSync('sh', ['-c', command], {
      cwd: folderOf('fastapi'),
      encoding: 'utf8',
      env: { ...process.env, PATH },
    })
    for (const operation of ['login', 'createNote', 'readNote', 'removeNote'])
      expect(described).toContain(`"operationId": "${operation}"`)
    // It takes the place of the one that stands in the index.
    const folder = join(scratch, 'fastapi-described')
    for (const { file, text } of filesOf('fastapi'))
      writeFile(join(folder, file), file === 'openapi.yaml' ? described : text)
    expect((await readArazzo(join(folder, 'notes.arazzo.yaml'))).problems).toEqual([])
  },
)
