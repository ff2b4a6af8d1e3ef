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
  expect(read({})).toEqual({ plan: undefined, faults: [] })
  expect(read({ port: 0 })).toEqual({ plan: { port: 0 }, faults: [] })
})

test('all that is wrong is said at once, with what was probably meant', () => {
  expect(read({ prot: 1, port: 70_000 }).faults.join('\n')).toMatchInlineSnapshot(`
    "/metrics/prot: Failed to read metrics.prot: there is no such key. Did you mean "port"?
    /metrics/port: Failed to read metrics.port: 70000 is not a valid port. Use 0 to 65535."
  `)
  expect(read(9464).faults).toEqual(['/metrics: Failed to read metrics: 9464 is not an object. Write { port: 9464 }.'])
})
