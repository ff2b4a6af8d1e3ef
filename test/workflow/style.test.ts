import { describe, expect, test } from 'vitest'
import { encodeReserved, encodeStrict, form, styleWriter } from '../../src/workflow/request/style.ts'

type Styled = Parameters<typeof styleWriter>[0]

/** A value as a parameter called `color` writes it. */
const written = (
  value: unknown,
  style: Styled['style'],
  explode: boolean,
  place: Parameters<typeof styleWriter>[1] = 'path',
) => styleWriter({ name: 'color', style, explode, allowReserved: false }, place)(value)

const list = ['blue', 'black', 'brown']
const record = { R: 100, G: 200, B: 150 }

describe('the table of OpenAPI 3.1, "Style Examples"', () => {
  test.each([
    ['matrix', false, 'blue', ';color=blue'],
    ['matrix', false, list, ';color=blue,black,brown'],
    ['matrix', false, record, ';color=R,100,G,200,B,150'],
    ['matrix', true, '', ';color'],
    ['matrix', true, list, ';color=blue;color=black;color=brown'],
    ['matrix', true, record, ';R=100;G=200;B=150'],
  ] as const)('%s, explode %s: %j is %s', (style, explode, value, text) => {
    expect(written(value, style, explode)).toBe(text)
  })

  test.each([
    [false, 'blue', '.blue'],
    [false, list, '.blue,black,brown'],
    [false, record, '.R,100,G,200,B,150'],
    [true, list, '.blue.black.brown'],
    [true, record, '.R=100.G=200.B=150'],
  ] as const)('label, explode %s: %j is %s', (explode, value, text) => {
    expect(written(value, 'label', explode)).toBe(text)
  })

  test.each([
    [false, list, 'blue,black,brown'],
    [false, record, 'R,100,G,200,B,150'],
    [true, record, 'R=100,G=200,B=150'],
    [true, list, 'blue,black,brown'],
  ] as const)('simple, explode %s: %j is %s', (explode, value, text) => {
    expect(written(value, 'simple', explode, 'header')).toBe(text)
  })

  test.each([
    [true, '', 'color='],
    [true, 'blue', 'color=blue'],
    [true, list, 'color=blue&color=black&color=brown'],
    [true, record, 'R=100&G=200&B=150'],
    [false, list, 'color=blue,black,brown'],
    [false, record, 'color=R,100,G,200,B,150'],
  ] as const)('form, explode %s: %j is %s', (explode, value, text) => {
    expect(form('color', value, explode, encodeStrict)).toBe(text)
  })

  test('spaceDelimited, pipeDelimited and deepObject', () => {
    expect(form('color', list, false, encodeStrict, '%20')).toBe('color=blue%20black%20brown')
    expect(form('color', record, false, encodeStrict, '%7C')).toBe('color=R%7C100%7CG%7C200%7CB%7C150')
    expect(written(record, 'deepObject', true, 'query')).toBe('color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150')
    expect(written({ a: { b: [1, 2] } }, 'deepObject', true, 'query')).toBe(
      'color%5Ba%5D%5Bb%5D=1&color%5Ba%5D%5Bb%5D=2',
    )
  })
})

describe('what is nothing gives no pair', () => {
  test.each([[undefined], [null], [[]], [[null]], [{}], [{ a: undefined }]])('%j', value => {
    expect(form('color', value, true, encodeStrict)).toBe('')
  })
})

test('characters that mean something in a URL are encoded, each of them', () => {
  expect(encodeStrict("a b/c?d=e&f#g!'()*%")).toBe('a%20b%2Fc%3Fd%3De%26f%23g%21%27%28%29%2A%25')
  expect(encodeStrict('ä😀')).toBe('%C3%A4%F0%9F%98%80')
  expect(encodeStrict('\ud800')).toBe('%EF%BF%BD')
})

test('allowReserved keeps reserved characters and triplets, but nothing that ends the query', () => {
  expect(encodeReserved('a/b?c=%20d e#f[g]')).toBe('a/b?c=%20d%20e%23f%5Bg%5D')
})
