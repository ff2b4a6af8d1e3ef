import { expect, test } from 'vitest'
import { addSecretsOf } from '../../../plugin/server/secrets.ts'
import { portInUse, ServerStartError } from '../../../plugin/server/start.ts'
import { Secrets } from '../../../src/workflow/secrets.ts'

test('what a base is started with is as secret as what the application is', () => {
  const secrets = new Secrets()
  const env = { API_TOKEN: 'correct-horse-battery', MODE: 'quick-and-plain' }
  addSecretsOf({ compare: { command: 'node a --db postgres://me:staple-of-paper@db', env } }, secrets)
  addSecretsOf({ compare: { url: 'http://me:rather-be-hidden@127.0.0.1:1' } }, secrets)
  const hidden = ['correct-horse-battery', 'staple-of-paper', 'rather-be-hidden', 'quick-and-plain']
  expect(hidden.map(text => secrets.isIn(text))).toEqual([true, true, true, false])
})

test('the command of who has the port is masked before it is cut', () => {
  const secrets = new Secrets()
  secrets.add('correct-horse-battery')
  const command = `node ${'x'.repeat(55)} --token correct-horse-battery`
  expect(command.slice(0, 79)).toMatch(/correct-ho$/)
  const fault = portInUse(
    { command: 'node app.js', url: 'http://127.0.0.1:3000/' },
    3000,
    { pid: 7, command },
    { kind: 'status', status: 200 },
  )
  const error = new ServerStartError(fault, 'the token is correct-horse-battery\n').masked(text => secrets.mask(text))
  expect(error.headline).toContain(`process 7 (node ${'x'.repeat(55)} --token ***)`)
  expect(error.message).not.toContain('corr')
  expect(error.log).toEqual(['Last output of the application:', '  | the token is ***'])
})
