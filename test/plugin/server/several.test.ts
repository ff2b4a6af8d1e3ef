import { expect, test } from 'vitest'
import { checkOptions } from '../../../plugin/options.ts'
import { targetsAmong } from '../../../plugin/runtime/targets.ts'
import { serversFor } from '../../../plugin/server/servers-for.ts'
import { expectedOf, readServers } from '../../../plugin/server/several.ts'
import { chooseTargets } from '../../../src/load/plan/application-targets.ts'

const one = (more: object = {}) => ({ command: 'node a.js', url: 'http://127.0.0.1:{port}/', ...more })

function faults(options: object): string {
  try {
    checkOptions(options)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('The options were read.')
}

const orderOf = (server: unknown) => readServers(server).map(({ name }) => name)

test('one application is told from several by its keys', () => {
  expect(readServers(one())).toEqual([{ options: expect.objectContaining({ command: 'node a.js' }), dependsOn: [] }])
  expect(orderOf({ api: one() })).toEqual(['api'])
  expect(expectedOf({ api: one({ probe: true }), db: one() })).toEqual([
    { name: 'api', probe: true, isHttp: true },
    { name: 'db', probe: false, isHttp: true },
  ])
})

test('each comes after those that it depends on, also where it is only given their address', () => {
  const server = {
    web: one({ dependsOn: ['api'] }),
    api: one({ env: { MAIL: '{mail.url}/v1' }, dependsOn: ['db'] }),
    db: one({ command: 'node db.js --name {db.port}' }),
    mail: one({ command: 'node mail.js {db.port}' }),
  }
  expect(orderOf(server)).toEqual(['db', 'mail', 'api', 'web'])
  expect(readServers(server).find(({ name }) => name === 'api')?.dependsOn).toEqual(['db', 'mail'])
})

test.each([
  [
    { api: one({ dependsOn: ['databse'] }), database: one() },
    'there is no application "databse". Did you mean "database"?',
  ],
  [{ api: one({ dependsOn: 'db' }), db: one() }, 'it is "db". Write a list of names'],
  [
    {
      api: one({ dependsOn: ['db'] }),
      db: one({ command: 'node db.js {cache.port}' }),
      cache: one({ dependsOn: ['api'] }),
    },
    'server.api.dependsOn: applications wait for one another: api -> db -> cache -> api.',
  ],
  [{ api: one({ dependsOn: ['api'] }) }, 'applications wait for one another: api -> api.'],
  [
    { api: one({ env: { DB: '{databse.url}' } }), database: one() },
    '{databse.url} is of no application. Did you mean "database"?',
  ],
  [
    { api: one({ env: { DB: '{db.adress}' } }), db: one() },
    'server.api.env.DB: {db.adress} is not an address of application "db".',
  ],
  [{ api: { command: 'node a.js' }, db: one() }, 'server.api.url: it is missing.'],
  [{ api: one({ comand: 1 }) }, 'server.api.comand: there is no such key. Did you mean "command"?'],
  [{ 'a b': one() }, 'server.a b: its name is not a letter, and then letters, digits, _ and -.'],
  [{ ...one(), db: one() }, 'server.db: an application with a name does not go with one without. Give each a name'],
  [{ ...one(), dependsOn: ['db'] }, 'server.dependsOn: there is no such key.'],
  [[one({ name: 'api' })], 'Write { api: {'],
  [[], 'Write { api: {'],
  ['node server.js', 'is "node server.js"'],
])('what is wrong with %j', (server, message) => {
  expect(faults({ server, servers: {} })).toContain(message)
})

const server = { api: one(), store: one() }

test.each([
  [{ server }, 'option servers: there are several applications ("api", "store"), and requests may go to any of them.'],
  [{ server, servers: 'stor' }, 'option servers: there is no application "stor". Did you mean "store"?'],
  [
    { server, servers: { shop: '{apy.url}/v1' } },
    'option servers.shop: {apy.url} is of no application. Did you mean "api"?',
  ],
  [
    { server, servers: 'http://127.0.0.1:{port}' },
    'option servers: several applications have a port. Write which: {api.port}.',
  ],
  [{ server, servers: 'api', target: 'stor' }, 'option target: there is no application "stor". Did you mean "store"?'],
  [{ server, servers: 'api', targets: { x: 'stor' } }, 'option targets.x: there is no application "stor".'],
  [
    { server, servers: 'api', target: { prometheus: 'http://127.0.0.1:{port}/metrics' } },
    'option target.prometheus: several applications have a port. Write which: {api.port}.',
  ],
  [
    { server, servers: 'api', compare: { git: 'HEAD' } },
    'option compare: it compares one application, and there are several.',
  ],
  [{ server: one(), target: 'api' }, 'option target: there is no application "api". The plugin starts none by a name'],
])('what is wrong with %j', (options, message) => {
  expect(faults(options)).toContain(message)
})

test('what is right', () => {
  for (const options of [
    { server, servers: 'api', target: 'api', targets: { data: 'store' } },
    { server, servers: { shop: '{api.url}/v1', old: 'http://localhost:{store.port}' } },
    { server, servers: 'api', target: { prometheus: 'http://127.0.0.1:{store.port}/metrics' } },
    { server: { api: one() }, target: 'api', compare: { git: 'HEAD' } },
  ])
    expect(checkOptions(options)).toBeUndefined()
})

const cache = { command: 'redis-server --port {port}', url: 'tcp://127.0.0.1:{port}' }

test.each([
  [{ server: { ...one(), ready: 'true' } }, 'option server.ready: it does not go with a "url" of HTTP.'],
  [{ server: { command: 'a' } }, "/health', or 'tcp://127.0.0.1:{port}' if it does not speak HTTP."],
  [{ server: { command: 'a', redy: {} } }, 'option server.redy: there is no such key. Did you mean "ready"?'],
  [{ server: { command: 'a', ready: 6379 } }, "option server.ready: it is 6379. Write a shell command: 'pg_isready"],
  [{ server: { command: 'a', ready: {} } }, 'option server.ready: it is an object. Write a shell command'],
  [{ server: { command: 'a', ready: '' } }, 'option server.ready: it is "". Write a shell command'],
  [{ server: { command: 'a', url: 'tcp://127.0.0.1:65536' } }, 'nor a port of 127.0.0.1. Write it in full'],
  [{ server: { command: 'a', url: 'tcp://db:{port}' } }, 'nor a port of 127.0.0.1'],
  [{ server: { command: 'a', ready: 'b', reuseExisting: true } }, 'Write a fixed port in "url", or leave it out.'],
  [{ server: { ...cache, reuseExisting: true } }, 'server.reuseExisting: nothing can respond yet at a port'],
  [{ server: cache }, 'option servers: no application speaks HTTP, so that requests would go to the server of the'],
  [{ server: { cache } }, 'option servers: no application speaks HTTP'],
  [{ server: { api: one(), cache }, servers: 'cache' }, 'servers: application "cache" does not speak HTTP'],
  [
    { server: { api: one(), cache }, servers: { shop: '{cache.url}/v1' } },
    'servers.shop: application "cache" does not',
  ],
  [
    { server: { cache, api: one() }, servers: 'http://127.0.0.1:{port}' },
    'option servers: several applications have a port. Write which: {api.port}.',
  ],
  [
    { server: { cache, api: one(), shop: one() } },
    'option servers: there are several applications ("api", "shop"), and requests may go to any of them.',
  ],
  [
    { server: { api: one(), cache: { command: 'a', ready: 'ping {cahce.port}' } } },
    'option server.cache.ready: {cahce.port} is of no application. Did you mean "cache"?',
  ],
])('mistakes in %j, which does not speak HTTP', (options, message) => {
  expect(faults(options)).toContain(message)
})

test('of one that does not speak HTTP, and one that does, requests go to the latter', () => {
  const server = { api: one({ env: { REDIS: 'redis://127.0.0.1:{cache.port}' } }), cache }
  expect(checkOptions({ server })).toBeUndefined()
  expect(checkOptions({ server: { command: 'a', ready: 'b' }, servers: 'http://127.0.0.1:3000' })).toBeUndefined()
  expect(checkOptions({ server: cache, servers: 'http://127.0.0.1:3000' })).toBeUndefined()
  expect(readServers(server).map(({ name, options: { url } }) => [name, url])).toEqual([
    ['cache', 'tcp://127.0.0.1:{port}'],
    ['api', 'http://127.0.0.1:{port}/'],
  ])
  const places = [
    { name: 'api', origin: 'http://127.0.0.1:3001' },
    { name: 'cache', origin: 'tcp://127.0.0.1:3002' },
  ]
  expect(serversFor(undefined, places)).toBe('http://127.0.0.1:3001')
  expect(serversFor(undefined, places.slice(1))).toBeUndefined()
})

test('the target is the only one that speaks HTTP, or the only one; another is a target by its name', () => {
  const targets = targetsAmong(expectedOf({ api: one({ probe: true }), cache }))
  expect(chooseTargets({}, targets).facts).toMatchObject({
    target: { node: true },
    targets: { cache: { node: false } },
  })
  expect(Object.keys(chooseTargets({}, targets).facts.targets)).toEqual(['cache'])
  expect(chooseTargets({}, targetsAmong(expectedOf({ cache }))).facts.target).toMatchObject({ kind: 'process' })
})
