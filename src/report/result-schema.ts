import * as z from '../ground/zod.ts'
import { count, list, object, only, optional, schemaOf, text } from '../measure/kinds.ts'
import { budget } from '../measure/report/budget.ts'
import { REPORT } from '../measure/report.ts'

/*
 * The shape of result.json. Objects are open: a later version of the package may add fields, and a reader of this one
 * passes over them.
 */

const result = schemaOf(
  object({
    version: only(1),
    name: text,
    file: text,
    test: optional(text),
    project: optional(text),
    commit: optional(text),
    runs: optional(count),
    budgets: list(budget),
    report: object(REPORT),
  }),
).describe('What a load test of vitest-arazzo measured.')

/** A value as a result, or what is wrong with it: `report.rps is missing`. */
export function readResult(value: unknown): { result: unknown } | { faults: string[] } {
  const parsed = result.safeParse(value)
  if (parsed.success) return { result: parsed.data }
  return { faults: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`) }
}

/** Schema of results as JSON Schema, draft 2020-12: `schemas/result.v1.json` in the package. */
export function resultJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(result, { io: 'input' }) as Record<string, unknown>
  return { ...schema, $id: 'https://unpkg.com/vitest-arazzo/schemas/result.v1.json', title: 'LoadResult' }
}
