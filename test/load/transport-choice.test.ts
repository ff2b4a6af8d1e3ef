import { expect, test } from 'vitest'
import { chooseTransport } from '../../src/load/plan/transport-choice.ts'

test('auto takes the fast lane to servers at http and https', () => {
  expect(chooseTransport('auto', ['http://127.0.0.1:3000', 'https://127.0.0.1:3443'])).toEqual({
    name: 'wire',
    why: 'made for load; all servers are at http or https',
  })
})

test('what is asked for is taken', () => {
  expect(chooseTransport('undici', ['http://127.0.0.1:3000'])).toEqual({ name: 'undici', why: 'asked for' })
})
