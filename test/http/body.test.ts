import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sentenceOf } from '../../src/ground/fault.ts'
import { readBody } from '../../src/http/body.ts'
import { decodeContent } from '../../src/http/content-type.ts'

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding)

const told = ({ value, error }: ReturnType<typeof readBody>) => ({ value, ...(error && { error: sentenceOf(error) }) })

test.each([
  'application/json',
  'application/problem+json; charset=utf-8',
  'APPLICATION/JSON;charset="UTF-8"',
  'text/json',
])('%s is parsed', type => {
  expect(readBody(bytes('{"a":["é",1,null]}'), type, undefined)).toEqual({ value: { a: ['é', 1, null] } })
})

test('JSON comes back as it went', () => {
  fc.assert(
    fc.property(fc.json(), text => {
      expect(readBody(bytes(text), 'application/json', undefined).value).toEqual(JSON.parse(text))
    }),
  )
})

test.each([
  ['text/plain', 'é'],
  ['text/html; charset=utf-8', '<p>é</p>'],
  ['application/xml', '<a>1</a>'],
  ['image/svg+xml', '<svg/>'],
  ['application/x-www-form-urlencoded', 'a=1'],
  ['application/graphql', '{ a }'],
])('%s is text', (type, text) => {
  expect(readBody(bytes(text), type, undefined)).toEqual({ value: text })
})

test('windows-1252, which ISO 8859-1 stands for on the web, has characters where that has controls', () => {
  for (const charset of ['windows-1252', 'iso-8859-1', 'latin1'])
    expect(readBody(Buffer.from([0x80, 0x93, 0xe4]), `text/plain; charset=${charset}`, undefined)).toEqual({
      value: '€“ä',
    })
})

test.each([
  ['application/xml', '<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>', 'latin1'],
  ['image/svg+xml', "<?xml version='1.0' encoding='utf-8'?><a>ä</a>", 'utf8'],
  ['text/xml', '\uFEFF<a>ä</a>', 'utf16le'],
  ['text/xml', '<a encoding="ISO-8859-1">ä</a>', 'utf8'],
  ['text/xml; charset=utf-8', '<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>', 'utf8'],
] as const)('%s: %s in %s, as the header, a byte order mark or the XML itself says', (type, text, encoding) => {
  expect(readBody(bytes(text, encoding), type, undefined)).toEqual({ value: text.replace('\uFEFF', '') })
})

test('nothing is undefined', () => {
  expect(readBody(new Uint8Array(0), 'application/json', undefined)).toEqual({ value: undefined })
  expect(readBody(zlib.gzipSync(''), 'application/json', 'gzip')).toEqual({ value: undefined })
})

test('binary types and what is not UTF-8 are bytes, and a copy', () => {
  const source = new Uint8Array([0xff, 0xfe, 0x00])
  for (const type of ['image/png', 'application/octet-stream', 'application/unheard-of', undefined]) {
    const { value } = readBody(source, type, undefined)
    expect(value).toEqual(new Uint8Array([0xff, 0xfe, 0x00]))
    expect((value as Uint8Array).buffer).not.toBe(source.buffer)
  }
  expect(readBody(bytes('abc'), 'application/octet-stream', undefined).value).toEqual(new Uint8Array([97, 98, 99]))
})

test('reads the charset named', () => {
  expect(readBody(bytes('é', 'latin1'), 'text/plain; charset=iso-8859-1', undefined)).toEqual({ value: 'é' })
  expect(readBody(bytes('"é"', 'utf16le'), 'application/json; charset=utf-16le', undefined)).toEqual({ value: 'é' })
  expect(told(readBody(bytes('x'), 'text/plain; charset=klingon', undefined))).toMatchInlineSnapshot(`
    {
      "error": "Failed to read the body as text: unknown charset "klingon".",
      "value": Uint8Array [
        120,
      ],
    }
  `)
})

test('a byte order mark is no part of the value', () => {
  expect(readBody(bytes('\ufeff{"a":1}'), 'application/json', undefined)).toEqual({ value: { a: 1 } })
  expect(readBody(bytes('\ufeffa'), 'text/plain', undefined)).toEqual({ value: 'a' })
})

test('JSON that is none stays text, with the reason', () => {
  const { value, error } = told(readBody(bytes('<html>502</html>'), 'application/json', undefined))
  expect(value).toBe('<html>502</html>')
  expect(error).toBe('Failed to read the body as JSON: unexpected "<" at byte 0.')
})

test.each([
  ['{"a":1}', { a: 1 }],
  [' [1,2]', [1, 2]],
  ['{broken', '{broken'],
  ['1', '1'],
  ['plain', 'plain'],
])('without a content type %j is read as it looks', (text, value) => {
  expect(readBody(bytes(text), undefined, undefined)).toEqual({ value })
})

const text = '{"text":"' + 'abc '.repeat(1_000) + '"}'
const packed: [string, Buffer][] = [
  ['gzip', zlib.gzipSync(text)],
  ['x-gzip', zlib.gzipSync(text)],
  ['br', zlib.brotliCompressSync(text)],
  ['deflate', zlib.deflateSync(text)],
  ['Deflate', zlib.deflateRawSync(text)],
  ['deflate, gzip', zlib.gzipSync(zlib.deflateSync(text))],
  ['identity', bytes(text)],
  ['identity, gzip', zlib.gzipSync(text)],
]
// Node has zstd from 22.15 on.
const { zstdCompressSync } = zlib as { zstdCompressSync?: (text: string) => Buffer }
if (zstdCompressSync) packed.push(['zstd', zstdCompressSync(text)])

test.each(packed)('unpacks %s', (encoding, body) => {
  expect(readBody(body, 'application/json', encoding)).toEqual({ value: JSON.parse(text) })
})

test('what cannot be unpacked stays bytes, with the reason', () => {
  expect(told(readBody(bytes('abc'), 'application/json', 'gzip'))).toMatchInlineSnapshot(`
    {
      "error": "Failed to decode the body: not valid gzip (incorrect header check).",
      "value": Uint8Array [
        97,
        98,
        99,
      ],
    }
  `)
  const { error } = told(readBody(bytes('abc'), 'application/json', 'rot13'))
  expect(error).toMatch(
    /^Failed to decode the body: unknown content-encoding "rot13"\. Known are gzip, deflate, br(, zstd)?\.$/,
  )
})

test.each(['gzip', 'br', 'deflate'] as const)('a body of %s is decoded up to a limit, and not beyond', encoding => {
  const encode = { gzip: zlib.gzipSync, br: zlib.brotliCompressSync, deflate: zlib.deflateSync }[encoding]
  const encoded = encode(Buffer.alloc(100_000))
  expect(decodeContent(encoded, encoding, 100_000)).toHaveLength(100_000)
  expect(decodeContent(encoded, encoding, 99_999)).toMatchObject({ found: expect.stringContaining('99,999 bytes') })
})

const MB = 2 ** 20

test.each([
  ['text', 'text/plain', `${'a'.repeat(6 * MB)}ж`],
  ['a string of JSON', 'application/json', `"${'a'.repeat(7 * MB)}"`],
  ['short items', 'application/json', `[${'{},'.repeat(MB / 4)}0]`],
  ['keys that differ', 'application/json', `{${Array.from({ length: 90_000 }, (_, i) => `"k${i}":0`)}}`],
  ['digits that a number would lose', 'application/json', `["${'a'.repeat(4 * MB)}",12345678901234567890]`],
  ['JSON without a type', undefined, `[${'{},'.repeat(MB / 4)}0]`],
  ['a charset of single bytes', 'text/plain;charset=windows-1252', 'a'.repeat(5 * MB)],
])('%s that would take more than twice the limit is not read', (_, type, text) => {
  const read = readBody(bytes(text), type, undefined, false, MB)
  expect(read).toMatchObject({ value: undefined, isTooLarge: true })
  expect(sentenceOf(read.error!)).toMatch(
    /it would take [\d,]+ bytes of memory .* more than twice 1,048,576\. Read values/,
  )
  expect(readBody(bytes(text), type, undefined, false, 32 * MB).isTooLarge).toBeUndefined()
})

test('a body that is not valid and too large is said to be not valid', () => {
  const { error } = readBody(bytes(`[${'{},'.repeat(MB / 4)}0`), 'application/json', undefined, false, MB)
  expect(sentenceOf(error!)).toContain('it ends after 786434 bytes')
})

test('a limit that is short refuses no short body', () => {
  expect(readBody(bytes('{"a":1}'), 'application/json', undefined, false, 8)).toEqual({ value: { a: 1 } })
})
