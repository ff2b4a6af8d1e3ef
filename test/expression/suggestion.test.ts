import { expect, test } from 'vitest'
import { suggest } from '../../src/expression/expression-error.ts'

test('names what was probably meant, else all there is', () => {
  const words = ['login', 'logout', 'createOrder']
  expect(suggest('createOrdr', words)).toBe('Did you mean "createOrder"?')
  expect(suggest('search', words)).toBe('Use one of login, logout or createOrder.')
})
