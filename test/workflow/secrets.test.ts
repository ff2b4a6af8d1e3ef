import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeReserved, encodeStrict } from '../../src/workflow/request/style.ts'
import { isSecretHeader, Secrets } from '../../src/workflow/secrets.ts'
import { amount } from '../builders/thorough.ts'
import { encoding, encodings, secret, windowsOf } from './encodings.ts'

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

const around = fc.string({ maxLength: 20 })

test('of a secret in two encodings no ten characters in a row are left', () => {
  fc.assert(
    fc.property(secret, encoding, encoding, around, around, (value, inner, outer, before, after) => {
      const secrets = new Secrets()
      secrets.add(value)
      const written = encodings[outer]!(encodings[inner]!(value))
      const shown = secrets.mask(`${before} ${written} ${after}`)
      const left = [...windowsOf(value), ...windowsOf(written)].filter(
        window => shown.includes(window) && !`${before} ${after}`.includes(window),
      )
      // What an encoding writes around the secret may stay.
      const frame = encodings[outer]!(encodings[inner]!(''))
      expect(left.filter(window => !frame.includes(window))).toEqual([])
    }),
    { numRuns: amount(1_000, 5_000) },
  )
})

test('a part of a secret of ten characters and more is hidden, wherever it was cut', () => {
  const secrets = new Secrets()
  secrets.add('tok-9f8e7d6c5b4a3210-end')
  expect(secrets.mask('got "tok-9f8e7d6c5b4a321..." back')).toBe('got "***..." back')
  expect(secrets.mask('…8e7d6c5b4a3210-end')).toBe('…***')
  expect(secrets.mask(encodeURIComponent('"tok-9f8e7d6c5b"'))).toBe('%22***%22')
})

test('names of members are masked, and none is lost', () => {
  const secrets = new Secrets()
  secrets.add('first-secret-value')
  secrets.add('other-secret-value')
  const shown = secrets.maskAll({ 'first-secret-value': 1, 'other-secret-value': 2, plain: 'first-secret-value' })
  expect(shown).toEqual({ '***': 1, '****': 2, plain: '***' })
})

test('headers of CORS speak of credentials and hold none', () => {
  const names = ['X-Api-Key', 'X-Credentials', 'Access-Control-Allow-Credentials', 'access-control-request-headers']
  expect(names.filter(isSecretHeader)).toEqual(['X-Api-Key', 'X-Credentials'])
})

test("a Set-Cookie's attributes are no secrets", () => {
  const secrets = new Secrets()
  secrets.addHeader('set-cookie', 'sid=s3cr3t-session; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/orders')
  expect(secrets.mask('s3cr3t-session since Wed, 21 Oct 2026 07:28:00 GMT at /orders')).toBe(
    '*** since Wed, 21 Oct 2026 07:28:00 GMT at /orders',
  )
})

test('a body of a million characters is masked in bounded time', () => {
  const secrets = new Secrets()
  secrets.add('tok-9f8e7d6c5b4a3210-end')
  const page = '<p class="a">100%25 + more &amp; less \\n of it</p> '.repeat(20_000)
  expect(secrets.mask(`${page}tok-9f8e7d6c5b4a3210-end`).endsWith('> ***')).toBe(true)
})

test('a body of megabytes that is one run of base64, or nothing but a secret, is masked', () => {
  const secrets = new Secrets()
  secrets.add('token-of-somebody')
  const long = 'abcd1234'.repeat(1_250_000)
  expect(secrets.mask(long)).toBe(long)
  expect(secrets.mask('token-of-somebody'.repeat(200_000))).toBe('***')
})

test('a thousand short secrets cost about what one does', () => {
  const text = Array.from({ length: 20_000 }, (_, n) => `{"id":"${(n * 7_919).toString(36)}-entry-of-a-list"}`).join()
  const timeOf = (count: number) => {
    const secrets = new Secrets()
    for (let n = 0; n < count; n++) secrets.add(`q${n.toString(36)}!z`)
    secrets.mask(text)
    // The quickest counts: other programs make a time longer.
    const times = Array.from({ length: 5 }, () => {
      const begun = performance.now()
      expect(secrets.mask(`${text} q1!z`)).toBe(`${text} ***`)
      return performance.now() - begun
    })
    return Math.min(...times)
  }
  expect(timeOf(1_000) / timeOf(10)).toBeLessThan(5)
})

test('many users that look for secrets take no memory each, where they have the same and where each has its own', () => {
  const usersWith = (secretOf: (user: number) => string) => {
    const { arrayBuffers, heapUsed } = process.memoryUsage()
    const users = Array.from({ length: 500 }, (_, user) => {
      const secrets = new Secrets()
      secrets.add(secretOf(user))
      expect(secrets.mask(`${secretOf(user)} was sent`)).toBe('*** was sent')
      return secrets
    })
    const now = process.memoryUsage()
    expect(users[499]!.isIn(secretOf(499))).toBe(true)
    return { held: now.arrayBuffers - arrayBuffers, heap: now.heapUsed - heapUsed }
  }
  const token = Array.from({ length: 500 }, (_, part) => part.toString(36).padStart(4, 'x')).join('')
  expect(usersWith(() => token).heap).toBeLessThan(30_000_000)
  expect(usersWith(user => `own-of-user-${user}`).held).toBeLessThan(1_000_000)
})
