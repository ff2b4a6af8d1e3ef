import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { project } from '../builders/project.ts'
import { type Seen, serve } from '../builders/server.ts'

/* Credentials by the environment, of what `init` writes for an API as FastAPI describes it. */

const secure = (scheme: string, more = {}) => ({
  security: [{ [scheme]: [] }],
  responses: { '200': { description: 'fine' } },
  ...more,
})
const description = {
  openapi: '3.1.0',
  info: { title: 'Pets', version: '1' },
  servers: [{ url: 'https://pets.example.com/api' }],
  paths: {
    '/pets': { get: secure('OAuth2PasswordBearer', { operationId: 'listPets' }) },
    '/keys': { get: secure('some.key', { operationId: 'listKeys' }) },
  },
  components: {
    securitySchemes: {
      OAuth2PasswordBearer: { type: 'oauth2', flows: { password: { scopes: {}, tokenUrl: 'token' } } },
      'some.key': { type: 'apiKey', in: 'header', name: 'x-key' },
    },
  },
}

function answer({ url, method, headers, body }: Seen) {
  if (method === 'POST' && url === '/api/token') {
    const form = Object.fromEntries(new URLSearchParams(body))
    const isKnown = form.username === 'ann' && form.password === 'p4ss-of-ann'
    return isKnown ? { body: { access_token: 't0k3n', token_type: 'bearer' } } : { status: 401 }
  }
  const isAllowed = url === '/api/pets' ? headers.authorization === 'Bearer t0k3n' : headers['x-key'] === 'k3y-of-ann'
  return { status: isAllowed ? 200 : 401, body: [] }
}

async function call(...args: string[]) {
  const said: string[] = []
  vi.spyOn(process, 'cwd').mockReturnValue(tmpdir())
  for (const name of ['log', 'error'] as const)
    vi.spyOn(console, name).mockImplementation(text => void said.push(String(text)))
  const code = await main(args)
  vi.restoreAllMocks()
  return { code, said: said.join('\n') }
}

test('what init writes runs with a user of the password flow and a key', async () => {
  const variables = { PETS_USER: 'ann', PETS_PASSWORD: 'p4ss-of-ann', PETS_KEY: 'k3y-of-ann' }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const { origin, seen } = await serve(answer)
  const folder = project({ 'pets.openapi.json': JSON.stringify(description) })
  expect(await call('init', join(folder, 'pets.openapi.json'), '--output', folder)).toMatchObject({ code: 0 })
  const config = readFileSync(join(folder, readdirSync(folder).find(name => name.startsWith('vitest.config'))!), 'utf8')
  expect(config).toMatch(/OAuth2PasswordBearer: \{ username: \{ env: '\w+' \}, password: \{ env: '\w+' \} \}/)
  // Without a path, so that the description's is kept.
  expect(config).toContain("?? 'http://127.0.0.1:3000'")

  const document = join(folder, 'pets.arazzo.yaml')
  const ids = [...readFileSync(document, 'utf8').matchAll(/workflowId: (\S+)/g)].map(([, id]) => id)
  expect(ids).toHaveLength(2)
  const credentials = [
    'pets.OAuth2PasswordBearer:username=PETS_USER',
    'pets.OAuth2PasswordBearer:password=PETS_PASSWORD',
    'pets.some.key=PETS_KEY',
  ].flatMap(text => ['--security-env', text])
  for (const id of ids) {
    const { code, said } = await call('run', `${document}#${id}`, '--server', origin, ...credentials)
    expect(code, said).toBe(0)
    expect(said).not.toMatch(/p4ss|t0k3n|k3y/)
  }
  expect(seen.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
    'GET /api/keys',
    'GET /api/pets',
    'POST /api/token',
  ])

  // A secret that CI does not have is an empty variable, and no credentials; a slip in the source is none either.
  vi.stubEnv('PETS_PASSWORD', '')
  const empty: Awaited<ReturnType<typeof call>>[] = []
  for (const id of ids) empty.push(await call('run', `${document}#${id}`, '--server', origin, ...credentials))
  expect(empty.map(({ code }) => code).sort()).toEqual([0, 2])
  expect(empty.map(({ said }) => said).join('\n')).toContain('PETS_PASSWORD is empty in the environment. Set it')
  for (const [flag, source] of [
    ['--security-env', 'pest.some.key=PETS_KEY'],
    ['--security-env', '__proto__.some.key=PETS_KEY'],
    ['--server', `constructor=${origin}`],
  ] as const)
    expect(await call('run', `${document}#${ids[0]}`, '--server', `pets=${origin}`, flag, source)).toMatchObject({
      code: 2,
      said: expect.stringMatching(/the document has no source ".*"\. (Did you mean "pets"\?|It has "pets"\.)/),
    })
  expect(seen).toHaveLength(3 + 1)

  vi.stubEnv('PETS_PASSWORD', undefined)
  const unset: Awaited<ReturnType<typeof call>>[] = []
  for (const id of ids) unset.push(await call('run', `${document}#${id}`, '--server', origin, ...credentials))
  expect(unset.map(({ code }) => code).sort()).toEqual([0, 2])
  expect(unset.map(({ said }) => said).join('\n')).toContain('the environment has no PETS_PASSWORD. Set it')
})

test.each([
  ['pets=KEY', 'names no source, scheme or variable'],
  ['pets.key=', 'names no source, scheme or variable'],
  ['pets.x:nmae=A', 'names an unknown field (known: key, token'],
  ['pets.x:passphrase=A', 'Remove it, and decrypt the key: openssl pkey'],
  ['pets.some.key=A,pets.some.key=B', 'says again what was said before'],
  ['pets.x=A,pets.x:username=B', 'says again what was said before'],
])('--security-env %s is refused', async (written, found) => {
  const args = written.split(',').flatMap(text => ['--security-env', text])
  expect(await call('run', 'none.arazzo.yaml', ...args)).toMatchObject({
    code: 2,
    said: expect.stringContaining(found),
  })
})
