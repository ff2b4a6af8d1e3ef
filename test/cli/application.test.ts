import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openapi, project as projectIn } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { askCli } from './cli.ts'

// Each run reads a configuration by Vitest itself.
const built = await builtPlugin()

const APPLICATION = `
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
createServer((request, response) => {
  appendFileSync('asked.txt', request.url + ' ')
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
}).listen(process.env.PORT, '127.0.0.1')
process.on('SIGTERM', () => process.exit(appendFileSync('asked.txt', 'ended ')))
`

const DOCUMENT = `arazzo: 1.0.1
info: { title: Pets, version: 1.0.0 }
sourceDescriptions: [{ name: api, url: ./api.json, type: openapi }]
workflows:
  - workflowId: pets
    steps: [{ stepId: list, operationId: listPets, successCriteria: [{ condition: $statusCode == 200 }] }]
`

const configOf = (options: string) => `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
export default defineConfig({ plugins: [arazzo(${options})] })
`
const SERVER = "{ server: { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' } }"
const LOAD = ['load', 'pets.arazzo.yaml#pets', '--vus', '1', '--iterations', '20', '--quiet']

const project = (options = SERVER) =>
  writeSuite({
    'vitest.config.js': configOf(options),
    'server.js': APPLICATION,
    'api.json': openapi({ listPets: ['get', '/pets'] }),
    'pets.arazzo.yaml': DOCUMENT,
  })

const askedOf = (folder: string) => readFileSync(join(folder, 'asked.txt'), 'utf8').trim().split(' ')

test('`run` and `load` start the application of the configuration, measure it, and end it', async () => {
  const folder = await project()
  const run = await askCli(built, ['run', 'pets.arazzo.yaml#pets'], folder)
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('list') })
  expect(run.stderr).toMatch(/^Server: http:\/\/127\.0\.0\.1:\d+, from vitest\.config\.js\n$/)
  expect(askedOf(folder).slice(-2)).toEqual(['/pets', 'ended'])

  const load = await askCli(built, [...LOAD, '--budget', 'memory<10GB'], folder)
  expect(load).toMatchObject({ code: 0, stdout: expect.stringMatching(/memory\s+\d+/) })
  expect(askedOf(folder).filter(path => path === '/pets')).toHaveLength(21)
  expect(askedOf(folder).at(-1)).toBe('ended')
})

test('nothing is started if a flag says where requests go, and what does not start is told', async () => {
  const folder = await project()
  const server = await serve(() => ({ body: {} }))
  const elsewhere = await askCli(built, ['run', 'pets.arazzo.yaml#pets', '--server', server.origin], folder)
  expect(elsewhere).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(join(folder, 'asked.txt'))).toBe(false)

  writeFileSync(join(folder, 'server.js'), 'console.error("no database"); process.exit(3)')
  for (const command of [['run', 'pets.arazzo.yaml#pets'], LOAD]) {
    const { code, stderr } = await askCli(built, command, folder)
    expect(code).toBe(2)
    expect(stderr).toMatch(/Failed to start .*exit.* 3[\s\S]*no database/)
  }
})

test('`servers` of the configuration say where requests go', async () => {
  const server = await serve(() => ({ body: {} }))
  const folder = await project(`{ servers: ${JSON.stringify(server.origin)} }`)
  const { code, stderr } = await askCli(built, ['run', 'pets.arazzo.yaml#pets'], folder)
  expect(stderr).toBe(`Server: ${server.origin}, from vitest.config.js\n`)
  expect(code).toBe(0)
  expect(server.seen).toHaveLength(1)
})

const key = { type: 'apiKey', in: 'header', name: 'x-key' }
const described = JSON.parse(openapi({ ask: ['get', '/ask', { security: [{ key: [] }] }] }))
const FLOW = `arazzo: 1.0.1
info: { title: Ask, version: 1.0.0 }
sourceDescriptions: [{ name: api, url: ./gone.json, type: openapi }]
workflows:
  - workflowId: ask
    inputs: { type: object, required: [tag], properties: { tag: { type: string } } }
    steps:
      - stepId: ask
        operationId: ask
        parameters: [{ name: x-tag, in: header, value: $inputs.tag }]
`
const ALL = `{
  server: { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' },
  sources: { api: './api.json' },
  traceparent: true,
  inputs: { tag: { env: 'TAG' } },
  security: { api: { key: { env: 'KEY' } } },
}`
const ONCE = ['--vus', '1', '--iterations', '1', '--quiet']

/** What a command sends for the documents of a folder with this configuration, if a flag says where requests go. */
async function sent(config: string | undefined, command: 'run' | 'load', ...flags: string[]) {
  const server = await serve(() => ({ body: {} }))
  const folder = await writeSuite({
    'api.json': JSON.stringify({ ...described, components: { securitySchemes: { key } } }),
    'ask.arazzo.yaml': FLOW,
    '.env': 'TAG=of-file\nKEY=secret\n',
    ...(config && { 'vitest.config.js': config }),
  })
  const args = [command, 'ask.arazzo.yaml', '--server', server.origin, ...(command === 'load' ? ONCE : []), ...flags]
  const { code, stderr } = await askCli(built, args, folder)
  expect(existsSync(join(folder, 'asked.txt'))).toBe(false)
  return { code, stderr, seen: server.seen }
}

test.each(['run', 'load'] as const)('%s has options of the configuration, also if --server is given', async command => {
  const { code, seen, stderr } = await sent(configOf(ALL), command)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(seen).toHaveLength(1)
  expect(seen[0]!.headers).toMatchObject({ 'x-tag': 'of-file', 'x-key': 'secret', traceparent: expect.any(String) })

  const byFlags = ['--input', 'tag=of-flag', '--security-env', 'api.key=TAG', '--source', 'api=api.json']
  const flagged = await sent(configOf(ALL.replace('./api.json', './none.json')), command, ...byFlags)
  expect(flagged.code, flagged.stderr).toBe(0)
  expect(flagged.seen[0]!.headers).toMatchObject({ 'x-tag': 'of-flag', 'x-key': 'of-file' })
})

test.each([
  ['an option that there is not', configOf("{ chekcs: 'off' }"), 'Did you mean "checks"?'],
  ['an error', 'throw new Error("no such setting")', 'no such setting'],
])('a configuration with %s is refused, and nothing is sent: its options would be missing', async (_, config, said) => {
  for (const command of ['run', 'load'] as const) {
    const { code, stderr, seen } = await sent(config, command, '--source', 'api=api.json', '--input', 'tag=a')
    expect(stderr).toContain(said)
    expect([code, seen.length]).toEqual([2, 0])
  }
})

test('a configuration of Vite where there is no Vitest, or without the plugin, says nothing', async () => {
  const server = await serve(() => ({ body: {} }))
  const files = { 'api.json': openapi({ listPets: ['get', '/pets'] }), 'pets.arazzo.yaml': DOCUMENT }
  const run = ['run', 'pets.arazzo.yaml', '--server', server.origin]
  const alone = projectIn({ ...files, 'vite.config.js': 'throw new Error("is not read")' })
  expect(await askCli(built, run, alone)).toMatchObject({ code: 0, stderr: '' })
  const without = await writeSuite({ ...files, 'vite.config.js': 'export default {}' })
  expect(await askCli(built, run, without)).toMatchObject({ code: 0, stderr: '' })
})

test('a load test of the document has precedence over the configuration, and the configuration over nothing', async () => {
  const server = await serve(() => ({ body: {}, delay: 700 }))
  const workflow = (more: string) => DOCUMENT.replace('workflowId: pets', `workflowId: pets\n${more}`)
  const own = workflow('    x-load-test: { vus: 1, iterations: 1, requestTimeout: 20s }')
  const folder = await writeSuite({
    'vitest.config.js': configOf("{ requestTimeout: '200ms' }"),
    'api.json': openapi({ listPets: ['get', '/pets'] }),
    'own.arazzo.yaml': own,
    'none.arazzo.yaml': own.replace(', requestTimeout: 20s', ''),
  })
  const call = (...args: string[]) => askCli(built, [...args, '--server', server.origin], folder)
  expect(await call('load', 'own.arazzo.yaml', '--quiet')).toMatchObject({ code: 0 })
  for (const command of [
    ['load', 'none.arazzo.yaml', '--quiet'],
    ['run', 'own.arazzo.yaml'],
  ]) {
    const { code, stdout } = await call(...command)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('no complete response within 200 ms')
    expect(code).toBe(1)
  }
})
