import { dirname, isAbsolute, relative, sep } from 'node:path'
import process from 'node:process'
import { summaryOf } from '../budget/figures.ts'
import { verdictFor } from '../budget/judge.ts'
import { unitOf } from '../budget/metrics/index.ts'
import { packageVersion } from '../ground/version.ts'
import {
  count,
  list,
  milliseconds,
  moment,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  perSecond,
  quantile,
  share,
  text,
} from '../measure/kinds.ts'
import { DOUBTED, METRICS, OPERATORS, UNITS, VERDICTS } from '../measure/report/verdict.ts'
import { type Budget, type LoadReport, REPORT, type Verdict } from '../measure/report.ts'
import { repositoryOf } from './origin.ts'
import { overallOf } from './overall.ts'
import type { LoadResult } from './result.ts'

export const RESULT_VERSION = 1
export const RESULT_SCHEMA = 'https://unpkg.com/vitest-arazzo/schemas/result.v1.json'

const TOOL = {
  /** `vitest-arazzo`. */
  name: text,
  /** Version of the package. */
  version: text,
}

const LATENCIES = {
  mean: milliseconds,
  p50: milliseconds,
  p90: milliseconds,
  p95: milliseconds,
  p99: milliseconds,
  max: milliseconds,
}

const SUMMARY = {
  startedAt: moment,
  /** Length of the measured window. */
  durationMs: milliseconds,
  /** Responses within the measured window, with any status. */
  requests: count,
  requestsPerSecond: perSecond,
  iterationsPerSecond: perSecond,
  /** Failed iterations as a share of finished ones. */
  errorRate: share,
  /** Latency of iterations as budgets see it: in open models from when they were due, else from their start. */
  latencyMs: object(LATENCIES),
  /** Latency of all requests, each by itself, as budgets of `requests` see it. */
  requestLatencyMs: object(LATENCIES),
}

const JUDGED = {
  /** `p99`, `steps.login.p99`, `generator.cpu`. */
  key: text,
  /** The figure that is judged. */
  metric: oneOf(...METRICS),
  /** Key of a step. */
  step: optional(text),
  /** Name of the target, where it has one. */
  target: optional(text),
  /** Name of the series. */
  series: optional(text),
  /** 0 to 1, for percentiles. */
  quantile: optional(quantile),
  /** How the value has to compare with the bound. */
  operator: oneOf(...OPERATORS),
  /** Bound in the unit. */
  bound: number,
  /** Measured value, in the unit; absent without data. */
  value: optional(number),
  /** Unit of the bound, the value and the ends. */
  unit: oneOf(...UNITS),
  /** `inconclusive`: what was measured does not tell. */
  verdict: oneOf(...VERDICTS),
  /** By which share of the bound the value is above it, below it where negative; absent where the bound is 0. */
  margin: optional(number),
  /** Lower end of the range in which the value would lie without the doubts; absent where it is not known. */
  lower: optional(number),
  /** Upper end of that range. */
  upper: optional(number),
  /** The doubts that touch the value, and between which values it would lie without each. */
  doubts: DOUBTED,
}

export const RESULT_FILE = {
  /** Address of the schema of this file. */
  $schema: text,
  /** Version of this format. */
  version: only(RESULT_VERSION),
  /** Tool that wrote the file. */
  tool: object(TOOL),
  /** Verdict on the whole run. `none`: there are no budgets, and some of the load passed. */
  verdict: oneOf('pass', 'fail', 'inconclusive', 'none'),
  /** Name of the load test. */
  name: text,
  /**
   * Test file or document of the load test. All paths are relative to the repository, or to the root of the project if
   * there is no repository.
   */
  file: text,
  /**
   * Name of the load test in its file: with the suites around it, separated by ` > `, and a number if the name occurs
   * twice. Absent: equal to `name`.
   */
  test: optional(text),
  /** Vitest's project; absent where it has no name. */
  project: optional(text),
  /** Commit of the sources, where they are in a repository: `1a2b3c4d5`, with `-dirty` where files were changed. */
  commit: optional(text),
  /** Subject line of that commit. */
  subject: optional(text),
  /** Branch of the sources; of a pull request, the one that it wants to merge. */
  branch: optional(text),
  /** Address of the job in CI, of GitHub and GitLab. */
  ciUrl: optional(text),
  /** How many runs were merged into it; absent for one. */
  runs: optional(count),
  /** The figures that are asked for most; all of them are in the report. */
  summary: object(SUMMARY),
  /** Every budget that was judged, in numbers; the sentences are in the report. Empty of a run that did not run. */
  verdicts: list(object(JUDGED)),
  /** Report of the run. */
  report: object(REPORT),
}

/** Content of `result.json`: the summary for programs, and all data for later merging and judging. */
export interface ResultFile extends Of<typeof RESULT_FILE> {}

/**
 * Text of a result file. Its paths are relative to the repository, or to `root` if there is no repository; default: the
 * working directory.
 */
export function resultText(result: LoadResult, root?: string): string {
  return `${JSON.stringify(fileOf(result, root), null, 1)}\n`
}

function fileOf({ name, file, report, ...origin }: LoadResult, root = process.cwd()): ResultFile {
  const { test, project, commit, subject, branch, ciUrl, runs } = origin
  const top = (isAbsolute(file) ? repositoryOf(dirname(file)) : undefined) ?? root
  const from = (path: string) => fromTop(path, top)
  return {
    $schema: RESULT_SCHEMA,
    version: RESULT_VERSION,
    tool: { name: 'vitest-arazzo', version: packageVersion() },
    verdict: overallOf(report),
    name,
    file: from(file),
    ...{ test, project, commit, subject, branch, ciUrl, runs },
    summary: summarized(report),
    verdicts: report.budgets.flatMap(budget => judgedOf(budget, report.verdicts)),
    report: withPaths(report, from),
  }
}

function summarized(report: LoadReport): ResultFile['summary'] {
  const { startedAt, measured: durationMs, requests, rps, iterationRate, errorRate } = report
  const latencies = (of: 'iterations' | 'requests') => {
    const { mean, p50, p90, p95, p99, max } = summaryOf(report, { of })!
    return { mean, p50, p90, p95, p99, max }
  }
  return {
    ...{ startedAt, durationMs, requests, requestsPerSecond: rps, iterationsPerSecond: iterationRate, errorRate },
    latencyMs: latencies('iterations'),
    requestLatencyMs: latencies('requests'),
  }
}

function judgedOf(budget: Budget, verdicts: readonly Verdict[]): ResultFile['verdicts'] {
  const found = verdictFor(budget, verdicts)
  if (found === undefined) return []
  const { key, metric, step, target, series, quantile, operator, bound, unit = unitOf(budget).name } = budget
  const { value, margin, lower, upper, doubts = [] } = found.judged ?? {}
  return [
    {
      ...{ key, metric, step, target, series, quantile, operator, bound, value, unit },
      ...{ verdict: found.verdict, margin, lower, upper, doubts },
    },
  ]
}

/** A report without the folders of the machine that it was made on. */
function withPaths(report: LoadReport, from: (path: string) => string): LoadReport {
  const { workflow, errors } = report
  return {
    ...report,
    workflow: { ...workflow, file: from(workflow.file) },
    errors: errors.map(({ at, ...group }) => (at ? { ...group, at: { ...at, file: from(at.file) } } : group)),
  }
}

/** Relative paths were relative to it before. */
function fromTop(path: string, top: string): string {
  return isAbsolute(path) ? relative(top, path).replaceAll(sep, '/') : path
}
