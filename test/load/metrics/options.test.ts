import { expect, test } from 'vitest'
import { sentenceOf } from '../../../src/ground/fault.ts'
import { Fields } from '../../../src/ground/fields.ts'
import { readMetrics } from '../../../src/load/metrics/options.ts'

function read(metrics: unknown) {
  const fields = new Fields({ metrics }, '')
  const plan = readMetrics(fields)
  return { plan, faults: fields.faults.map(fault => `${fault.path}: ${sentenceOf(fault)}`) }
}

test('metrics are read whole', () => {
  expect(read(undefined)).toEqual({ plan: undefined, faults: [] })
  expect(read(0)).toEqual({ plan: { port: 0 }, faults: [] })
})

test.each([
  [70_000, '70000'],
  [-1, '-1'],
  ['9464', '"9464"'],
  [{ prot: 1 }, 'an object'],
])('%j is no port', (metrics, shown) => {
  expect(read(metrics)).toEqual({
    plan: undefined,
    faults: [`/metrics: Failed to read metrics: it is ${shown}. Write a port from 0 to 65535: 9464.`],
  })
})
