import { expect, test } from 'vitest'
import { Outcome } from '../../src/load/run/outcome.ts'

test('the first reason counts, and one that was found later where the first had none', () => {
  const outcome = new Outcome()
  outcome.end('not run')
  outcome.end('cut short', 'load thread 1 of 1 was ended')
  outcome.end('cut short', 'it was called off')
  expect(outcome.ended).toEqual({ state: 'not run', cause: 'load thread 1 of 1 was ended' })
})
