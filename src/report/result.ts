import { dirname, isAbsolute, relative, sep } from 'node:path'
import process from 'node:process'
import { summaryOf } from '../budget/figures.ts'
import { verdictFor } from '../budget/judge.ts'
import { unitOf } from '../budget/metrics/index.ts'
import { shortPath } from '../ground/errors.ts'
import { failure } from '../ground/fault.ts'
import { faultsOf } from '../ground/issues.ts'
import { pick } from '../ground/object.ts'
import { packageVersion } from '../ground/version.ts'
import * as z from '../ground/zod.ts'
import * as kinds from '../measure/kinds.ts'
import { DOUBTED, METRICS, OPERATORS, UNITS, VERDICTS } from '../measure/report/verdict.ts'
import { type Budget, type LoadReport, REPORT, type Verdict } from '../measure/report.ts'
import { inTime, mergeReports } from './merge.ts'
import { type Origin, repositoryOf } from './origin.ts'
import { overallOf } from './overall.ts'

const RESULT_VERSION = 1
const RESULT_SCHEMA = 'https://unpkg.com/vitest-arazzo/schemas/result.v1.json'

const TOOL = {
  /** `vitest-arazzo`. */
  name: kinds.text,
  /** Version of the package. */
  version: kinds.text,
}

const LATENCIES = {
  mean: kinds.milliseconds,
  p50: kinds.milliseconds,
  p90: kinds.milliseconds,
  p95: kinds.milliseconds,
  p99: kinds.milliseconds,
  max: kinds.milliseconds,
}

const SUMMARY = {
  startedAt: kinds.moment,
  /** Length of the measured window. */
  durationMs: kinds.milliseconds,
  /** Responses within the measured window, with any status. */
  requests: kinds.count,
  requestsPerSecond: kinds.perSecond,
  iterationsPerSecond: kinds.perSecond,
  /** Failed iterations as a share of finished ones. */
  errorRate: kinds.share,
  /** Latency of iterations as budgets see it: in open models from when they were due, else from their start. */
  latencyMs: kinds.object(LATENCIES),
  /** Latency of all requests, each by itself, as budgets of `requests` see it. */
  requestLatencyMs: kinds.object(LATENCIES),
}

const JUDGED = {
  /** `p99`, `steps.login.p99`, `generator.cpu`. */
  key: kinds.text,
  /** The figure that is judged. */
  metric: kinds.oneOf(...METRICS),
  /** Key of a step. */
  step: kinds.optional(kinds.text),
  /** Name of the target, where it has one. */
  target: kinds.optional(kinds.text),
  /** Name of the series. */
  series: kinds.optional(kinds.text),
  /** 0 to 1, for percentiles. */
  quantile: kinds.optional(kinds.quantile),
  /** How the value has to compare with the bound. */
  operator: kinds.oneOf(...OPERATORS),
  /** Bound in the unit. */
  bound: kinds.number,
  /** Measured value, in the unit; absent without data. */
  value: kinds.optional(kinds.number),
  /** Unit of the bound, the value and the ends. */
  unit: kinds.oneOf(...UNITS),
  /** `inconclusive`: what was measured does not tell. */
  verdict: kinds.oneOf(...VERDICTS),
  /** By which share of the bound the value is above it, below it where negative; absent where the bound is 0. */
  margin: kinds.optional(kinds.number),
  /** Lower end of the range in which the value would lie without the doubts; absent where it is not known. */
  lower: kinds.optional(kinds.number),
  /** Upper end of that range. */
  upper: kinds.optional(kinds.number),
  /** The doubts that touch the value, and between which values it would lie without each. */
  doubts: DOUBTED,
}

const report: kinds.Kind<LoadReport, false> = kinds.object(REPORT)

const RESULT_FILE = {
  /** Address of the schema of this file. */
  $schema: kinds.text,
  /** Version of this format. */
  version: kinds.only(RESULT_VERSION),
  /** Tool that wrote the file. */
  tool: kinds.object(TOOL),
  /** Verdict on the whole run. `none`: there are no budgets, and some of the load passed. */
  verdict: kinds.oneOf('pass', 'fail', 'inconclusive', 'none'),
  /** Name of the load test. */
  name: kinds.text,
  /**
   * Test file or document of the load test. All paths are relative to the repository, or to the root of the project if
   * there is no repository.
   */
  file: kinds.text,
  /**
   * Name of the load test in its file: with the suites around it, separated by ` > `, and a number if the name occurs
   * twice. Absent: equal to `name`.
   */
  test: kinds.optional(kinds.text),
  /** Vitest's project; absent where it has no name. */
  project: kinds.optional(kinds.text),
  /** Commit of the sources, where they are in a repository: `1a2b3c4d5`, with `-dirty` where files were changed. */
  commit: kinds.optional(kinds.text),
  /** Subject line of that commit. */
  subject: kinds.optional(kinds.text),
  /** Branch of the sources; of a pull request, the one that it wants to merge. */
  branch: kinds.optional(kinds.text),
  /** Address of the job in CI, of GitHub and GitLab. */
  ciUrl: kinds.optional(kinds.text),
  /** How many runs were merged into it; absent for one. */
  runs: kinds.optional(kinds.count),
  /** The figures that are asked for most; all of them are in the report. */
  summary: kinds.object(SUMMARY),
  /** Every budget that was judged, in numbers; the sentences are in the report. Empty of a run that did not run. */
  verdicts: kinds.list(kinds.object(JUDGED)),
  /** Report of the run. */
  report,
}

/** Content of `result.json`: the summary for programs, and all data for later merging and judging. */
export interface ResultFile extends kinds.Of<typeof RESULT_FILE> {}

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

/** Fields of a file that are not derived from others. */
const KEPT = ['name', 'file', 'test', 'project', 'commit', 'subject', 'branch', 'ciUrl', 'runs', 'report'] as const

/** A run with what it was judged by, so that results can be merged and judged later: what `result.json` is read as. */
export interface LoadResult extends Pick<ResultFile, (typeof KEPT)[number]> {}

/*
 * The shape of result.json. Objects are open: a later version of the package may add fields, and a reader of this one
 * passes over them.
 */
const shape = kinds.schemaOf(kinds.object(RESULT_FILE)).describe('What a load test of vitest-arazzo measured.')

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
