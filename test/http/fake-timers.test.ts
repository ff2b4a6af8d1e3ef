import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import timers from 'node:timers'
import { afterEach, expect, test, vi } from 'vitest'
import { realClock, systemTime } from '../../src/measure/clock.ts'
import { answered, closeAll, failed, httpTarget, request, transportWith } from './support.ts'

afterEach(async () => {
  vi.useRealTimers()
  await closeAll()
})

// Undici looks its timers up in the global object whenever it needs one, and waits on them before it uses a
// connection again.
test('a user’s fake timers do not stop the transport', async () => {
  const target = await httpTarget((incoming, response) => void (incoming.url === '/silent' || response.end('ok')))
  const transport = transportWith({ connections: 2 })
  await transport.warm(target.origin, 1)
  const get = async () => (await answered(transport, request(target.origin))).body
  expect([await get(), await get()]).toEqual(['ok', 'ok'])
  vi.useFakeTimers()
  expect([await get(), await get(), await get()]).toEqual(['ok', 'ok', 'ok'])
  expect(await failed(transport, request(target.origin, { path: '/silent', timeout: 50 }))).toMatchObject({
    cause: 'timeout',
  })
  expect(await get()).toBe('ok')
  vi.useRealTimers()
  const { opened } = target
  expect([await get(), await get(), await get()]).toEqual(['ok', 'ok', 'ok'])
  // Kept alive again.
  expect(target.opened).toBe(opened + 1)
  vi.useFakeTimers()
  await transport.close()
  expect(transport.counters.lost).toBe(0)
})

// `fakeNodeBuiltins` of Vitest 5.1 does the same: modules that were loaded before get other functions of the same names.
test('a user’s fake timers do not stop the transport or the clock where they replace those of node: modules too', async () => {
  const target = await httpTarget((incoming, response) => void (incoming.url === '/silent' || response.end('ok')))
  const transport = transportWith({ connections: 2 })
  await transport.warm(target.origin, 2)
  const { setTimeout, setImmediate, clearTimeout } = timers
  const { hrtime } = process
  const never = () => ({ unref() {}, ref() {}, refresh() {} })
  const stopped = Object.assign(() => [0, 0], { bigint: () => 0n })
  try {
    Object.assign(timers, { setTimeout: never, setImmediate: never, clearTimeout() {} })
    Object.assign(process, { hrtime: stopped })
    syncBuiltinESMExports()
    vi.useFakeTimers()
    expect((await answered(transport, request(target.origin))).body).toBe('ok')
    expect(await failed(transport, request(target.origin, { path: '/silent', timeout: 50 }))).toMatchObject({
      cause: 'timeout',
    })
    const began = systemTime()
    await new Promise<void>(resolve => realClock.after(20, resolve))
    expect(systemTime()).toBeGreaterThan(began)
  } finally {
    Object.assign(timers, { setTimeout, setImmediate, clearTimeout })
    Object.assign(process, { hrtime })
    syncBuiltinESMExports()
  }
})
