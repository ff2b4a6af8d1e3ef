import { expect, test } from 'vitest'
import { stringify } from '../../src/expression/embed.ts'

test.each([
  ['text', 'text'],
  ['', ''],
  ['{"a": 1}', '{"a": 1}'],
  [12, '12'],
  [1.5e300, '1.5e+300'],
  [-0, '0'],
  [true, 'true'],
  [null, 'null'],
  [undefined, ''],
  [{ a: [1, 'b', null] }, '{"a":[1,"b",null]}'],
  [[], '[]'],
])('%j', (value, text) => {
  expect(stringify(value)).toBe(text)
})
