import fc from 'fast-check'
import { Counter, Gauge, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { checkedName, type Metric, textOf } from '../../../src/load/metrics/registry.ts'

const label = fc.constantFrom('step', 'status', 'kind')
const value = fc.record({
  labels: fc.dictionary(label, fc.string({ unit: fc.constantFrom('"', '\\', '\n', 'é', '{', ',', 'a', ' ') })),
  value: fc.oneof(fc.double({ noNaN: true, min: 0 }), fc.nat(), fc.constant(Number.POSITIVE_INFINITY)),
})
const metric = fc.record({
  help: fc.string({ unit: fc.constantFrom('"', '\\', '\n', 'a', ' '), minLength: 1 }),
  type: fc.constantFrom('counter' as const, 'gauge' as const),
  values: fc.uniqueArray(value, {
    minLength: 1,
    maxLength: 4,
    selector: ({ labels }) => JSON.stringify(Object.entries(labels).sort()),
  }),
})

/** What prom-client writes for the same. */
async function byPromClient(metrics: readonly Metric[]): Promise<string> {
  const registry = new Registry()
  for (const { name, help, type, values } of metrics) {
    const options = { name, help, labelNames: ['step', 'status', 'kind'], registers: [registry] }
    if (type === 'counter') {
      const counter = new Counter(options)
      for (const { labels, value } of values) counter.inc(labels, value)
    } else {
      const gauge = new Gauge(options)
      for (const { labels, value } of values) gauge.set(labels, value)
    }
  }
  return registry.metrics()
}

test('writes what prom-client writes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(metric, { minLength: 1, maxLength: 3 }), async drawn => {
      const finite = (one: (typeof drawn)[number]) =>
        one.type === 'gauge' ? one.values : one.values.filter(({ value }) => Number.isFinite(value))
      const metrics = drawn.map((one, i) => ({ ...one, values: finite(one), name: `metric_${i}` }))
      expect(textOf(metrics)).toBe(await byPromClient(metrics))
    }),
  )
})

test('a name that Prometheus cannot have is refused', () => {
  expect(checkedName('load_vus')).toBe('load_vus')
  expect(() => checkedName('9vus')).toThrow('Failed to expose the metric "9vus": Prometheus has no such names.')
})
