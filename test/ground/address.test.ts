import { expect, test } from 'vitest'
import { withoutUser } from '../../src/ground/address.ts'

test.each([
  ['http://ada:hunter2@127.0.0.1:3000/a?b=c@d', 'http://127.0.0.1:3000/a?b=c@d'],
  ['get FTP://ada:hun@ter2@x, https://token@y/#@', 'get FTP://x, https://y/#@'],
  ['http://127.0.0.1/@ada', 'http://127.0.0.1/@ada'],
  ['ada@example.com', 'ada@example.com'],
])('%j is told as %j', (text, told) => {
  expect(withoutUser(text)).toBe(told)
})
