import { expect, test } from 'vitest'
import { describeSlow } from '../../src/report/figures.ts'

test('a slow request is told with its thread where there are several', () => {
  const slow = { step: 'pay', latency: 212, at: 12_300, thread: 2, request: 'POST http://a/pay', status: 200 }
  expect(describeSlow(slow, { threads: 1 })).toBe('212 ms  pay: POST http://a/pay -> 200, sent at 12.3 s')
  expect(describeSlow(slow, { threads: 2 })).toBe('212 ms  pay: POST http://a/pay -> 200, sent at 12.3 s by thread 2')
  expect(describeSlow({ ...slow, host: 'eu-1' }, { threads: 2 })).toContain(', sent at 12.3 s by thread 2 (eu-1)')
})
