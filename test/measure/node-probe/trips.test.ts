import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../plugin/server/address.ts'
import { NodeProbe } from '../../../src/measure/node-probe/probe.ts'
import { type Database, startMariadb, startPostgres, startRedis, without } from '../../builders/databases.ts'
import { freshFolder } from '../../builders/folder.ts'
import { listen } from '../../builders/listen.ts'

const preload = join(freshFolder('node-probe'), 'preload.mjs')
const bundle = ['--bundle', '--format=esm', '--platform=node', `--outfile=${preload}`]
const children: ChildProcess[] = []

beforeAll(() => {
  execFileSync(join('node_modules', '.bin', 'esbuild'), ['src/measure/node-probe/preload.ts', ...bundle], {
    stdio: 'pipe',
  })
})

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** The application with the probe loaded: how many round trips it makes, by destination, during some requests. */
async function application(env: Record<string, string>) {
  const [folder, port] = [freshFolder('np'), await freePort()]
  const options = { NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`, VITEST_ARAZZO_PROBE: folder }
  const child = spawn(process.execPath, ['fixtures/round-trips/app.mjs'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env, ...options, PORT: `${port}` },
  })
  children.push(child)
  await once(child.stdout!, 'data')
  const probe = new NodeProbe(folder)
  await expect.poll(() => probe.read()).toBeDefined()
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    expect(await response.text()).toBe('done')
  }
  return {
    ask,
    /** @param users that ask at the same time. */
    async tripsOf(path: string, requests: number, users = 1) {
      await probe.mark()
      let left = requests
      const user = async () => {
        while (left-- > 0) await ask(path)
      }
      await Promise.all(Array.from({ length: users }, user))
      const { to } = (await probe.read())!.roundTrips!
      return Object.fromEntries(Object.entries(to).map(([name, { count }]) => [name, count]))
    },
    async waited() {
      const { to } = (await probe.read())!.roundTrips!
      return Object.values(to).reduce((sum, { waited }) => sum + waited, 0)
    },
  }
}

const SERVERS = {
  pg: { start: startPostgres, name: 'PG', reason: without.postgres },
  mysql2: { start: startMariadb, name: 'MYSQL', reason: without.mariadb },
  ioredis: { start: startRedis, name: 'REDIS', reason: without.redis },
}

describe.each(Object.entries(SERVERS))('%s', (driver, { start, name, reason }) => {
  let database: Database
  beforeAll(async () => {
    if (reason === undefined) database = await start()
  })
  afterAll(() => database?.[Symbol.asyncDispose]())

  test.for(['without TLS', 'over TLS'])('the server itself counts the same: %s', async (how, context) => {
    context.skip(reason !== undefined, reason)
    const isTls = how === 'over TLS'
    const port = isTls ? database.tlsPort : database.port
    const app = await application({ [name]: `${port}`, ...(isTls && { TLS: '1' }) })
    const before = database.asked()
    // The first request opens the connection and logs in; with several users, further connections are opened.
    expect(await app.tripsOf(`/${driver}/3`, 5)).toEqual({ [`127.0.0.1:${port}`]: 15 })
    expect(database.asked() - before).toBe(15)
    expect(await app.tripsOf(`/${driver}/2`, 60, 10)).toEqual({ [`127.0.0.1:${port}`]: 120 })
    expect(database.asked() - before).toBe(135)
    // A pool that is idle, and a request that asks nothing.
    expect(await app.tripsOf('/nothing/0', 3)).toEqual({})
  })
})

test('a pipeline is one round trip', async context => {
  context.skip(without.redis !== undefined, without.redis)
  await using redis = await startRedis()
  const app = await application({ REDIS: `${redis.port}` })
  expect(await app.tripsOf('/pipeline/1', 10)).toEqual({ [`127.0.0.1:${redis.port}`]: 10 })
  expect(redis.asked()).toBe(20)
})

test.each(['fetch', 'undici', 'http', 'thread'])(
  '%s: a request is one round trip, with the time waited',
  async driver => {
    let asked = 0
    const server = createServer((request, response) => {
      asked++
      request.resume().on('end', () => setTimeout(() => response.end('well'), 20))
    })
    const { port } = new URL(await listen(server))
    const app = await application({ HTTP: `http://127.0.0.1:${port}/` })
    expect(await app.tripsOf(`/${driver}/3`, 4)).toEqual({ [`127.0.0.1:${port}`]: 12 })
    expect(asked).toBe(12)
    expect(await app.waited()).toBeGreaterThan(12 * 15)
  },
)
