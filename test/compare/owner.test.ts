import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { hasEnded, thisProcess } from '../../src/compare/base/owner.ts'

test('a process is known from a later one with its pid, and from one of another machine', async () => {
  const own = thisProcess()
  expect(own.pid).toBe(process.pid)
  expect(hasEnded(own)).toBe(false)
  expect(hasEnded({ ...own, started: '0000000000' })).toBe(true)
  expect(hasEnded({ ...own, started: 'none' })).toBe(false)
  expect(hasEnded({ ...own, started: '0000000000', place: 'elsewhere' })).toBe(false)

  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  expect(hasEnded({ ...own, pid: child.pid! })).toBe(true)
  expect(hasEnded({ ...own, pid: child.pid!, place: 'elsewhere' })).toBe(false)
})
