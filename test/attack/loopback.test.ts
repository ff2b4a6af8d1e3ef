import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readConnections } from '../../src/http/transport-options.ts'
import { runCli } from '../cli/cli.ts'
import { http2Target, http2With } from '../http/h2/servers.ts'
import {
  answered,
  closeAll,
  exchange,
  failed,
  httpTarget,
  request,
  transportWith,
  useTransport,
} from '../http/support.ts'
import { builtPlugin } from '../plugin/server/built.ts'

/* A name that means this machine, and leads to another one when the connection is opened. */

const dns = vi.hoisted(() => ({ addresses: ['127.0.0.1'], asked: 0 }))
vi.mock('node:dns', async original => {
  const real = await original<typeof import('node:dns')>()
  const lookup = (_host: string, options: { all?: boolean }, done: (...found: unknown[]) => void) => {
    dns.asked++
    const found = dns.addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
    setImmediate(() => (options.all ? done(null, found) : done(null, found[0]!.address, found[0]!.family)))
  }
  return { ...real, default: { ...real, lookup }, lookup }
})

afterEach(closeAll)

const named = (origin: string, name = 'shop.localhost') => origin.replace('127.0.0.1', name)
const limited = (allowHosts: string[] = []) => ({ ...readConnections({}, allowHosts), idleTimeout: 10_000 })

async function over(kind: 'undici' | 'wire' | 'http2', allowHosts?: string[]) {
  dns.addresses = ['127.0.0.1']
  dns.asked = 0
  if (kind !== 'http2') useTransport(kind)
  const target =
    kind === 'http2'
      ? await http2Target((_, response) => response.end('here'))
      : await httpTarget((_, response) => response.end('here'))
  const transport = kind === 'http2' ? http2With(limited(allowHosts)) : transportWith(limited(allowHosts))
  const endAll = async () => {
    for (const socket of target.sockets) socket.destroy()
    // The ends are seen before the next request is sent.
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return { target, transport, endAll, origin: named(target.origin) }
}

describe.each(['undici', 'wire', 'http2'] as const)('%s', kind => {
  test.each([[['192.0.2.77']], [['127.0.0.1', '192.0.2.77']], [['::ffff:192.0.2.77']], [['0.0.0.0']]])(
    'is looked up at each dial, and is not dialled if it leads to %j by then',
    async addresses => {
      const { target, transport, endAll, origin } = await over(kind)
      expect((await answered(transport, request(origin))).body).toBe('here')
      await endAll()
      dns.addresses = addresses
      const { cause, message } = await failed(transport, request(origin))
      expect(cause).toBe('refused')
      expect(message).toBe(
        `Failed to connect to http://shop.localhost:PORT: "shop.localhost" leads to ${addresses.at(-1)}, which is not ` +
          'this machine, and no host but loopback is loaded unless it is named. If you may load it, add allowHosts: ' +
          `['shop.localhost'].`,
      )
      expect([target.opened, dns.asked]).toEqual([1, 2])
      // And back again.
      dns.addresses = ['127.0.0.1']
      expect((await answered(transport, request(origin))).body).toBe('here')
      expect(target.opened).toBe(2)
    },
  )

  test('a name that was allowed leads where it likes', async () => {
    const { transport, origin } = await over(kind, ['shop.localhost'])
    dns.addresses = ['0.0.0.0']
    expect((await answered(transport, request(origin))).body).toBe('here')
  })

  test('connections that are opened ahead are held to it', async () => {
    const { target, transport, origin } = await over(kind)
    dns.addresses = ['192.0.2.77']
    await expect(transport.warm(origin, 2)).rejects.toThrow('"shop.localhost" leads to 192.0.2.77')
    expect(target.opened).toBe(0)
  })

  test('an address is not looked up', async () => {
    const { target, transport } = await over(kind)
    expect((await answered(transport, request(target.origin))).body).toBe('here')
    expect(dns.asked).toBe(0)
  })
})

/** An address of this machine that is not loopback, and stands for another machine. */
const away = Object.values(networkInterfaces())
  .flat()
  .find(one => one?.family === 'IPv4' && !one.internal)?.address

test.skipIf(away === undefined).each(['wire', 'undici'])(
  'a load over %s sends nothing to where a name leads after the check',
  async transport => {
    const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-loopback-'))
    let connections = 0
    const stranger = createTcpServer(socket => {
      connections++
      socket.destroy()
    })
    const here = createServer((_, response) => response.end('{}'))
    try {
      await once(here.listen(0, '127.0.0.1'), 'listening')
      const { port } = here.address() as AddressInfo
      await once(stranger.listen(port, away), 'listening')
      // What the main thread checks is this machine, and what load threads dial is not.
      const preload = `
        const dns = require('node:dns')
        const { isMainThread } = require('node:worker_threads')
        const answer = (_, options) => {
          const address = isMainThread ? '127.0.0.1' : '${away}'
          return options.all ? [[{ address, family: 4 }]] : [address, 4]
        }
        dns.lookup = (host, options, done) => setImmediate(done, null, ...answer(host, options))
        dns.promises.lookup = async (host, options) => answer(host, options)[0]`
      const openapi = {
        openapi: '3.1.0',
        info: { title: 'a', version: '1' },
        servers: [{ url: `http://shop.localhost:${port}` }],
        paths: { '/a': { get: { operationId: 'a', responses: { 200: { description: 'ok' } } } } },
      }
      const arazzo = {
        arazzo: '1.0.1',
        info: { title: 'a', version: '1' },
        sourceDescriptions: [{ name: 'api', url: './openapi.json', type: 'openapi' }],
        workflows: [
          {
            workflowId: 'main',
            'x-load-test': { vus: 1, iterations: 3, transport },
            steps: [{ stepId: 'a', operationId: 'a', successCriteria: [{ condition: '$statusCode == 200' }] }],
          },
        ],
      }
      writeFileSync(join(folder, 'preload.cjs'), preload)
      writeFileSync(join(folder, 'openapi.json'), JSON.stringify(openapi))
      writeFileSync(join(folder, 'a.arazzo.json'), JSON.stringify(arazzo))
      const args = ['load', 'a.arazzo.json']
      const env = { NODE_OPTIONS: `--require ${join(folder, 'preload.cjs')}` }
      const { code, stdout, stderr } = await runCli(await builtPlugin(), args, { cwd: folder, env })
      expect(connections).toBe(0)
      expect((stdout + stderr).replaceAll(/\s+/g, ' ')).toContain(
        `"shop.localhost" leads to ${away}, which is not this machine`,
      )
      expect(code).toBe(1)
    } finally {
      here.close()
      stranger.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

test('a functional run may reach what it is given', async () => {
  useTransport('undici')
  dns.addresses = ['0.0.0.0']
  const target = await httpTarget((_, response) => response.end('here'))
  expect(await exchange(transportWith(), request(named(target.origin)))).toMatchObject({ body: 'here' })
})
