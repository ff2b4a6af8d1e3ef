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
  for (const plan of [
    { port: 0 },
    { otlp: 'https://otel.example.com/x', headers: { authorization: { env: 'TOKEN' } } },
  ])
    expect(read(plan)).toEqual({ plan, faults: [] })
})

test('all that is wrong is said at once, with what was probably meant', () => {
  expect(read({ prot: 1, port: 70_000, otlp: 5, headers: { a: 1 } }).faults.join('\n')).toMatchInlineSnapshot(`
    "/metrics/prot: Failed to read metrics.prot: there is no such key. Did you mean "port"?
    /metrics/port: Failed to read metrics.port: 70000 is not a valid port. Use 0 to 65535.
    /metrics/otlp: Failed to read metrics.otlp: 5 is not a URL. Write 'http://127.0.0.1:4318'.
    /metrics/headers: Failed to read metrics.headers: one of them is not text. Write an object of names and values: { authorization: { env: 'OTLP_TOKEN' } }."
  `)
  expect(read(9464).faults).toEqual(['/metrics: Failed to read metrics: 9464 is not an object. Write { port: 9464 }.'])
  expect(read({ otlp: 'tcp://user:secret@host' }).faults).toEqual([
    "/metrics/otlp: Failed to read metrics.otlp: it is not an http or https URL. Write 'http://127.0.0.1:4318'.",
  ])
  expect(read({ headers: { a: 'b' } }).faults[0]).toContain('there is no otlp')
})
