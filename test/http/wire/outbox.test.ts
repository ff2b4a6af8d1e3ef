import { Socket } from 'node:net'
import process from 'node:process'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExchangeTimes, ResponseListener, Transport } from '../../../src/http/transport.ts'
import { closeAll, httpTarget, rawTarget, request, transportWith, until, useTransport } from '../support.ts'

afterEach(closeAll)
beforeEach(() => useTransport('wire'))

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Sends a request, and from within its answer another one; what became of both. */
function oneAfterAnother(transport: Transport, origin: string, between = () => {}) {
  const again = request(origin)
  return new Promise<(ExchangeTimes & { said: string })[]>(resolve => {
    const seen: (ExchangeTimes & { said: string })[] = []
    const note = (said: string, times: ExchangeTimes) => {
      seen.push({ ...times, said })
      if (seen.length === 2) resolve(seen)
    }
    const listener: ResponseListener = {
      onResponse(status, _headers, _body, times) {
        note(String(status), times)
        if (seen.length > 1) return
        transport.send(again, listener)
        between()
      },
      onFailure: (cause, _error, times) => note(cause, times),
    }
    transport.send(request(origin), listener)
  })
}

test('what is asked for while answers are read is written when all of them are read, and says so', async () => {
  // Both first answers come at once.
  const waiting: Socket[] = []
  const target = await rawTarget(socket => {
    if (waiting.push(socket) < 2) return
    for (const one of waiting) one.write(ok)
  })
  const transport = transportWith()
  const [one, other] = await Promise.all([
    oneAfterAnother(transport, target.origin),
    oneAfterAnother(transport, target.origin),
  ])
  const [read, written] = [
    [one[0]!.ended, other[0]!.ended],
    [one[1]!.sent, other[1]!.sent],
  ]
  expect(Math.min(...written)).toBeGreaterThanOrEqual(Math.max(...read))
  expect(one[1]!.queued).toBeLessThanOrEqual(one[1]!.sent)
  expect(target.opened).toBe(2)
  expect(transport.counters).toMatchObject({ opened: 2, reused: 2, lost: 0 })
})

test('a connection that ends before the request is written costs nothing: another is opened', async () => {
  const target = await httpTarget((_, response) => response.end('ok'))
  const transport = transportWith()
  const handles = () => (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
  const ends = () => {
    const ours = handles().filter(handle => handle instanceof Socket && handle.remotePort === target.port)
    for (const socket of ours as Socket[]) {
      socket.push(null) // as when the other side ends it
      socket.read(0)
    }
  }
  const [, second] = await oneAfterAnother(transport, target.origin, ends)
  expect(second).toMatchObject({ said: '200' })
  expect(target.opened).toBe(2)
  expect(transport.counters).toMatchObject({ requests: 2, opened: 2, reused: 0, reconnected: 1, lost: 1 })
})

test('one that is aborted before it is written never is', async () => {
  let asked = 0
  const target = await httpTarget((_, response) => {
    asked++
    response.end('ok')
  })
  const transport = transportWith()
  const [, second] = await oneAfterAnother(transport, target.origin, () => transport.abort())
  expect(second).toMatchObject({ said: 'aborted' })
  await until(() => target.sockets.size === 0)
  expect(asked).toBe(1)
})
