import { expect, test } from 'vitest'
import { checkOptions } from '../../plugin/options.ts'

test.each([
  'auto',
  true,
  false,
  { command: 'py-spy record -d {seconds} -f raw -p {pid} -o {file}' },
  { url: 'http://127.0.0.1:{port}/debug/pprof/profile?seconds={seconds}' },
])('cause: %j', cause => {
  expect(() => checkOptions({ cause } as never)).not.toThrow()
})

test.each([
  'always',
  {},
  { command: 'py-spy record' },
  { url: '/debug/pprof' },
  { command: 'profile {file}', url: 'http://127.0.0.1/' },
  { comand: 'profile {file}' },
])('cause: %j is refused', cause => {
  expect(() => checkOptions({ cause } as never)).toThrow(/cause/)
})
