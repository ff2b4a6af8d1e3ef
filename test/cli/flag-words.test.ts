import { expect, test } from 'vitest'
import { parseBudgets } from '../../src/cli/budgets.ts'
import { faultInFlags } from '../../src/cli/flag-words.ts'
import { parseRate, type UnitError } from '../../src/ground/units.ts'

test('the examples of a rate stay as they can be written', () => {
  let advice = ''
  try {
    parseRate('ten')
  } catch (error) {
    advice = (error as UnitError).advice
  }
  expect(advice).toContain("'1000 rps'")
  const fault = faultInFlags({
    verb: 'read',
    path: '/load/rps',
    thing: 'load.rps',
    found: '"ten" is not a rate',
    advice,
  })
  expect(fault).toMatchObject({ thing: '--rps', advice })
})

test.each([
  ['get p95<50ms', 'steps.get.p95<50ms'],
  ['requests p99 <= 1s', 'requests.p99<=1s'],
  ['generator cpu<70%', 'generator.cpu<70%'],
])('a key as reports write it (%s) is answered with the key for a flag', (written, meant) => {
  expect(() => parseBudgets([written])).toThrow(`has a space. Write a key with dots: --budget '${meant}'.`)
})
