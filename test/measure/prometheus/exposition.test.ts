import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { readExposition } from '../../../src/measure/prometheus/query.ts'

test('reads what prom-client writes', async () => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Counter({ name: 'hits_total', help: 'Hits.', labelNames: ['path'], registers: [registry] }).inc(
    { path: 'a"b\\c\nd' },
    7,
  )
  new Gauge({ name: 'queue', help: 'Queue.', registers: [registry] }).set(-1.5e-7)
  new Histogram({ name: 'seconds', help: 'Seconds.', buckets: [0.1, 1], registers: [registry] }).observe(0.5)
  const exposition = readExposition(await registry.metrics())
  expect(exposition.get('hits_total')).toEqual([{ labels: { path: 'a"b\\c\nd' }, value: 7 }])
  expect(exposition.get('queue')).toEqual([{ labels: {}, value: -1.5e-7 }])
  expect(exposition.get('seconds_bucket')).toEqual([
    { labels: { le: '0.1' }, value: 0 },
    { labels: { le: '1' }, value: 1 },
    { labels: { le: '+Inf' }, value: 1 },
  ])
  expect(exposition.get('process_cpu_seconds_total')![0]!.value).toBeGreaterThan(0)
  expect(exposition.get('process_resident_memory_bytes')![0]!.value).toBeGreaterThan(1e6)
})

test('reads timestamps, exemplars, odd spaces and special numbers', () => {
  const text = '# HELP a A.\na 1 1700000000000\nb{ x = "1" , y="2", } +Inf\nc -Inf # {trace="x"} 1\nd NaN\r\n\n'
  const exposition = readExposition(text)
  expect(exposition.get('a')).toEqual([{ labels: {}, value: 1 }])
  expect(exposition.get('b')).toEqual([{ labels: { x: '1', y: '2' }, value: Number.POSITIVE_INFINITY }])
  expect(exposition.get('c')).toEqual([{ labels: {}, value: Number.NEGATIVE_INFINITY }])
  expect(exposition.get('d')).toEqual([{ labels: {}, value: Number.NaN }])
})

test.each(['<html>', 'a', 'a{x="1} 2', 'a{x=1} 2', 'a x'])('%s is no sample', row => {
  expect(() => readExposition(`b 1\n${row}`)).toThrow(`line 2 is not a sample (${JSON.stringify(row)})`)
})
