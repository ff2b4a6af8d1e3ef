import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { endpointOf, openSocket } from '../../src/http/socket.ts'
import {
  answered,
  closeAll,
  failed,
  listening,
  request,
  transports,
  transportWith,
  until,
  useTransport,
} from './support.ts'

afterEach(closeAll)

test.each([
  ['http://127.0.0.1:3000', { secure: false, host: '127.0.0.1', port: 3000 }],
  ['http://localhost', { secure: false, host: 'localhost', port: 80 }],
  ['https://example.test', { secure: true, host: 'example.test', port: 443 }],
  ['http://[::1]:8080', { secure: false, host: '::1', port: 8080 }],
])('takes %s apart', (origin, parts) => {
  expect(endpointOf(origin)).toEqual({ origin, ...parts })
})

test.each(['', 'localhost:80', 'ftp://127.0.0.1', 'http://'])('%j is no origin', origin => {
  expect(() => endpointOf(origin)).toThrow(`Failed to connect to ${JSON.stringify(origin)}: not a URL of http or https`)
})

/** A server that is stopped, and whose queue of connections is full: it accepts the next one when it goes on. */
async function busyServer(): Promise<{ child: ChildProcess; port: number }> {
  const code = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () =>
    console.log(server.address().port))`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [text] = await once(child.stdout!, 'data')
  child.kill('SIGSTOP')
  await sleep(50)
  const port = Number(String(text))
  for (let i = 0; i < 8; i++) {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    onTestFinished(() => void socket.destroy())
  }
  await sleep(100)
  return { child, port }
}

test.skipIf(process.platform === 'win32')('an address that accepts late is not given up for the next one', async () => {
  const { child, port } = await busyServer()
  const addresses = Promise.resolve(['127.0.0.1', '127.0.0.2'].map(address => ({ address, family: 4 })))
  const endpoint = { ...endpointOf(`http://shop.example:${port}`), addresses }
  const opened = new Promise<Socket>((resolve, reject) => {
    openSocket(endpoint, 10_000, (error, socket) => (error ? reject(error) : resolve(socket!)))
  })
  const before = await Promise.race([opened.then(() => 'opened'), sleep(600, 'waiting')])
  child.kill('SIGCONT')
  const socket = await opened
  onTestFinished(() => void socket.destroy())
  expect([before, socket.remoteAddress]).toEqual(['waiting', '127.0.0.1'])
})

/** Its certificate, for 127.0.0.1, is signed by itself. */
function httpsTarget() {
  const read = (name: string) => readFileSync(new URL(`./tls/${name}.pem`, import.meta.url))
  const server = createHttpsServer({ key: read('key'), cert: read('cert') }, (_, response) => response.end('secret'))
  server.on('tlsClientError', () => {})
  return listening(server, 'https')
}

test.each(transports)('%s: an untrusted certificate is a protocol failure that says so', async name => {
  useTransport(name)
  const { origin } = await httpsTarget()
  const { cause, message } = await failed(transportWith(), request(origin))
  expect(cause).toBe('protocol')
  expect(message).toMatchInlineSnapshot(
    `"Failed to trust https://127.0.0.1:PORT: its certificate (CN=127.0.0.1) is self-signed. To trust it, set the option ca to a PEM file with it, or NODE_EXTRA_CA_CERTS before Node starts."`,
  )
})

test.each(transports)('%s: speaks TLS, and resumes sessions', async name => {
  useTransport(name)
  // Read by node:tls at each connection; the way for a user is NODE_EXTRA_CA_CERTS, which is read once, at
  // the start.
  const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  try {
    const target = await httpsTarget()
    const resumed: boolean[] = []
    target.server.on('secureConnection', socket => resumed.push(socket.isSessionReused()))
    const transport = transportWith({ idleTimeout: 50 })
    expect((await answered(transport, request(target.origin))).body).toBe('secret')
    await until(() => target.sockets.size === 0)
    expect((await answered(transport, request(target.origin))).body).toBe('secret')
    expect(resumed).toEqual([false, true])
  } finally {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  }
})

test.each(transports)('%s: plain text to a TLS port, and TLS to a plain one', async name => {
  useTransport(name)
  const { origin, port } = await httpsTarget()
  expect(await failed(transportWith(), request(`http://127.0.0.1:${port}`))).toMatchObject({
    cause: expect.stringMatching(/reset|protocol/),
  })
  const plain = await listening((await import('node:http')).createServer())
  const { cause, message } = await failed(transportWith(), request(`https://127.0.0.1:${plain.port}`))
  expect(origin).toContain('https:')
  expect(cause).toBe('protocol')
  expect(message).toContain('Check that it speaks TLS')
})
