import { createServer } from 'node:https'
import { TLSSocket } from 'node:tls'
import { afterEach, expect, test } from 'vitest'
import { ca, credentials } from './h2/servers.ts'
import { answered, closeAll, failed, listening, request, transportWith, useTransport } from './support.ts'

afterEach(closeAll)

/** Talks to clients alone that show a certificate, as it says once the handshake is over for them (TLS 1.3). */
function wary() {
  const options = { ...credentials, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' } as const
  const server = createServer(options, ({ socket }, response) => {
    response.end(String(socket instanceof TLSSocket && socket.authorized))
  })
  server.on('tlsClientError', () => {})
  return listening(server, 'https')
}

test('a server that wants a certificate of the client gets it, and who has none is told what to do', async () => {
  useTransport('wire')
  const { origin } = await wary()
  const trusted = transportWith({ tls: { [origin]: { ...credentials, ca } } })
  expect(await answered(trusted, request(origin))).toMatchObject({ status: 200, body: 'true' })
  const stranger = transportWith({ tls: { [origin]: { ca } } })
  for (const method of ['GET', 'POST'])
    expect(await failed(stranger, request(origin, { method }))).toMatchObject({
      cause: 'protocol',
      message:
        'Failed to connect to https://127.0.0.1:PORT: it wants a certificate of the client, and got none. Give cert ' +
        'and key in security, by a scheme mutualTLS of the description.',
    })
})
