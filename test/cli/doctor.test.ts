import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openapi } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { writeSuite } from '../plugin/suites/run-suite.ts'
import { askCli } from './cli.ts'

// Each diagnosis reads a configuration by Vitest itself.
const built = await builtPlugin()

/** An application that notes what it is asked for. */
const application = `
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'
createServer((request, response) => {
  appendFileSync('asked.txt', request.method + ' ' + request.url + '\\n')
  response.end('{}')
}).listen(process.env.PORT, '127.0.0.1')
`

const key = { security: [{ key: [] }] }
const api = JSON.stringify({
  ...JSON.parse(openapi({ listPets: ['get', '/pets'], addPet: ['post', '/pets', key], getPet: ['get', '/pets/{id}'] })),
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

test('nothing is in the way of what runs; the application is started, asked by GET alone, and ended', async () => {
  const options = `{ ${server}, inputs: { user: { env: 'DOCTOR_USER' }, age: 3 }, security: { api: { key: 'k' } } }`
  const folder = await writeSuite({
    'vitest.config.js': config(options),
    'server.js': application,
    'api.json': api,
    'pets.arazzo.yaml': documentOf(step('listPets') + step('addPet') + step('getPet', item)),
    // The port of other days; a run starts the application at a free one.
    '.env': 'PORT=1\n',
  })
  const { code, stdout, stderr } = await askCli(built, ['doctor'], folder, { DOCTOR_USER: 'ada' })
  expect(stderr).toBe('')
  expect(oneLine(stdout)).toMatch(
    /^Node\.js \S+, Vitest \S+, vitest\.config\.js 1 document Nothing stands in the way\. $/,
  )
  expect(code).toBe(0)
  const asked = readFileSync(join(folder, 'asked.txt'), 'utf8').trim().split('\n')
  expect(asked.filter(line => !line.startsWith('GET '))).toEqual([])

  // A variable may stand in a file.
  writeFileSync(join(folder, '.env.local'), 'DOCTOR_USER=ada\n')
  expect(await askCli(built, ['doctor', '--offline'], folder)).toMatchObject({ code: 0 })
  rmSync(join(folder, '.env.local'))

  // Nothing is asked offline, and a variable that is nowhere is printed with its place.
  rmSync(join(folder, 'asked.txt'))
  const offline = await askCli(built, ['doctor', 'pets.arazzo.yaml', '--offline'], folder)
  expect(existsSync(join(folder, 'asked.txt'))).toBe(false)
  expect(offline.code).toBe(1)
  expect(oneLine(offline.stdout)).toMatch(
    / vitest\.config\.js:3:\d+: Failed to read input "user": the environment has no DOCTOR_USER, nor have the files \.env, .* and \.env\.test\.local in /,
  )
  expect(offline.stdout).toContain('1 thing stands in the way.')
})

test('everything that is in the way is printed at once, with its place and advice', async () => {
  const folder = await writeSuite({
    'vitest.config.js': config(`{ ${server} }`),
    'server.js': application,
    'api.json': api,
    'pets.arazzo.yaml': documentOf(step('listPets') + step('addPet')),
    'refused.arazzo.yaml': documentOf(step('addPet').replace('< 300', '== 401')).replace(/ {4}inputs.*\n/, ''),
    'far.arazzo.yaml': documentOf(step('listPets'), './other.json'),
  })
  const { code, stdout } = await askCli(built, ['doctor'], folder)
  const said = oneLine(stdout)
  for (const found of [
    'pets.arazzo.yaml:5:5: Failed to start workflow "pets": input "user" is missing.',
    'pets.arazzo.yaml:5:5: Failed to start workflow "pets": input "age" is missing.',
    'pets.arazzo.yaml:9:11: Failed to authorize step "addPet": POST /pets needs security scheme "key"',
    "Give them: security: { api: { key: { env: 'API_KEY' } } }.",
    'far.arazzo.yaml:3:40: Failed to read source "api" (./other.json): there is no such file.',
    '4 things stand in the way.',
  ])
    expect(said).toContain(found)
  expect(said).not.toContain('refused.arazzo.yaml:')
  expect(code).toBe(1)
})

test('configurations without the plugin, that cannot be read, and documents that nobody runs', async () => {
  const here = await serve(() => ({ body: [] }))
  const folder = await writeSuite({
    'vitest.config.js': "export default { plugins: [], test: { exclude: ['left-out/**'] } }\n",
    'api.json': api,
    'left-out/pets.arazzo.yaml': documentOf(step('listPets'), '../api.json').replace(/ {4}inputs.*\n/, ''),
  })
  const doctor = () => askCli(built, ['doctor'], folder)
  const without = await doctor()
  expect(without.code).toBe(1)
  expect(without.stdout).toContain('vitest.config.js:1:1: Failed to find the plugin: vitest.config.js has no arazzo()')

  const excluded = config(`{ servers: '${here.origin}/' }`).replace('] })', "], test: { exclude: ['left-out/**'] } })")
  writeFileSync(join(folder, 'vitest.config.js'), excluded)
  const nobody = await doctor()
  expect(nobody.stdout).toContain('left-out/pets.arazzo.yaml:1:1: Failed to find the document among those that Vitest')
  expect(nobody.code).toBe(1)

  writeFileSync(join(folder, 'vitest.config.js'), config(`{ servers: '${here.origin}/', serverz: 1 }`))
  const faulty = await doctor()
  expect(faulty.code).toBe(1)
  expect(oneLine(faulty.stdout)).toContain('vitest.config.js:1:1: Failed to read option serverz')
  expect(faulty.stdout).toContain('1 thing stands in the way')

  writeFileSync(join(folder, 'vitest.config.js'), 'export default {{\n')
  const broken = await doctor()
  expect(broken.code).toBe(1)
  expect(broken.stdout).toContain('Failed to read the configuration of Vitest: ')

  rmSync(join(folder, 'left-out'), { recursive: true })
  const nothing = await doctor()
  expect(nothing).toMatchObject({ code: 2, stdout: '' })
  expect(nothing.stderr).toContain('Failed to find documents: there is no *.arazzo.yaml')
})

test('an address that nobody listens at, none at all, and an application that does not start', async () => {
  const folder = await writeSuite({
    'vitest.config.js': config("{ servers: 'http://127.0.0.1:9' }"),
    'api.json': api,
    'pets.arazzo.yaml': documentOf(step('listPets')).replace(/ {4}inputs.*\n/, ''),
    '.env': 'DB_PASSWORD=hunter-of-env\n',
  })
  const withOptions = async (options: string) => {
    writeFileSync(join(folder, 'vitest.config.js'), config(options))
    const { code, stdout } = await askCli(built, ['doctor'], folder)
    return [code, oneLine(stdout)]
  }
  expect(await withOptions("{ servers: 'http://127.0.0.1:9' }")).toEqual([
    1,
    expect.stringContaining('Failed to reach http://127.0.0.1:PORT: no process listens there.'),
  ])
  // A host that is not this machine is not asked.
  expect(await withOptions("{ servers: 'http://api.example.com' }")).toEqual([
    0,
    expect.stringContaining('Nothing stands'),
  ])
  expect(await withOptions('')).toEqual([
    1,
    expect.stringContaining('Failed to find the server of source "api": "/v1" is not an absolute'),
  ])
  const [code, said] = await withOptions(
    "{ server: { command: 'echo with $DB_PASSWORD; exit 3', url: 'http://127.0.0.1:{port}/' } }",
  )
  expect(said).toMatch(/vitest\.config\.js:3:\d+: Failed to start the application "echo with/)
  expect(said).toContain('| with ***')
  expect(code).toBe(1)
})
