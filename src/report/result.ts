import type { Budget } from '../budget/budget.ts'
import { failure } from '../ground/fault.ts'
import type { LoadReport } from '../measure/report.ts'
import { inTime, mergeReports } from './merge.ts'
import { readResult } from './result-schema.ts'

const RESULT_VERSION = 1

/** What `result.json` holds: a run with what it was judged by, so that results can be merged and judged later. */
export interface LoadResult {
  /** Version of this format. */
  version: typeof RESULT_VERSION
  /** Name of the load test. */
  name: string
  /** The test file or document that the load test stands in. */
  file: string
  /**
   * Which load test of its file: with the suites around it, ` > ` between, and a number where it stands there twice.
   * Absent: as `name`.
   */
  test?: string
  /** Vitest's project; absent where it has no name. */
  project?: string
  /** Commit of the sources, where they are in a repository: `1a2b3c4d5`, with `-dirty` where files were changed. */
  commit?: string
  /** How many runs were merged into it; absent for one. */
  runs?: number
  /** What it was judged by: those of the report, for readers of earlier versions. */
  budgets: Budget[]
  /** What was measured. */
  report: LoadReport
}

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
    const found = `it is of version ${version}, and this package knows version ${RESULT_VERSION}`
    throw failure('read', file, found, 'Use a newer vitest-arazzo.')
  }
  const read = readResult(value)
  if ('result' in read) return read.result as LoadResult
  throw failure('read', file, `it is not a result: ${read.faults.join('; ')}`, advice)
}

const advice = 'Give a result.json, as a load test or `vitest-arazzo load --output` writes it.'

/** Equal for results of the same load test. */
export function testOf({ file, name, test = name, project = '' }: LoadResult): string {
  return JSON.stringify([file, test, project])
}

/** A run as the result that it is written as. */
export function resultOf(report: LoadReport, whose: Omit<LoadResult, 'version' | 'budgets' | 'report'>): LoadResult {
  return { version: RESULT_VERSION, ...whose, budgets: report.budgets ?? [], report }
}

/**
 * Results of the same load test as one, judged anew by the budgets of all. The order in which they are given changes
 * nothing.
 */
export function mergeResults(results: readonly LoadResult[]): LoadResult {
  const [first] = [...results].sort((a, b) => inTime(a.report, b.report))
  const { version: _, budgets: __, report: ___, commit, runs: ____, ...whose } = first!
  const runs = results.reduce((sum, result) => sum + (result.runs ?? 1), 0)
  const isOfOne = results.every(result => result.commit === commit)
  // Reports of versions before have none of their own.
  return resultOf(
    mergeReports(results.map(({ report, budgets }) => ({ ...report, budgets: report.budgets ?? budgets }))),
    { ...whose, ...(commit !== undefined && isOfOne && { commit }), ...(runs > 1 && { runs }) },
  )
}
