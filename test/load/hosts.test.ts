import { expect, test } from 'vitest'
import { assertAllowed } from '../../src/load/plan/hosts.ts'
import { loadTestOrThrow, readLoadTest } from '../../src/load/plan/load-test.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { prepare } from '../../src/load/run/prepare.ts'
import { arazzo, project } from '../builders/project.ts'

const allowed = (origins: readonly string[], allowHosts?: string[], resolve?: Parameters<typeof assertAllowed>[2]) =>
  assertAllowed(
    origins.map(url => ({ url, verb: 'load' })),
    allowHosts,
    resolve,
  )

test.each([
  'http://127.0.0.1:3000',
  'http://127.8.9.1',
  'http://localhost:3000',
  'https://app.localhost',
  'http://[::1]:3000',
])('%s is this machine', async origin => {
  await expect(allowed([origin])).resolves.toBeUndefined()
})

test.each([
  'http://api.example.com',
  'http://192.168.1.4:3000',
  'http://0.0.0.0:3000',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'http://[2001:db8::1]',
])('%s is not', async origin => {
  await expect(allowed(['http://127.0.0.1:3000', origin])).rejects.toThrow('allowHosts')
})

test('of a name that means this machine, the address that it leads to decides', async () => {
  const elsewhere = async () => [{ address: '127.0.0.1' }, { address: '10.1.2.3' }]
  const origins = ['http://app.localhost:3000']
  await expect(allowed(origins, [], elsewhere)).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: Failed to load http://app.localhost:3000: "app.localhost" leads to 10.1.2.3, which is not this machine, and no host but loopback is loaded unless it is named. If you may load it, add allowHosts: ['app.localhost'].]`,
  )
  await expect(allowed(origins, ['app.localhost'], elsewhere)).resolves.toBeUndefined()
  await expect(allowed(origins, [], async () => [{ address: '::1' }])).resolves.toBeUndefined()
})

test('the message says how to allow it', async () => {
  await expect(allowed(['https://api.example.com:8443'])).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: Failed to load https://api.example.com:8443: "api.example.com" is not this machine, and no host but loopback is loaded unless it is named. If you may load it, add allowHosts: ['api.example.com'].]`,
  )
})

test('a named host is loaded, with its port or without', async () => {
  const origins = ['https://api.example.com:8443']
  await expect(allowed(origins, ['api.example.com'])).resolves.toBeUndefined()
  await expect(allowed(origins, ['API.example.com:8443'])).resolves.toBeUndefined()
  await expect(allowed(origins, ['api.example.com:9443', 'example.com'])).rejects.toThrow()
})

const description = JSON.stringify({
  openapi: '3.1.0',
  info: { title: '', version: '1' },
  paths: { '/': { get: { operationId: 'op', security: [{ oauth: [] }], responses: { 200: { description: '' } } } } },
  components: {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: { clientCredentials: { tokenUrl: 'http://login.example.com/token', scopes: {} } },
      },
    },
  },
})

test.each([
  [
    'fetch tokens from http://login.example.com',
    { security: { api: { oauth: { clientId: 'a', clientSecret: 'b' } } } },
  ],
  [
    'read metrics of a target from http://db.example.com',
    { targets: { db: { prometheus: 'http://db.example.com/metrics' } } },
  ],
])('a load does not %s, which nobody allowed', async (what, options) => {
  const folder = project({
    'api.json': description,
    'flow.arazzo.yaml': arazzo('  - workflowId: main\n    steps: [{ stepId: one, operationId: op }]'),
  })
  const given = {
    workflow: `${folder}/flow.arazzo.yaml`,
    servers: 'http://127.0.0.1:9',
    load: { rate: 1, duration: '1s' },
    ...options,
  }
  await expect(readAndPrepare(given)).rejects.toThrow(`Failed to ${what}`)
  const hosts = ['login', 'db'].map(name => `${name}.example.com`)
  await expect(readAndPrepare({ ...given, allowHosts: hosts })).resolves.toBeDefined()
})

async function readAndPrepare(options: LoadOptions) {
  return prepare(loadTestOrThrow(await readLoadTest(options)))
}
