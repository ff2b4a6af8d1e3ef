import { createServer as createHttpsServer } from 'node:https'
import { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setImmediate } from 'node:timers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ExchangeTimes, ResponseListener, Transport } from '../../../src/http/transport.ts'
import { ca, credentials } from '../h2/servers.ts'
import { closeAll, httpTarget, listening, rawTarget, request, transportWith, until, useTransport } from '../support.ts'

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
    for (const one of waiting.splice(0)) one.write(ok)
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

/** Sends requests, each from within the last one's response; of each whether it was written in the same phase. */
function writtenAtOnce(transport: Transport, origin: string, count: number) {
  const again = request(origin)
  const atOnce: boolean[] = []
  return new Promise<boolean[]>((resolve, reject) => {
    let check: number | undefined
    const listener: ResponseListener = {
      onResponse(_status, _headers, _body, { sent }) {
        if (check !== undefined) atOnce.push(sent < check)
        if (atOnce.length === count) return resolve(atOnce)
        setImmediate(() => {
          check = performance.now()
        })
        transport.send(again, listener)
      },
      onFailure: (_cause, error) => reject(error),
    }
    transport.send(request(origin), listener)
  })
}

test('where one request follows another each is written once its response was told, and over TLS when all is read', async () => {
  const plain = await httpTarget((_, response) => response.end('ok'))
  const server = createHttpsServer(credentials, (_, response) => response.end('ok'))
  const secure = await listening(server, 'https')
  const overPlain = await writtenAtOnce(transportWith(), plain.origin, 80)
  const overTls = await writtenAtOnce(transportWith({ tls: { [secure.origin]: { ca } } }), secure.origin, 80)
  // The first 32 turns are counted.
  const [few, all] = [Array(32).fill(false), Array(48).fill(true)]
  expect(overPlain).toEqual([...few, ...all])
  expect(overTls).not.toContain(true)
})

test('one that waited for the connection is written with those that come about as it is free', async () => {
  const target = await httpTarget((_, response) => response.end('ok'))
  const transport = transportWith({ connections: 1 })
  let check = Infinity
  const sent = await new Promise<number>((resolve, reject) => {
    const onFailure: ResponseListener['onFailure'] = (_cause, error) => reject(error)
    const onResponse = () => {
      setImmediate(() => {
        check = performance.now()
      })
    }
    transport.send(request(target.origin), { onResponse, onFailure })
    transport.send(request(target.origin), { onResponse: (_, __, ___, times) => resolve(times.sent), onFailure })
  })
  expect(sent).toBeGreaterThanOrEqual(check)
  expect(target.opened).toBe(1)
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
