import { expect, test } from 'vitest'
import { Secrets } from '../../src/workflow/secrets.ts'
import { SecretInputs } from '../../src/workflow/user.ts'

const plan = { secrets: ['secret-of-the-plan'], secretInputs: new Set(['password']) }

test('tokens that change for as long as a load lasts are not remembered for ever', () => {
  const secrets = new Secrets()
  const inputs = new SecretInputs(secrets, plan)
  const given = { password: 'secret-of-the-inputs' }
  const tokenOf = (run: number) => `token-${run}-of-a-run`
  for (let run = 0; run < 10_000; run++) {
    inputs.note(given)
    secrets.add(tokenOf(run))
    expect(secrets.size).toBeLessThan(100)
  }
  const shown = secrets.mask(`secret-of-the-plan secret-of-the-inputs ${tokenOf(9_999)}`)
  expect(shown).toBe('*** *** ***')
})

test('of inputs that change with every run those of the run in hand are secrets', () => {
  const secrets = new Secrets()
  const inputs = new SecretInputs(secrets, plan)
  inputs.note({ password: 'first-password' })
  inputs.note({ password: 'other-password' })
  expect(secrets.mask('secret-of-the-plan other-password')).toBe('*** ***')
  expect(secrets.mask('first-pass')).toBe('first-pass')
})
