import { METRICS } from '../budget/metric.ts'
import * as z from '../ground/zod.ts'
import { object, schemaOf } from '../measure/kinds.ts'
import { REPORT } from '../measure/report.ts'

/*
 * The shape of result.json. Objects are open: a later version of the package may add fields, and a reader of this one
 * passes over them.
 */

const budget = z.looseObject({
  ...{ key: z.string(), title: z.string(), bound: z.number() },
  path: z.array(z.string()).optional().describe('Keys below `budgets` that lead to it.'),
  metric: z.enum(METRICS),
  of: z.enum(['iterations', 'step', 'target', 'generator']),
  operator: z.enum(['<', '<=', '>', '>=']),
  quantile: z.number().gt(0).lt(1).optional().describe('Of a percentile: 0.99.'),
})

const result = z
  .looseObject({
    version: z.literal(1),
    name: z.string().describe('Of the load test.'),
    file: z.string().describe('The test file or document that it stands in.'),
    test: z
      .string()
      .optional()
      .describe('Which load test of its file: with the suites around it, ` > ` between. Absent: as `name`.'),
    project: z.string().optional().describe('Of Vitest; absent where it has no name.'),
    budgets: z.array(budget),
    report: schemaOf(object(REPORT)),
  })
  .describe('What a load test of vitest-arazzo measured.')

/** A value as a result, or what is wrong with it: `report.rps is missing`. */
export function readResult(value: unknown): { result: unknown } | { faults: string[] } {
  const parsed = result.safeParse(value)
  if (parsed.success) return { result: parsed.data }
  return { faults: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`) }
}

/** As JSON Schema, draft 2020-12: `schemas/result.v1.json` in the package. */
export function resultJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(result, { io: 'input' }) as Record<string, unknown>
  return { ...schema, $id: 'https://unpkg.com/vitest-arazzo/schemas/result.v1.json', title: 'LoadResult' }
}
