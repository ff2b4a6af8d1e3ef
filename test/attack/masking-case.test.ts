import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secrets } from '../../src/workflow/secrets.ts'
import { encodings, windowsOf } from '../workflow/encodings.ts'

/* Issue 43, 9: a secret that a server returns in another case is masked. */

const swapped = (text: string) =>
  text.replaceAll(/[a-z]/gi, letter => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
const upper = (text: string) => text.toUpperCase()
const lower = (text: string) => text.toLowerCase()
const cases = [
  ...[upper, lower, swapped],
  (text: string) => [...text].map((letter, i) => (i % 2 ? letter.toUpperCase() : letter.toLowerCase())).join(''),
]

test.each([
  ['a UUID', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
  ['a UUID in braces', '{3F2504E0-4F89-41D3-9A0C-0305E82C3301}'],
  ['a hexadecimal key', 'c0ffee0123456789abcdef0123456789'],
  ['a short hexadecimal key', 'c0ffee01'],
  ['hexadecimal with colons', 'C0:FF:EE:01:23:45:67:89'],
  ['base32', 'JBSWY3DPEHPK3PXP'],
  ['a token', 'tok_Live-9f8E7d6C5b4A'],
  ['a token with letters of others', 'Schlüssel-für-Übung-ΑΣΑΣ-ΟΔΟΣ'],
])('%s, in any case and in any encoding', (_, secret) => {
  const secrets = new Secrets()
  secrets.add(secret)
  // Behind an encoding of bytes letters beyond ASCII are others in each case: both cases are looked for, no mixture, and so of short keys.
  for (const other of /[^\x20-\x7e]|^.{1,9}$/.test(secret) ? [upper, lower] : cases)
    for (const [name, encode] of Object.entries(encodings)) {
      const shown = secrets.mask(`before ${encode(other(secret))} after`)
      expect(shown, name).toMatch(/^before .*\*\*\*.* after$/)
      const frame = `before ${encode('')} after`
      for (const window of [...windowsOf(other(secret)), ...windowsOf(encode(other(secret)))])
        if (!frame.includes(window)) expect(shown.toLowerCase(), name).not.toContain(window.toLowerCase())
    }
})

test.each([
  ['3f2504e0-4f89-41d3-9a0c-0305e82c3301', '3F2504E04F8941D39A0C0305E82C3301'],
  ['3F2504E04F8941D39A0C0305E82C3301', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
])('a UUID with and without its hyphens: %s', (secret, returned) => {
  const secrets = new Secrets()
  secrets.add(secret)
  expect(secrets.mask(`id=${returned};`)).toBe('id=***;')
  expect(secrets.maskAll({ [returned]: [returned] })).toEqual({ '***': ['***'] })
  expect(secrets.isIn(returned)).toBe(true)
})

test('a short word is masked as it is, and no other', () => {
  const secrets = new Secrets()
  secrets.add('pass')
  secrets.add('summer')
  expect(secrets.mask('pass PASSED Pass, Summer summer')).toBe('*** PASSED Pass, Summer ***')
})

test('positions stay where letters change their length with their case', () => {
  const secrets = new Secrets()
  secrets.add('İstanbul-9f8E7d6C5b4A')
  expect(secrets.mask('İİİ ẞ İstanbul-9f8E7d6C5b4A İ!')).toBe('İİİ ẞ *** İ!')
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, after) => {
      const own = new Secrets()
      own.add('c0ffee0123456789abcdef0123456789')
      const shown = own.mask(`${before}|C0FFEE0123456789ABCDEF0123456789|${after}`)
      expect(shown).toContain('***')
      expect(shown).not.toMatch(/c0ffee01/i)
    }),
  )
})
