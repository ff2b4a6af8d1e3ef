import { expect, test } from 'vitest'
import { addSecretsOf } from '../../../plugin/server/secrets.ts'
import { Secrets } from '../../../src/workflow/secrets.ts'

test('what a base is started with is as secret as what the application is', () => {
  const secrets = new Secrets()
  const env = { API_TOKEN: 'correct-horse-battery', MODE: 'quick-and-plain' }
  addSecretsOf({ compare: { command: 'node a --db postgres://me:staple-of-paper@db', env } }, secrets)
  addSecretsOf({ compare: { url: 'http://me:rather-be-hidden@127.0.0.1:1' } }, secrets)
  const hidden = ['correct-horse-battery', 'staple-of-paper', 'rather-be-hidden', 'quick-and-plain']
  expect(hidden.map(text => secrets.isIn(text))).toEqual([true, true, true, false])
})
