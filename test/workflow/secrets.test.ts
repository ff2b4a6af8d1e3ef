import { expect, test } from 'vitest'
import { encodeReserved, encodeStrict } from '../../src/workflow/request/style.ts'
import { Secrets } from '../../src/workflow/secrets.ts'

test('a secret is hidden in every way in which a request writes it', () => {
  const secret = "p4ss!(w)'*/ü word"
  const secrets = new Secrets()
  secrets.add(secret)
  const written = [
    secret,
    encodeURIComponent(secret),
    encodeStrict(secret),
    encodeReserved(secret),
    Buffer.from(secret).toString('base64'),
  ]
  expect(written.map(text => secrets.mask(`a=${text}&b`))).toEqual(Array(5).fill('a=***&b'))
})

test('long secrets, and many of them, are hidden too', () => {
  const secrets = new Secrets()
  const long = `Bearer ${'x(1)'.repeat(50_000)}`
  secrets.add(long)
  for (let number = 0; number < 20_000; number++) secrets.add(`token-${number}-of-many`)
  expect(secrets.mask(`a=${long}&b=token-7-of-many&c=${encodeURIComponent(long)}`)).toBe('a=***&b=***&c=***')
})
