import { expect, test } from 'vitest'
import { chooseTransport } from '../../src/load/plan/transport-choice.ts'

test('auto takes the fast lane to servers at http and https', () => {
  expect(chooseTransport({ transport: 'auto' }, ['http://127.0.0.1:3000', 'https://127.0.0.1:3443'])).toEqual({
    name: 'wire',
    why: 'made for load; all servers are at http or https',
  })
})

test('what is asked for is taken', () => {
  expect(chooseTransport({ transport: 'undici' }, ['http://127.0.0.1:3000'])).toEqual({
    name: 'undici',
    why: 'asked for',
  })
})

test('HTTP/2 has a transport of its own, and leaves servers to another only where both are negotiated', () => {
  const secure = ['https://127.0.0.1:3443']
  expect(chooseTransport({ protocol: 'h2' }, secure)).toEqual({ name: 'http2', why: 'HTTP/2 was asked for' })
  expect(chooseTransport({ protocol: 'auto', transport: 'undici' }, secure)).toEqual({
    name: 'http2',
    http1: 'undici',
    why: 'TLS negotiates the version of HTTP with each server',
  })
  expect(chooseTransport({ protocol: 'auto' }, ['http://127.0.0.1:3000'])).toMatchObject({ name: 'wire' })
  expect(chooseTransport({ protocol: 'h1' }, secure)).toMatchObject({ name: 'wire' })
})
