import fc from 'fast-check'
import { readBudgets } from '../../src/budget/read.ts'
import { toJSONSchema } from '../../src/ground/zod.ts'
import { object, schemaOf } from '../../src/measure/kinds.ts'
import { type LoadReport, REPORT } from '../../src/measure/report.ts'
import { latencies } from './report.ts'

interface Schema {
  type?: string
  format?: string
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  minimum?: number
  exclusiveMinimum?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema
}

const START = Date.parse('2026-03-01T12:00:00.000Z')
/** Read once: a histogram takes a millisecond. */
const SUMMARIES = [[], [], [], [1, 2, 3], [0.5, 80], [40, 41, 42, 900], [7]].map(latencies)

const { budgets } = readBudgets(
  { p99: { bound: '50ms', everyWindow: '10s' }, rps: { bound: 400, everyWindow: '10s' } },
  { steps: [], target: false },
)

/** What runs of one plan have in common, and what a schema does not say. */
const fixed: Record<string, fc.Arbitrary<unknown>> = {
  model: fc.constant('open'),
  workflow: fc.record({ file: fc.constantFrom('a.yaml', 'b.yaml'), workflowId: fc.constant('checkout') }),
  shape: fc.constantFrom({ rps: 100, duration: '30s' }, { rps: 50, duration: '30s' }),
  state: fc.constantFrom('completed', 'cut short'),
  // Side by side: most of the shorter one takes place during the other.
  startedAt: fc.nat(50).map(ms => new Date(START + ms).toISOString()),
  warmUp: fc.nat(20),
  measured: fc.integer({ min: 1_000, max: 30_000 }),
  budgets: fc.subarray(budgets, { minLength: 1 }),
  // Another one than those which ended other runs beside it.
  endedBy: fc.record({ budget: fc.constantFrom('p99', 'rps'), at: fc.nat(30_000), value: fc.nat(900) }),
}

/** Names that mean something where they stand. */
const names: Record<string, string[]> = { windows: ['p99', 'rps'], missing: ['cpu', 'memory'] }

/**
 * Reports of runs side by side with whatever the table of fields has, so that a new field is among them from its first
 * day. Two that both searched for the capacity do not merge: such a search is there where it is asked for.
 *
 * @param isWhole every field that may be absent is there.
 */
export function randomReport({ isWhole = false, hasCapacity = false } = {}): fc.Arbitrary<LoadReport> {
  const { properties, required } = toJSONSchema(schemaOf(object(REPORT)), { io: 'input' }) as Required<Schema>
  if (!hasCapacity) delete properties.capacity
  const values = Object.entries(properties).map(([name, schema]) => [name, fixed[name] ?? anyOf(schema, name)])
  return recordOf(Object.fromEntries(values), required).map(report => {
    if (report.endedBy === undefined) delete report.alsoEndedBy
    // Whose windows there are, that budget was given.
    const { windows = {}, budgets: given = [] } = report as Partial<LoadReport>
    const all = budgets.filter(budget => Object.hasOwn(windows, budget.key) || given.includes(budget))
    if (all.length > 0) report.budgets = all
    return report as unknown as LoadReport
  })

  function anyOf(schema: Schema, name: string): fc.Arbitrary<unknown> {
    const { type, properties, items, additionalProperties } = schema
    if (schema.const !== undefined) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map(one => anyOf(one, name)))
    if (type === 'string') return fc.constantFrom('a', 'b', 'c', 'b; a')
    if (type === 'boolean') return fc.boolean()
    if (type === 'integer') return fc.nat(1_000)
    if (type === 'number') return fc.integer({ min: schema.minimum ?? -800, max: 8_000 }).map(eighths => eighths / 8)
    if (items) return fc.array(anyOf(items, name), { minLength: isWhole ? 1 : 0, maxLength: 3 })
    if (properties?.histogram) return fc.constantFrom(...SUMMARIES)
    if (properties) {
      const fields = Object.entries(properties).map(([name, schema]) => [name, anyOf(schema, name)])
      return recordOf(Object.fromEntries(fields), schema.required ?? [])
    }
    if (additionalProperties?.type === undefined) throw new Error(`There is no random value of ${name}.`)
    const key = fc.constantFrom(...(names[name] ?? ['a', 'b']))
    return fc.dictionary(key, anyOf(additionalProperties, name), { minKeys: isWhole ? 1 : 0, maxKeys: 2 })
  }

  function recordOf(fields: Record<string, fc.Arbitrary<unknown>>, required: string[]) {
    return fc.record<Record<string, unknown>>(fields, { requiredKeys: isWhole ? Object.keys(fields) : required })
  }
}
