import { faultsOf } from '../ground/issues.ts'
import * as z from '../ground/zod.ts'
import { object, schemaOf } from '../measure/kinds.ts'
import type { LoadResult } from './result.ts'
import { RESULT_FILE, RESULT_SCHEMA, type ResultFile } from './result-file.ts'

/*
 * The shape of result.json. Objects are open: a later version of the package may add fields, and a reader of this one
 * passes over them.
 */

const shape = schemaOf(object(RESULT_FILE)).describe('What a load test of vitest-arazzo measured.')

/** A value as a result, or its faults: `report.rps is missing`. */
export function readResult(value: unknown): { result: LoadResult } | { faults: string[] } {
  const parsed = shape.safeParse(value)
  return parsed.success
    ? { result: resultOfFile(parsed.data as ResultFile) }
    : { faults: faultsOf(parsed.error.issues) }
}

/** Fields of a file that are not derived from others. */
function resultOfFile({
  name,
  file,
  test,
  project,
  commit,
  subject,
  branch,
  ciUrl,
  runs,
  report,
}: ResultFile): LoadResult {
  return { name, file, test, project, commit, subject, branch, ciUrl, runs, report }
}

/** Schema of results as JSON Schema, draft 2020-12: `schemas/result.v1.json` in the package. */
export function resultJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(shape, { io: 'input' }) as Record<string, unknown>
  return { ...schema, $id: RESULT_SCHEMA, title: 'ResultFile' }
}
