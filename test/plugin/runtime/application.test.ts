import { expect, test } from 'vitest'
import { serversFor } from '../../../plugin/server/servers-for.ts'

const app = { origin: 'http://127.0.0.1:4711' }
const api = { name: 'api', ...app }
const db = { name: 'db', origin: 'http://127.0.0.1:5432' }

test('without servers, requests go to the application that was started, and to none of several', () => {
  expect(serversFor(undefined, [app])).toBe(app.origin)
  expect(serversFor(undefined, [])).toBeUndefined()
  expect(serversFor(undefined, [api, db])).toBeUndefined()
})

test('servers that are given may name its port', () => {
  expect(serversFor('http://localhost:{port}/v1', [app])).toBe('http://localhost:4711/v1')
  expect(serversFor({ shop: 'http://127.0.0.1:{port}/shop', mail: 'http://127.0.0.1:25' }, [app])).toEqual({
    shop: 'http://127.0.0.1:4711/shop',
    mail: 'http://127.0.0.1:25',
  })
  expect(serversFor('http://127.0.0.1:3000', [])).toBe('http://127.0.0.1:3000')
})

test('of several applications, a name or a field of it says which', () => {
  expect(serversFor('api', [db, api])).toBe(api.origin)
  const servers = {
    shop: 'api',
    mail: '{db.url}/mail',
    old: 'http://localhost:{api.port}/v1',
    other: 'http://127.0.0.1:{port}',
  }
  expect(serversFor(servers, [db, api])).toEqual({
    shop: 'http://127.0.0.1:4711',
    mail: 'http://127.0.0.1:5432/mail',
    old: 'http://localhost:4711/v1',
    other: 'http://127.0.0.1:{port}',
  })
})
