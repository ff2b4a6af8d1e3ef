import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { overEach } from './over-each.ts'
import { answered, exchange, httpTarget, request, transportWith, until } from './support.ts'

overEach('%s', () => {
  test('opens connections ahead, which the first requests then use', async () => {
    const target = await httpTarget((_, response) => setTimeout(() => response.end('ok'), 20))
    const transport = transportWith({ connections: 16 })
    await transport.warm(target.origin, 10)
    await until(() => target.sockets.size === 10)
    await Promise.all(Array.from({ length: 10 }, () => answered(transport, request(target.origin))))
    expect(target.opened).toBe(10)
    expect(transport.counters).toMatchObject({ opened: 10, lost: 0, requests: 10 })
  })

  test('opens what is missing, and no more than allowed', async () => {
    const target = await httpTarget((_, response) => response.end('ok'))
    const transport = transportWith({ connections: 4 })
    await answered(transport, request(target.origin))
    await transport.warm(target.origin, 3)
    expect(transport.counters.opened).toBe(3)
    await transport.warm(target.origin, 100)
    expect(transport.counters.opened).toBe(4)
  })

  test('of a name that is still looked up when it is aborted, none is opened afterwards', async () => {
    const target = await httpTarget((_, response) => response.end('ok'))
    const transport = transportWith({ connections: 4 })
    const warmed = transport.warm(`http://localhost:${target.port}`, 4).catch(() => 'refused')
    transport.abort()
    await transport.close()
    await delay(200)
    expect(target.opened).toBe(0)
    expect(await Promise.race([warmed, delay(1, 'open')])).toBe('refused')
  })

  test('says so when nobody listens', async () => {
    const error = await transportWith()
      .warm('http://127.0.0.1:1', 4)
      .catch((error: Error) => error)
    expect(String(error)).toMatchInlineSnapshot(
      `"TransportError: Failed to connect to http://127.0.0.1:1: connection refused. Start the application, or correct its URL."`,
    )
  })

  test('a connection opened ahead is not kept longer than any other, and its loss is noticed', async () => {
    const target = await httpTarget((_, response) => response.end('ok'))
    const transport = transportWith({ connections: 2, idleTimeout: 100 })
    await transport.warm(target.origin, 2)
    await until(() => target.opened === 2 && target.sockets.size === 0)
    expect(transport.counters.lost).toBe(0)
    await transport.warm(target.origin, 2)
    await until(() => target.sockets.size === 2)
    for (const socket of target.sockets) socket.end()
    await until(() => transport.counters.lost === 2)
    expect(await exchange(transport, request(target.origin))).toMatchObject({ status: 200 })
  })
})
