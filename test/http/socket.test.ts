import { readFileSync } from 'node:fs'
import { createServer as createHttpsServer } from 'node:https'
import { afterEach, expect, test } from 'vitest'
import { endpointOf } from '../../src/http/socket.ts'
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
