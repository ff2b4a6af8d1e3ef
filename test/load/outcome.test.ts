import { expect, test } from 'vitest'
import { readShape } from '../../src/load/plan/shape.ts'
import { firstEnd, settledEnd } from '../../src/load/run/report-of.ts'
import { Ledger, Ledgers } from '../../src/load/thread/ledger.ts'

test('the first reason counts, and one that was found later where the first had none', () => {
  const first = firstEnd({ state: 'completed' }, ['not run'])
  const caused = firstEnd(first, ['cut short', 'load thread 1 of 1 was ended'])
  expect(firstEnd(caused, ['cut short', 'it was cancelled'])).toEqual({
    state: 'not run',
    cause: 'load thread 1 of 1 was ended',
  })
})

/** How a run ends whose only iteration did so after an attempt that got a response, or none. */
function settled(responded: boolean, state: 'passed' | 'failed') {
  const ledgers = new Ledgers()
  const ledger = new Ledger(ledgers.open())
  ledger.count('due', true)
  ledger.count('started', true)
  ledger.attempt(responded, true)
  ledger.count(state, true)
  const prepared = { plan: { origins: ['http://127.0.0.1:9'] }, inputs: { kind: 'fixed' } } as never
  const { plan } = readShape({ vus: 1, duration: '2s' })
  return settledEnd({ state: 'completed' }, prepared, plan!, ledgers, [], { started: 1, dropped: 0 })
}

test('a run in which no request got a response did not run, and one with a response is completed', () => {
  const cause = expect.stringContaining('no request to http://127.0.0.1:9 got a response')
  expect(settled(false, 'failed')).toMatchObject({ state: 'not run', cause })
  expect(settled(true, 'failed')).toEqual({ state: 'completed' })
  expect(settled(true, 'passed')).toEqual({ state: 'completed' })
})
