import { expect, test } from 'vitest'
import { assertAllowed } from '../../src/load/hosts.ts'

test.each([
  'http://127.0.0.1:3000',
  'http://127.8.9.1',
  'http://localhost:3000',
  'https://app.localhost',
  'http://[::1]:3000',
])('%s is this machine', origin => {
  expect(() => assertAllowed([origin])).not.toThrow()
})

test.each([
  'http://api.example.com',
  'http://192.168.1.4:3000',
  'http://0.0.0.0:3000',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
  'http://[2001:db8::1]',
])('%s is not', origin => {
  expect(() => assertAllowed(['http://127.0.0.1:3000', origin])).toThrow('allowHosts')
})

test('the message says how to allow it', () => {
  expect(() => assertAllowed(['https://api.example.com:8443'])).toThrowErrorMatchingInlineSnapshot(
    `[Error: Failed to load https://api.example.com:8443: "api.example.com" is not this machine, and no host but loopback is loaded unless it is named. If you may load it, add allowHosts: ['api.example.com'].]`,
  )
})

test('a named host is loaded, with its port or without', () => {
  const origins = ['https://api.example.com:8443']
  expect(() => assertAllowed(origins, ['api.example.com'])).not.toThrow()
  expect(() => assertAllowed(origins, ['API.example.com:8443'])).not.toThrow()
  expect(() => assertAllowed(origins, ['api.example.com:9443', 'example.com'])).toThrow()
})
