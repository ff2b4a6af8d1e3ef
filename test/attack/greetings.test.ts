import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { ca, credentials, http2With } from '../http/h2/servers.ts'
import { answered, closeAll, failed, listening, request, transportWith, until, useTransport } from '../http/support.ts'

/* Bytes that come before anything was asked for are no response to what is sent later. */

afterEach(closeAll)

const respond = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n${body}`
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** A server that does something to each connection at first, and responds to all requests. */
async function serverThat(first: (socket: Socket) => void, secure: boolean) {
  const onSocket = (socket: Socket) => {
    socket.on('error', () => {})
    first(socket)
    socket.on('data', () => {
      target.requests++
      socket.write(respond('good'))
    })
  }
  const server = secure
    ? createTlsServer({ ...credentials, ALPNProtocols: ['http/1.1'] }, onSocket)
    : createServer(onSocket)
  const target = Object.assign(await listening(server as Server, secure ? 'https' : 'http'), { requests: 0 })
  return target
}

function make(kind: 'undici' | 'wire', over: string) {
  const options = { tls: { '*': { ca } }, idleTimeout: 30_000 }
  if (over === 'TLS, after ALPN') return http2With(options, kind)
  useTransport(kind)
  return transportWith(options)
}

const FAULT =
  /^Failed to read a response from https?:\/\/127\.0\.0\.1:\w+: bytes came before the first request was sent\. /
const cases = (['undici', 'wire'] as const).flatMap(kind =>
  ['TCP', 'TLS', 'TLS, after ALPN'].map(over => ({ kind, over, secure: over !== 'TCP' })),
)

describe.each(cases)('$kind over $over', ({ kind, over, secure }) => {
  test.each([respond('evil'), 'x', '\r\n', 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n'])(
    'of a connection that was opened ahead, %j is a fault',
    async bytes => {
      let greets = true
      const target = await serverThat(socket => greets && socket.write(bytes), secure)
      const transport = make(kind, over)
      const early = await transport.warm(target.origin, 1).catch((error: Error) => error)
      await pause(50)
      const message = early?.message ?? (await failed(transport, request(target.origin))).message
      expect(message).toMatch(FAULT)
      expect(target.requests).toBe(0)
      greets = false
      expect((await answered(transport, request(target.origin))).body).toBe('good')
      expect((await answered(transport, request(target.origin))).body).toBe('good')
      expect(target.requests).toBe(2)
    },
  )

  test('a server that waits for requests gets them, and again after it has ended a connection', async () => {
    const target = await serverThat(() => {}, secure)
    const transport = make(kind, over)
    for (let i = 0; i < 3; i++) {
      expect((await answered(transport, request(target.origin))).body).toBe('good')
      for (const socket of target.sockets) socket.destroy()
      await until(() => target.sockets.size === 0)
      await pause(20)
    }
    expect(target.requests).toBe(3)
  })

  // A socket of TLS cannot be reset.
  if (!secure)
    test('of a server that resets connections at once, that is said', async () => {
      const { origin } = await serverThat(socket => socket.resetAndDestroy(), secure)
      expect(await failed(make(kind, over), request(origin))).toMatchObject({ cause: 'reset' })
    })
})

// The server is of this thread, so that it accepts and writes before the client has its next turn.
test.each(['undici', 'wire'] as const)(
  '%s: a response that is there when the connection is belongs to no request',
  async kind => {
    const target = await serverThat(socket => socket.write(respond('evil')), false)
    const { cause, message } = await failed(make(kind, 'TCP'), request(target.origin))
    expect(cause).toBe('protocol')
    expect(message).toMatch(FAULT)
    expect(target.requests).toBe(0)
  },
)
