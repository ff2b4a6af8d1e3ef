import { afterEach, expect, test, vi } from 'vitest'
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
