import { given } from '../ground/given.ts'
import { faultsOf } from '../ground/issues.ts'
import * as z from '../ground/zod.ts'
import { count, list, object, only, optional, schemaOf, text } from '../measure/kinds.ts'
import { budget } from '../measure/report/budget.ts'
import { REPORT } from '../measure/report.ts'
import type { LoadResult } from './result.ts'
import { RESULT_FILE, RESULT_SCHEMA, type ResultFile } from './result-file.ts'

/*
 * The shapes of result.json. Objects are open: a later version of the package may add fields, and a reader of this one
 * passes over them.
 */

const current = schemaOf(object(RESULT_FILE)).describe('What a load test of vitest-arazzo measured.')

/** Version 1, as earlier releases wrote it: paths are absolute, and verdicts stand in the report alone. */
const first = schemaOf(
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
)

/** A value of any version as a result, or what is wrong with it: `report.rps is missing`. */
export function readResult(value: unknown): { result: LoadResult } | { faults: string[] } {
  const isFirst = (value as { version?: unknown } | null)?.version === 1
  const parsed = (isFirst ? first : current).safeParse(value)
  if (!parsed.success) return { faults: faultsOf(parsed.error.issues) }
  if (isFirst) {
    const { version: _, ...result } = parsed.data as LoadResult & { version: 1 }
    return { result }
  }
  return { result: resultOfFile(parsed.data as ResultFile) }
}

/** What a file says beside what follows from it. */
function resultOfFile({ name, file, test, project, commit, branch, ciUrl, runs, report }: ResultFile): LoadResult {
  const { budgets = [] } = report
  return given({ name, file, test, project, commit, branch, ciUrl, runs, budgets, report })
}

/** Schema of results as JSON Schema, draft 2020-12: `schemas/result.v2.json` in the package. */
export function resultJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(current, { io: 'input' }) as Record<string, unknown>
  return { ...schema, $id: RESULT_SCHEMA, title: 'ResultFile' }
}
