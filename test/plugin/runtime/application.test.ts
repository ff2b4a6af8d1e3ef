import { expect, test } from 'vitest'
import { serversFor } from '../../../plugin/server/servers-for.ts'

const origin = 'http://127.0.0.1:4711'

test('without servers, requests go to the application that was started', () => {
  expect(serversFor(undefined, origin)).toBe(origin)
  expect(serversFor(undefined, undefined)).toBeUndefined()
})

test('servers that are given may name its port', () => {
  expect(serversFor('http://localhost:{port}/v1', origin)).toBe('http://localhost:4711/v1')
  expect(serversFor({ shop: 'http://127.0.0.1:{port}/shop', mail: 'http://127.0.0.1:25' }, origin)).toEqual({
    shop: 'http://127.0.0.1:4711/shop',
    mail: 'http://127.0.0.1:25',
  })
  expect(serversFor('http://127.0.0.1:3000', undefined)).toBe('http://127.0.0.1:3000')
})
