import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asNumbers, asText, exactNumber, parseJson, writeJson } from '../../src/ground/json.ts'

const BIG = 9007199254740993n

describe('parseJson', () => {
  test('integers whose digits a number would lose are bigints, all others numbers', () => {
    const text =
      '[9007199254740993, -9007199254740993, 9007199254740992, 9007199254740994, 1000000000000000000000, 1e21, ' +
      '0.12345678901234567890, 123, "9007199254740993", "\\"9007199254740993"]'
    expect(parseJson(text)).toEqual([
      BIG,
      -BIG,
      9007199254740992,
      9007199254740994,
      10n ** 21n,
      1e21,
      Number('0.1234567890123456789'),
      123,
      '9007199254740993',
      '"9007199254740993',
    ])
  })

  test('wherever they stand', () => {
    expect(parseJson(String(BIG))).toBe(BIG)
    const object = parseJson(`{"__proto__":${BIG},"a":{"b":[{"c": ${BIG}}]},"9007199254740993":1}`)
    expect(Object.hasOwn(object as object, '__proto__')).toBe(true)
    expect(writeJson(object)).toBe(`{"__proto__":${BIG},"a":{"b":[{"c":${BIG}}]},"9007199254740993":1}`)
  })

  test('at any place of a text, behind digits that are text or part of another number', () => {
    for (let length = 0; length < 40; length++) {
      const filler = 'x'.repeat(length)
      for (const before of ['', '12345678901234567890', '1.', `${'9'.repeat(length)}-`]) {
        const text = `{"a":"${filler}${before}","d":0.12345678901234567,"b":${BIG}}`
        expect(parseJson(text)).toEqual({ a: filler + before, d: Number('0.12345678901234567'), b: BIG })
      }
    }
  })

  test('of many thousand levels', () => {
    const depth = 50_000
    let value = parseJson(`${'['.repeat(depth)}${BIG}${']'.repeat(depth)}`)
    for (let i = 0; i < depth; i++) value = (value as unknown[])[0]
    expect(value).toBe(BIG)
  })

  test('of many thousand levels as text and as numbers', () => {
    const depth = 50_000
    const deep = parseJson(`${'['.repeat(depth)}${BIG}${']'.repeat(depth)}`)
    const innermost = (value: unknown) => {
      while (Array.isArray(value)) value = value[0]
      return value
    }
    expect(innermost(asText(deep))).toBe(String(BIG))
    expect(innermost(asNumbers(deep))).toBe(Number(BIG))
    expect(innermost(deep)).toBe(BIG)
  })

  test('throws as JSON.parse does', () => {
    for (const text of ['', '{', '[9007199254740993', '{"a":09007199254740993}', '9007199254740993x'])
      expect(() => parseJson(text)).toThrow(SyntaxError)
  })

  test('is JSON.parse but for these digits, and what it reads is written again', () => {
    const big = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
    const { tree } = fc.letrec(tie => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        big,
        big.map(String),
        fc.array(tie('tree')),
        fc.dictionary(fc.string(), tie('tree')),
      ),
    }))
    fc.assert(
      fc.property(tree, fc.constantFrom('', ' ', '\n  '), (value, space) => {
        const text = writeJson(value)!
        const spaced = space === '' ? text : `${space}${text}${space}`
        expect(writeJson(parseJson(spaced))).toBe(writeJson(parseJson(text)))
        expect(asNumbers(parseJson(spaced))).toEqual(JSON.parse(text))
        expect(digits(writeJson(parseJson(spaced))!)).toEqual(digits(text))
      }),
      { numRuns: 2000 },
    )
  })
})

/** Integers that stand in JSON, outside of its strings. */
const digits = (json: string) =>
  json
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .match(/(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g)
    ?.sort() ?? []

describe('writeJson', () => {
  test('is JSON.stringify', () => {
    for (const value of [1, 'a', null, undefined, [undefined], { a: undefined, b: new Date(0) }])
      expect(writeJson(value)).toBe(JSON.stringify(value))
  })

  test('writes bigints as numbers, also where members are replaced', () => {
    const hide = (key: string, value: unknown) => (key === 'secret' ? '***' : value)
    expect(writeJson({ id: BIG, list: [BIG, '1'], secret: BIG }, hide)).toBe(
      `{"id":${BIG},"list":[${BIG},"1"],"secret":"***"}`,
    )
  })

  test('throws for circles, with and without a bigint', () => {
    const circle: Record<string, unknown> = { id: BIG }
    circle.self = circle
    expect(() => writeJson(circle)).toThrow(/circular/)
  })
})

test('a value without bigints is itself; with them, numbers or text stand for them', () => {
  const plain = { a: [1, { b: 'x' }], bytes: new Uint8Array(2) }
  expect(asNumbers(plain)).toBe(plain)
  expect(asText(plain)).toBe(plain)
  expect(asText({ a: [BIG], bytes: plain.bytes })).toEqual({ a: [String(BIG)], bytes: plain.bytes })
  expect(asNumbers([BIG, 1])).toEqual([9007199254740992, 1])
})

test.each([
  ['9007199254740993', BIG],
  ['9007199254740992', 9007199254740992],
  ['-9007199254740993', -BIG],
  ['1', 1],
  ['-0', -0],
  ['1.0000000000000000', 1],
  [`1${'0'.repeat(5000)}`, Number.POSITIVE_INFINITY],
])('%.30s is the number that it says', (numeral, value) => {
  expect(exactNumber(numeral)).toBe(value)
})
