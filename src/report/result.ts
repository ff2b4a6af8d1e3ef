import { verdictFor } from '../budget/judge.ts'
import { shortPath } from '../ground/errors.ts'
import { failure } from '../ground/fault.ts'
import type { LoadReport } from '../measure/report.ts'
import { inTime, mergeReports } from './merge.ts'
import type { Origin } from './origin.ts'
import { RESULT_VERSION } from './result-file.ts'
import { readResult } from './result-schema.ts'

/** A run with what it was judged by, so that results can be merged and judged later: what `result.json` is read as. */
export interface LoadResult extends Origin {
  /** Name of the load test. */
  name: string
  /** The test file or document that the load test stands in. */
  file: string
  /**
   * Name of the load test in its file: with the suites around it, separated by ` > `, and a number if the name occurs
   * twice. Absent: equal to `name`.
   */
  test?: string
  /** Vitest's project; absent where it has no name. */
  project?: string
  /** How many runs were merged into it; absent for one. */
  runs?: number
  /** Report of the run. */
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
    const found = `it is of version ${version}, and this package knows versions up to ${RESULT_VERSION}`
    throw failure('read', file, found, 'Use a newer vitest-arazzo.')
  }
  const read = readResult(value)
  if ('result' in read) return read.result
  throw failure('read', file, `it is not a result: ${read.faults.join('; ')}`, advice)
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
  const { name, file, test, project, commit, subject, branch, ciUrl } = first!
  const runs = results.reduce((sum, result) => sum + (result.runs ?? 1), 0)
  const shared = <K extends keyof Origin>(key: K, value: LoadResult[K]) =>
    results.every(result => result[key] === value) ? value : undefined
  return {
    ...{ name, file, test, project, runs: runs > 1 ? runs : undefined },
    ...{ commit: shared('commit', commit), subject: shared('subject', subject) },
    ...{ branch: shared('branch', branch), ciUrl: shared('ciUrl', ciUrl) },
    report: mergeReports(results.map(({ report }) => report)),
  }
}
