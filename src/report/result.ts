import { verdictFor } from '../budget/judge.ts'
import { shortPath } from '../ground/errors.ts'
import { failure } from '../ground/fault.ts'
import { faultsOf } from '../ground/issues.ts'
import { pick } from '../ground/object.ts'
import * as z from '../ground/zod.ts'
import { object, schemaOf } from '../measure/kinds.ts'
import { inTime, mergeReports } from './merge.ts'
import type { Origin } from './origin.ts'
import { RESULT_FILE, RESULT_SCHEMA, RESULT_VERSION, type ResultFile } from './result-file.ts'

/** Fields of a file that are not derived from others. */
const KEPT = ['name', 'file', 'test', 'project', 'commit', 'subject', 'branch', 'ciUrl', 'runs', 'report'] as const

/** A run with what it was judged by, so that results can be merged and judged later: what `result.json` is read as. */
export interface LoadResult extends Pick<ResultFile, (typeof KEPT)[number]> {}

/*
 * The shape of result.json. Objects are open: a later version of the package may add fields, and a reader of this one
 * passes over them.
 */
const shape = schemaOf(object(RESULT_FILE)).describe('What a load test of vitest-arazzo measured.')

/** Reads a result's text. Throws for what is not a result, with everything that is wrong with it. */
export function parseResult(text: string, file: string): LoadResult {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw failure('read', file, `it is not JSON (${(cause as Error).message})`, advice, { cause })
  }
  const version = (value as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > RESULT_VERSION) {
    const found = `it is of version ${version}, and this package knows versions up to ${RESULT_VERSION}`
    throw failure('read', file, found, 'Use a newer vitest-arazzo.')
  }
  const parsed = shape.safeParse(value)
  if (parsed.success) return pick(parsed.data as ResultFile, KEPT)
  throw failure('read', file, `it is not a result: ${faultsOf(parsed.error.issues).join('; ')}`, advice)
}

const advice = 'Give a result.json, as a load test or `vitest-arazzo load --output` writes it.'

/** Equal for results of the same load test. */
export function testOf({ file, name, test = name, project = '' }: LoadResult): string {
  return JSON.stringify([shortPath(file), test, project])
}

/** A result with a verdict on each of its budgets: judged where its file lacks one, and as it stands elsewhere. */
export function judgedResult(result: LoadResult): LoadResult {
  const { report } = result
  const { budgets, verdicts } = report
  const isJudged = budgets.length <= verdicts.length && budgets.every(budget => verdictFor(budget, verdicts))
  return isJudged || report.state === 'not run' ? result : mergeResults([result])
}

/**
 * Results of the same load test as one, judged anew by the budgets of all. The order in which they are given changes
 * nothing.
 */
export function mergeResults(results: readonly LoadResult[]): LoadResult {
  const [first] = [...results].sort((a, b) => inTime(a.report, b.report))
  const runs = results.reduce((sum, result) => sum + (result.runs ?? 1), 0)
  const shared = ORIGIN.filter(key => results.every(result => result[key] === first![key]))
  return {
    ...pick(first!, ['name', 'file', 'test', 'project', ...shared]),
    runs: runs > 1 ? runs : undefined,
    report: mergeReports(results.map(({ report }) => report)),
  }
}

const ORIGIN = ['commit', 'subject', 'branch', 'ciUrl'] as const satisfies readonly (keyof Origin)[]

/** Schema of results as JSON Schema, draft 2020-12: `schemas/result.v1.json` in the package. */
export function resultJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(shape, { io: 'input' }) as Record<string, unknown>
  return { ...schema, $id: RESULT_SCHEMA, title: 'ResultFile' }
}
