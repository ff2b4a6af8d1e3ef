import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isWindows } from '../builders/system.ts'
import { overEach } from './over-each.ts'
import { answered, exchange, failed, httpTarget, rawTarget, request, transportWith, until } from './support.ts'

/** A port on which nobody listens. */
async function closedOrigin() {
  const target = await httpTarget(() => {})
  await new Promise(resolve => target.server.close(resolve))
  return target.origin
}

overEach('%s', () => {
  test('refused: nobody listens', async () => {
    const origin = await closedOrigin()
    const { cause, message, times } = await failed(transportWith(), request(origin))
    expect(cause).toBe('refused')
    expect(message).toMatchInlineSnapshot(
      `"Failed to connect to http://127.0.0.1:PORT: connection refused. Start the application, or correct its URL."`,
    )
    expect(times.sent).toBe(times.queued)
  })

  test('refused: the next request tries again', async () => {
    const target = await httpTarget((_, response) => response.end('ok'))
    await new Promise(resolve => target.server.close(resolve))
    const transport = transportWith({ connections: 1 })
    const outcomes = await Promise.all([1, 2, 3].map(() => exchange(transport, request(target.origin))))
    expect(outcomes).toMatchObject([{ cause: 'refused' }, { cause: 'refused' }, { cause: 'refused' }])
    target.server.listen(target.port, '127.0.0.1')
    await once(target.server, 'listening')
    expect((await answered(transport, request(target.origin))).body).toBe('ok')
  })

  test('refused: not an origin', async () => {
    const { cause, message } = await failed(transportWith(), request('localhost:3000'))
    expect(cause).toBe('refused')
    expect(message).toMatchInlineSnapshot(
      `"Failed to connect to "localhost:PORT": not a URL of http or https. Correct its URL."`,
    )
  })

  test('refused: the connection does not come about in time', async ({ skip }) => {
    skip(isWindows, 'no process can be stopped')
    // Stopped, it accepts nothing; once its backlog is full, the kernel answers no more.
    const stopped = spawn(process.execPath, [
      '-e',
      `const s = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       require('node:fs').writeSync(1, String(s.address().port)); process.kill(process.pid, 'SIGSTOP') })`,
    ])
    try {
      const [port] = await once(stopped.stdout, 'data')
      const transport = transportWith({ connectTimeout: 200 })
      const origin = `http://127.0.0.1:${port}`
      await expect(transport.warm(origin, 8)).rejects.toThrow('no connection within 200 ms')
      const { cause, message } = await failed(transportWith({ connectTimeout: 200 }), request(origin))
      expect(cause).toBe('refused')
      expect(message).toMatchInlineSnapshot(
        `"Failed to connect to http://127.0.0.1:PORT: no connection within 200 ms. Check the URL and the network."`,
      )
      // The same while a request's own time runs out first.
      const early = await failed(transportWith({ connectTimeout: 60_000 }), request(origin, { timeout: 100 }))
      expect(early.cause).toBe('timeout')
      expect(early.message).toBe(message.replace('200', '100'))
    } finally {
      stopped.kill('SIGKILL')
    }
  })

  test('timeout: no answer', async () => {
    const target = await httpTarget((incoming, response) => void (incoming.url === '/ok' && response.end('ok')))
    const transport = transportWith({ connections: 1 })
    await transport.warm(target.origin, 1)
    const { cause, message, times } = await failed(transport, request(target.origin, { timeout: 100 }))
    expect(cause).toBe('timeout')
    expect(message).toMatchInlineSnapshot(
      `"Failed to read a response from http://127.0.0.1:PORT: no complete response within 100 ms. Raise requestTimeout, or the timeout of the step, or make the application faster."`,
    )
    expect(times.ended - times.queued).toBeGreaterThanOrEqual(100)
    // The connection was given up, the lane was not.
    expect((await answered(transport, request(target.origin, { path: '/ok' }))).body).toBe('ok')
    expect(target.opened).toBe(2)
    expect(transport.counters).toMatchObject({ opened: 2, lost: 0, requests: 2 })
  })

  test('timeout: the last byte does not come', async () => {
    const { origin } = await rawTarget(socket => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd'))
    expect(await failed(transportWith(), request(origin, { timeout: 100 }))).toMatchObject({ cause: 'timeout' })
  })

  test('timeout: waiting for a connection', async () => {
    const { origin } = await httpTarget(() => {})
    const transport = transportWith({ connections: 1 })
    const first = exchange(transport, request(origin, { timeout: 400 }))
    const { cause, message } = await failed(transport, request(origin, { timeout: 100 }))
    expect(cause).toBe('timeout')
    expect(message).toMatchInlineSnapshot(
      `"Failed to send a request to http://127.0.0.1:PORT: no free connection within 100 ms. Allow more connections, or make the application faster."`,
    )
    expect(await first).toMatchObject({ cause: 'timeout' })
  })

  test('timeout: who waited in line has the rest of its time', async () => {
    const { origin } = await httpTarget(
      (incoming, response) => void (incoming.url === '/slow' && setTimeout(() => response.end(), 150)),
    )
    const transport = transportWith({ connections: 1 })
    const slow = exchange(transport, request(origin, { path: '/slow' }))
    const { cause, times } = await failed(transport, request(origin, { timeout: 300 }))
    expect(cause).toBe('timeout')
    expect(times.ended - times.queued).toBeGreaterThanOrEqual(300)
    // Well before 300 ms after it was written.
    expect(times.ended - times.sent).toBeLessThan(times.ended - times.queued - 100)
    await slow
  })

  test('timeout: without one, a response may take as long as it does', async () => {
    const trickle = await rawTarget(async socket => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n')
      for (const byte of 'abcdef') {
        await new Promise(resolve => setTimeout(resolve, 40))
        socket.write(byte)
      }
    })
    const slow = await answered(transportWith(), request(trickle.origin, { timeout: 0 }))
    expect(slow.body).toBe('abcdef')
    expect(slow.times.ended - slow.times.sent).toBeGreaterThan(150)
  })

  test('reset: the server drops the connection before an answer', async () => {
    const { origin } = await rawTarget(socket => socket.resetAndDestroy())
    const transport = transportWith()
    const { cause, message } = await failed(transport, request(origin))
    expect(cause).toBe('reset')
    expect(message).toMatchInlineSnapshot(
      `"Failed to read a response from http://127.0.0.1:PORT: the connection was reset before a byte of the response had come. Look for a crash or a limit in the application's log."`,
    )
    await until(() => transport.counters.lost === 1)
  })

  test('reset: the server closes before an answer', async () => {
    const { origin } = await rawTarget(socket => socket.end())
    const { cause, message } = await failed(transportWith(), request(origin))
    expect(cause).toBe('reset')
    expect(message).toMatchInlineSnapshot(
      `"Failed to read a response from http://127.0.0.1:PORT: the other side closed the connection before a byte of the response had come. Look for a crash or a limit in the application's log."`,
    )
  })

  test.each(['keep-alive', 'close'])('reset: the server closes within the body (connection: %s)', async connection => {
    const { origin } = await rawTarget(socket => {
      socket.end(`HTTP/1.1 200 OK\r\nconnection: ${connection}\r\ncontent-length: 10\r\n\r\nabc`)
    })
    expect(await failed(transportWith(), request(origin))).toMatchObject({ cause: 'reset' })
  })

  test.each([
    ['not HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['a broken header', 'HTTP/1.1 200 OK\r\na b: c\r\n\r\n'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['a header without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
  ])('protocol: %s', async (_, text) => {
    const { origin } = await rawTarget(socket => socket.write(text))
    expect(await failed(transportWith(), request(origin))).toMatchObject({ cause: 'protocol' })
  })

  test('protocol: says what was found', async () => {
    const { origin } = await rawTarget(socket => socket.write('SSH-2.0-OpenSSH_9.6\r\n\r\n'))
    const found = 'it does not begin with "HTTP/1."'
    expect((await failed(transportWith(), request(origin))).message).toBe(
      `Failed to read a response from http://127.0.0.1:PORT: ${found}. Check that the URL's port speaks HTTP/1.1.`,
    )
  })

  test('protocol: a header value cannot bring in a line break, nor a path a second request', async () => {
    const heads: string[] = []
    const { origin } = await rawTarget((socket, head) => {
      heads.push(head)
      socket.write('HTTP/1.1 204 No Content\r\n\r\n')
    })
    const transport = transportWith({ connections: 1 })
    const header = await failed(transport, request(origin, { headers: ['x-a', 'b\r\nx-evil: 1'] }))
    expect(header.cause).toBe('protocol')
    expect(header.message).toMatchInlineSnapshot(
      `"Failed to send a request to http://127.0.0.1:PORT: invalid x-a header. Correct the request."`,
    )
    const path = await failed(transport, request(origin, { path: '/a HTTP/1.1\r\nhost: b\r\n\r\nGET /c' }))
    expect(path.cause).toBe('protocol')
    await answered(transport, request(origin))
    expect(heads).toHaveLength(1)
  })

  test('counts connections that the server ended, not those ended here', async () => {
    const target = await httpTarget((incoming, response) => {
      if (incoming.url === '/close') response.setHeader('connection', 'close')
      response.end()
    })
    const transport = transportWith({ connections: 1, idleTimeout: 100 })
    await answered(transport, request(target.origin, { path: '/close' }))
    // Left idle: ended here.
    await answered(transport, request(target.origin))
    await until(() => target.sockets.size === 0)
    expect(transport.counters).toMatchObject({ opened: 2, lost: 0, requests: 2 })
    // After a HEAD undici ends it.
    await answered(transport, request(target.origin, { method: 'HEAD' }))
    await until(() => target.sockets.size === 0)
    expect(transport.counters).toMatchObject({ opened: 3, lost: 0, requests: 3 })
    // Ended by the server while idle: with the short timeout a busy machine may end it here before.
    const patient = transportWith({ connections: 1 })
    await answered(patient, request(target.origin))
    for (const socket of target.sockets) socket.destroy()
    await until(() => patient.counters.lost === 1)
    expect(patient.counters).toMatchObject({ opened: 1, lost: 1, requests: 1 })
  })

  test('reuse: false keeps no connection', async () => {
    const target = await httpTarget((_, response) => response.end())
    const transport = transportWith({ reuse: false })
    await answered(transport, request(target.origin))
    await answered(transport, request(target.origin))
    expect(target.opened).toBe(2)
    expect(transport.counters.lost).toBe(0)
  })
})
