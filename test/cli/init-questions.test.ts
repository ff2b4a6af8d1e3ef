import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, test } from 'vitest'
import { projectFiles } from '../../scripts/readme.mjs'
import { freshFolder } from '../builders/folder.ts'
import { install } from '../builders/installed.ts'
import { root } from '../builders/sources.ts'
import { has } from '../builders/system.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runVitestAgain } from '../plugin/server/run-vitest.ts'
import { askCli, runCli } from './cli.ts'

const built = await builtPlugin()
const inTerminal = test.skipIf(!has('script'))

/** A project with a start script, and 44 operations with two tags: `pets` and `toys`. */
function project(): string {
  const folder = freshFolder('questions')
  const items = { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } } } }
  const responses = { 200: { description: 'All', content: { 'application/json': { schema: items } } } }
  const paths = Object.fromEntries(
    Array.from({ length: 22 }, (_, n) => {
      const [tag, name] = [n % 2 === 0 ? 'pets' : 'toys', String.fromCharCode(97 + n)]
      const operation = (method: string) => ({ operationId: `${method}-${name}`, tags: [tag], responses })
      return [`/${name}`, { get: operation('list'), post: operation('make') }]
    }),
  )
  const api = { openapi: '3.1.0', info: { title: 'Shop', version: '1' }, paths }
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(api))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "scripts": { "start": "node app.js" } }')
  return folder
}

/** Runs `init` in a terminal, and types an answer whenever a question has been asked. */
async function answering(folder: string, answers: readonly [question: string, answer: string][]) {
  const command = `'${process.execPath}' '${join(built, 'cli.js')}' init`
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, CI: undefined, TERM: 'xterm' }
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder, env })
  const left = [...answers]
  let [drawn, seen] = ['', 0]
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    drawn += text
    const [question, answer] = left[0] ?? []
    const at = question === undefined ? -1 : drawn.indexOf(question, seen)
    if (at < 0) return
    seen = at + 1
    left.shift()
    child.stdin.write(answer!)
  })
  const code = await new Promise(resolve => child.once('close', resolve))
  expect(left, drawn).toEqual([])
  return { code, drawn }
}

const configIn = (folder: string) => readFileSync(join(folder, 'vitest.config.ts'), 'utf8')
const callsIn = (folder: string) => readFileSync(join(folder, 'shop.arazzo.yaml'), 'utf8').match(/operationId: .*/g)

inTerminal('in a terminal, init offers the start script, and asks for tags', async () => {
  const folder = project()
  const { code, drawn } = await answering(folder, [
    ['"npm start"', '\r'],
    ['Tags to write', 'toys\r'],
  ])
  expect(code, drawn).toBe(0)
  expect(drawn).toContain('The file has 44 operations, with these tags: pets (22), toys (22).')
  expect(drawn).toContain('Skipped, because only GET is called: make-b, make-d,')
  expect(configIn(folder)).toMatch(/^ *server: \{ command: 'npm start'/m)
  expect(callsIn(folder)).toHaveLength(11)
  expect(callsIn(folder)).toContain('operationId: list-b')
})

inTerminal('no, and all tags, are answers', async () => {
  const folder = project()
  const { drawn } = await answering(folder, [
    ['"npm start"', 'n\r'],
    ['Tags to write', '\r'],
  ])
  expect(drawn).toContain('1. npm install')
  expect(drawn).toContain('2. Start the application (npm start).')
  expect(configIn(folder)).toMatch(/^ *servers: /m)
  expect(callsIn(folder)).toHaveLength(22)
})

inTerminal.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D', '\x04'],
])('%s writes nothing, and is no success', async (_, key) => {
  const folder = project()
  const { code, drawn } = await answering(folder, [['"npm start"', key]])
  expect(code).toBe(2)
  expect(drawn).toContain('a question was not answered. Answer it, or use --command and --tags.')
  expect(readdirSync(folder).sort()).toEqual(['openapi.json', 'package.json'])
})

test('without a terminal nothing is asked, and flags choose', async () => {
  const folder = project()
  const wrong = await askCli(built, ['init', '--tags', 'pets,tois'], folder)
  expect(wrong).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Failed to choose operations by their tags: none has the tag "tois". Did you mean "toys"?\n',
  })
  const { code, stdout } = await askCli(built, ['init', '--tags', 'pets'], folder)
  expect(code).toBe(0)
  expect(stdout).toMatch(/11 workflows\.\nSkipped, because only GET is called: make-a, make-c, .*\.\nNext:/)
  expect(configIn(folder)).toMatch(/^ *servers: /m)
  expect(callsIn(folder)).toHaveLength(11)
})

test('operations without a value are named, and a list is loaded rather than a longer workflow', async () => {
  const folder = freshFolder('listed')
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
  const plain = { responses: { 200: { description: 'One' } } }
  const items = { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } }
  const list = { responses: { 200: { description: 'All', content: { 'application/json': { schema: items } } } } }
  const paths = {
    '/health/live': { get: plain },
    '/health/ready': { get: plain },
    '/pets': { get: list },
    '/toys/{id}': { parameters: [id], get: { operationId: 'getToy', ...plain }, delete: plain },
  }
  const api = { openapi: '3.1.0', info: { title: 'Shop', version: '1' }, paths }
  writeFileSync(join(folder, 'openapi.json'), JSON.stringify(api))
  const { stdout } = await askCli(built, ['init'], folder)
  expect(stdout).toContain(`2 workflows.
Skipped, because only GET is called: DELETE /toys/{id}.
Skipped, because a required value has no example: getToy.
`)
  expect(readFileSync(join(folder, 'shop.load.test.ts'), 'utf8')).toContain('#pets')
})

test("the example is the README's project, and green", async () => {
  const folder = freshFolder('example')
  const { code, stdout } = await runCli(built, ['init', '--example'], { cwd: folder })
  expect(code).toBe(0)
  expect(stdout).toContain('An API of pets, a workflow of two steps, and a load test with four budgets.\nNext:')
  for (const { file, text } of projectFiles(root)) expect(readFileSync(join(folder, file), 'utf8')).toBe(text)
  await install(folder, 'vitest', 'vite')
  const run = await runVitestAgain(folder, ['run', 'pets.arazzo.yaml'], {})
  expect(run.stdout, run.stderr).toMatch(/Tests {2}2 passed \(2\)/)
})

test.each([
  [['--ci', 'github'], '--ci has no use for it'],
  [['openapi.yaml'], 'openapi.yaml has no use for it'],
])('the example refuses %j', async (args, found) => {
  const folder = freshFolder('example-refused')
  const { code, stderr } = await askCli(built, ['init', '--example', ...args], folder)
  expect([code, stderr]).toEqual([2, `Failed to write the example: ${found}. Leave it out, or leave --example out.\n`])
  expect(readdirSync(folder)).toEqual([])
})

test('the example is not written beside another configuration', async () => {
  const folder = freshFolder('example-configured')
  writeFileSync(join(folder, 'vite.config.js'), '')
  const { code, stderr } = await askCli(built, ['init', '--example'], folder)
  expect([code, stderr]).toEqual([
    2,
    'Failed to write the first files: vite.config.js is there already. Use --output.\n',
  ])
  expect(existsSync(join(folder, 'server.mjs'))).toBe(false)
})
