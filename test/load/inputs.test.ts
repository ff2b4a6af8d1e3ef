import { expect, test } from 'vitest'
import { resolveInputs } from '../../src/load/plan/inputs.ts'

test('inputs come as given, or from the environment and then as secrets', () => {
  const source = { user: 'demo', password: { env: 'DEMO_PASSWORD' }, options: { env: 'x', more: 1 }, n: { env: 7 } }
  expect(resolveInputs(source, { DEMO_PASSWORD: '' })).toEqual({
    inputs: { user: 'demo', password: '', options: { env: 'x', more: 1 }, n: { env: 7 } },
    secretInputs: ['password'],
  })
  expect(resolveInputs(undefined)).toEqual({ inputs: {}, secretInputs: [] })
})

test('a variable that is not set is an error', () => {
  expect(() => resolveInputs({ password: { env: 'DEMO_PASSWORD' } }, {})).toThrowErrorMatchingInlineSnapshot(
    `[Error: Failed to read input "password": the environment has no DEMO_PASSWORD. Set it before the run.]`,
  )
  // All of them at once, and not one a run.
  expect(() => resolveInputs({ user: { env: 'A' }, n: 1, password: { env: 'B' } }, {})).toThrow(
    'Failed to read inputs "user" and "password": the environment has no A and no B. Set them before the run.',
  )
})
