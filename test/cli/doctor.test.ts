import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { withOptions } from '../../src/cli/doctor/lines.ts'
import { openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { askCli } from './cli.ts'

// Each diagnosis reads a configuration by Vitest itself.
vi.setConfig({ testTimeout: 120_000 })

const root = join(import.meta.dirname, '../..')

let built: string
beforeAll(async () => {
  built = await builtPlugin()
}, 120_000)

/** An application that notes what it is asked for: two lists, an item, and a POST that it names in `Allow`. */
const application = `
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
createServer((request, response) => {
  appendFileSync('asked.txt', request.method + ' ' + request.url + '\\n')
  const say = (status, body, headers) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  if (request.url === '/health') return say(200, {})
  if (request.url === '/v1/pets') {
    const allow = 'GET, HEAD, POST'
    return request.method === 'GET' ? say(200, [{ id: 7 }]) : say(405, { message: 'not so' }, { allow })
  }
  if (request.url === '/v1/pets/7') return say(200, { id: 7 })
  say(404, { message: 'nothing at ' + request.url })
}).listen(process.env.PORT, '127.0.0.1')
`

const key = { security: [{ key: [] }] }
const api = JSON.stringify({
  ...JSON.parse(
    openapi({
      listPets: ['get', '/pets'],
      addPet: ['post', '/pets', key],
      getPet: ['get', '/pets/{id}'],
      dropPets: ['delete', '/pets'],
      listDogs: ['get', '/dogs'],
      feed: ['post', '/feed'],
    }),
  ),
  servers: [{ url: '/v1' }],
  components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'x-key' } } },
})

const step = (id: string, more = '') =>
  `      - { stepId: ${id}, operationId: ${id}, successCriteria: [{ condition: $statusCode < 300 }]${more} }\n`
const item = ', parameters: [{ name: id, in: path, value: 7 }]'

const documentOf = (steps: string, url = './api.json') => `arazzo: 1.0.1
info: { title: Pets, version: 1.0.0 }
sourceDescriptions: [{ name: api, url: ${url}, type: openapi }]
workflows:
  - workflowId: pets
    inputs: { type: object, required: [user, age], properties: { user: { type: string }, age: { type: integer } } }
    steps:
${steps}`

const config = (options: string) => `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'
export default defineConfig({ plugins: [arazzo(${options})] })
`

const server = "server: { command: 'node server.js', url: 'http://127.0.0.1:{port}/health' }"
const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')

test('nothing is in the way of what runs: all is asked by requests that change nothing, and ended', async () => {
  const options = `{ ${server}, inputs: { user: { env: 'DOCTOR_USER' }, age: 3 }, security: { api: { key: 'k' } } }`
  const folder = await writeSuite({
    'vitest.config.js': config(options),
    'server.js': application,
    'api.json': api,
    'pets.arazzo.yaml': documentOf(step('listPets') + step('addPet') + step('getPet', item) + step('feed')),
    // The port of other days; a run starts the application at a free one.
    '.env': 'PORT=1\n',
  })
  const { code, stdout, stderr } = await askCli(built, ['doctor'], folder, { DOCTOR_USER: 'ada' })
  expect(stderr).toBe('')
  expect(oneLine(stdout)).toMatch(
    /^Node\.js \S+, Vitest \S+, vitest\.config\.js with the plugin 1 document http:\/\/127\.0\.0\.1:PORT \(started by `node server\.js`, and stopped\) was asked for 4 operations; only a run can tell of GET \/pets\/\{id\}, POST \/feed Nothing stands in the way\. $/,
  )
  expect(code).toBe(0)
  const asked = readFileSync(join(folder, 'asked.txt'), 'utf8').trim().split('\n')
  expect(asked).toContain('OPTIONS /v1/pets')
  expect(asked.filter(line => !/^(GET|HEAD|OPTIONS) /.test(line))).toEqual([])

  // A variable may stand in a file.
  writeFileSync(join(folder, '.env.local'), 'DOCTOR_USER=ada\n')
  expect(await askCli(built, ['doctor', '--offline'], folder)).toMatchObject({ code: 0 })
  rmSync(join(folder, '.env.local'))

  // Nothing is asked offline, and a variable that is nowhere is told with its place.
  rmSync(join(folder, 'asked.txt'))
  const offline = await askCli(built, ['doctor', 'pets.arazzo.yaml', '--offline', '--format', 'json'], folder)
  expect(existsSync(join(folder, 'asked.txt'))).toBe(false)
  expect(offline.code).toBe(1)
  expect(JSON.parse(offline.stdout)).toMatchObject({
    asked: [],
    hindrances: [
      {
        severity: 'error',
        message: expect.stringMatching(
          /^Failed to read input "user": the environment has no DOCTOR_USER, nor have the files \.env, .* and \.env\.test\.local in /,
        ),
        at: { file: join(folder, 'vitest.config.js'), line: 3, column: expect.any(Number) },
      },
    ],
  })
})

test('everything that is in the way is told at once, with its place and the mend', async () => {
  const folder = await writeSuite({
    'vitest.config.js': config(`{ ${server} }`),
    'server.js': application,
    'api.json': api,
    'lost/other.json': api,
    'pets.arazzo.yaml': documentOf(step('listPets') + step('addPet') + step('dropPets') + step('listDogs')),
    'refused.arazzo.yaml': documentOf(step('addPet').replace('< 300', '== 401')).replace(/ {4}inputs.*\n/, ''),
    'far.arazzo.yaml': documentOf(step('listPets'), './other.json'),
  })
  const { code, stdout } = await askCli(built, ['doctor'], folder)
  const said = oneLine(stdout)
  for (const found of [
    'pets.arazzo.yaml:10:11: Failed to find DELETE /pets at http://127.0.0.1:PORT/v1: the server allows GET, HEAD, POST there.',
    'pets.arazzo.yaml:11:11: Failed to find GET /dogs at http://127.0.0.1:PORT/v1: the response is HTTP 404,',
    'pets.arazzo.yaml:5:5: Failed to start workflow "pets": input "user" is missing.',
    'pets.arazzo.yaml:5:5: Failed to start workflow "pets": input "age" is missing.',
    'pets.arazzo.yaml:9:11: Failed to authorize step "addPet": POST /pets needs security scheme "key"',
    'far.arazzo.yaml:3:40: Failed to read source "api" (./other.json): there is no such file. ' +
      'A file of that name is at ./lost/other.json: write that.',
    '6 things stand in the way.',
    "user: { env: 'API_USER' },",
    "key: { env: 'API_KEY' },",
  ])
    expect(said).toContain(found)
  expect(said).not.toContain('refused.arazzo.yaml:')
  expect(code).toBe(1)
})

test('what is safe is written into a configuration, which is read again; and the rest is printed', async () => {
  // Vitest takes a configuration of a folder above where there is none.
  const folder = project({
    'package.json': '{ "type": "module" }',
    'node_modules/vitest-arazzo/package.json': readFileSync(join(root, 'package.json'), 'utf8'),
    'api.json': api,
    'pets.arazzo.yaml': documentOf(step('addPet')),
  })
  symlinkSync(built, join(folder, 'node_modules/vitest-arazzo/dist'))
  symlinkSync(join(root, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
  const said = await askCli(built, ['doctor', '--write'], folder, { API_USER: 'ada', API_KEY: 'k' })
  expect(said.code).toBe(1)
  expect(said.stdout).toContain('wrote vitest.config.ts\n')
  const file = join(folder, 'vitest.config.ts')
  expect(readFileSync(file, 'utf8')).toBe(`import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

export default defineConfig({
  plugins: [
    arazzo({
      inputs: {
        user: { env: 'API_USER' },
      },
      security: {
        api: {
          key: { env: 'API_KEY' },
        },
      },
    }),
  ],
})
`)
  // What nobody can know is left to whoever reads it, and what is there is not written over.
  const [, after] = said.stdout.split('wrote vitest.config.ts')
  expect(oneLine(after!)).toContain('Failed to find the server of source "api": "/v1" is not an absolute')
  expect(after).toContain("  servers: 'http://127.0.0.1:3000',")
  expect(after).toContain('age: /* integer */,')
  const before = readFileSync(file, 'utf8')
  expect((await askCli(built, ['doctor', '--write'], folder)).code).toBe(1)
  expect(readFileSync(file, 'utf8')).toBe(before)
})

test('configurations without the plugin, that cannot be read, and documents that nobody runs', async () => {
  const here = await serve(() => ({ body: [] }))
  const folder = await writeSuite({
    'vitest.config.js': "export default { plugins: [], test: { exclude: ['left-out/**'] } }\n",
    'api.json': api,
    'left-out/pets.arazzo.yaml': documentOf(step('listPets'), '../api.json').replace(/ {4}inputs.*\n/, ''),
  })
  const without = await askCli(built, ['doctor', '--offline'], folder)
  expect(without.code).toBe(1)
  expect(without.stdout).toContain('vitest.config.js:1:1: Failed to find the plugin: vitest.config.js has no arazzo()')
  expect(without.stdout).toContain('Put what is missing of this into vitest.config.js:')
  const written = await askCli(built, ['doctor', '--write', '--offline'], folder)
  expect(written.stdout).toContain('left-out/pets.arazzo.yaml:1:1: Failed to find the document among those that Vitest')
  expect(readFileSync(join(folder, 'vitest.config.js'), 'utf8')).toContain('plugins: [arazzo()]')

  writeFileSync(join(folder, 'vitest.config.js'), config(`{ servers: '${here.origin}/', serverz: 1 }`))
  const faulty = await askCli(built, ['doctor'], folder)
  expect(faulty.code).toBe(1)
  expect(oneLine(faulty.stdout)).toContain('vitest.config.js:1:1: Failed to read option serverz')
  expect(faulty.stdout).toContain('1 thing stands in the way')

  writeFileSync(join(folder, 'vitest.config.js'), 'export default {{\n')
  const broken = await askCli(built, ['doctor'], folder)
  expect(broken.code).toBe(1)
  expect(broken.stdout).toContain('Failed to read the configuration of Vitest: ')

  rmSync(join(folder, 'left-out'), { recursive: true })
  const nothing = await askCli(built, ['doctor'], folder)
  expect(nothing).toMatchObject({ code: 2, stdout: '' })
  expect(nothing.stderr).toContain('Failed to find documents: there is no *.arazzo.yaml')
})

test('nobody is asked who is not this machine, and a server that is not there is told', async () => {
  const folder = await writeSuite({
    'vitest.config.js': config("{ servers: 'http://api.example.com' }"),
    'api.json': api,
    'pets.arazzo.yaml': documentOf(step('listPets')).replace(/ {4}inputs.*\n/, ''),
  })
  const far = await askCli(built, ['doctor'], folder)
  expect(far.code).toBe(0)
  expect(far.stdout).toContain("it is not this machine. If it may be asked, add allowHosts: ['api.example.com'].")

  const gone = await serve(() => ({ body: [] }))
  writeFileSync(join(folder, 'vitest.config.js'), config("{ servers: 'http://127.0.0.1:9' }"))
  const nobody = await askCli(built, ['doctor'], folder)
  expect(nobody.code).toBe(1)
  expect(nobody.stdout).toContain('Failed to reach http://127.0.0.1:9: nobody listens there.')

  // A server that says the same of every path says nothing of one.
  writeFileSync(join(folder, 'vitest.config.js'), config(`{ servers: '${gone.origin}' }`))
  const same = await askCli(built, ['doctor'], folder)
  expect(same.code).toBe(0)
  expect(same.stdout).toContain('was asked for 1 operation; only a run can tell of GET /pets')

  writeFileSync(
    join(folder, 'vitest.config.js'),
    config("{ server: { command: 'echo with $DB_PASSWORD; exit 3', url: 'http://127.0.0.1:{port}/' } }"),
  )
  writeFileSync(join(folder, '.env'), 'DB_PASSWORD=hunter-of-env\n')
  const fallen = await askCli(built, ['doctor'], folder)
  expect(fallen.stdout).toContain('| with ***')
  expect(fallen.code).toBe(1)
  expect(oneLine(fallen.stdout)).toMatch(/vitest\.config\.js:3:\d+: Failed to start the application "echo with/)
})

test('options are put where they belong, or nowhere', () => {
  const servers = [{ path: ['servers'], code: "'http://127.0.0.1:1'", isKnown: true }]
  const plugin = "import arazzo from 'vitest-arazzo/plugin'\n"
  expect(withOptions(`${plugin}export default { plugins: [arazzo()] }\n`, servers)).toBe(
    `${plugin}export default { plugins: [arazzo({\n  servers: 'http://127.0.0.1:1',\n})] }\n`,
  )
  expect(withOptions(`${plugin}export default { plugins: [arazzo({ checks: 'off' })] }\n`, servers)).toBe(
    `${plugin}export default { plugins: [arazzo({\n  servers: 'http://127.0.0.1:1',\n  checks: 'off' })] }\n`,
  )
  for (const text of [
    `${plugin}export default { plugins: [arazzo(options)] }\n`,
    `${plugin}export default { plugins: [arazzo({ servers: 1 })] }\n`,
    `${plugin}export default { a: [arazzo()], b: [arazzo()] }\n`,
    'export default makeConfig()\n',
    'export default { plugins: [a], test: { plugins: [b] } }\n',
  ])
    expect(withOptions(text, servers), text).toBeUndefined()
})
