import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { openapi } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { askCli } from './cli.ts'

// Each run reads a configuration by Vitest itself.
vi.setConfig({ testTimeout: 120_000 })

let built: string
beforeAll(async () => {
  built = await builtPlugin()
}, 120_000)

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
