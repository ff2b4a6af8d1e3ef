import { expect } from 'vitest'
import { type Measurand, readBudget } from '../../src/budget/bound.ts'
import type { Bound } from '../../src/budget/budget.ts'
import { reasonsOf, textOf } from '../../src/budget/cause.ts'
import { findingOfProcesses, findingOfRun, findingOfStep } from '../../src/budget/judge.ts'
import { quantileOf } from '../../src/budget/keys.ts'
import { whyNothingPassed } from '../../src/budget/nothing.ts'
import { ended } from '../../src/ground/fault.ts'
import { describeFaults, fieldsOf, type OptionFault } from '../../src/ground/fields.ts'
import { formatShare } from '../../src/ground/units.ts'
import { capitalized, counted } from '../../src/ground/words.ts'
import { LOAD_KEYS } from '../../src/load/plan/check-options.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import { CAPACITY_KEYS } from '../../src/load/plan/shape.ts'
import { whyHooksFailed } from '../../src/measure/report/hook-counts.ts'
import type { LoadReport, Verdict } from '../../src/measure/report.ts'
import type { CapacityShape, LoadShape } from '../../src/measure/shape.ts'
import { colorsOf } from '../../src/report/color.ts'
import { curveTable, describeCapacity, limitOf } from '../../src/report/figures.ts'
import { renderWorkflowReport } from '../../src/report/workflow.ts'
import { atCaller } from '../runtime/site.ts'
import {
  bounded,
  type Call,
  decided,
  isLoadReport,
  isResourceUsage,
  isStepStatistics,
  isWorkflowRef,
  isWorkflowReport,
  type MatcherContext,
  type MatcherResult,
  misused,
  noBound,
  notFor,
  type Sides,
  undecided,
} from './matcher.ts'

export type { ArazzoMatchers } from './types.ts'

expect.extend(
  exact({
    toSustain,
    toSustainRps,
    toHoldPercentile,
    toStayUnderMemory,
    toStayUnderCpu,
    toKeepErrorRateUnder,
    toMeetItsBudgets,
    toPassWorkflow,
  }),
)

const EXPECTED = 'every budget to pass'

/**
 * Asserts that every budget which was given to the run passed. A run without budgets fails, and so does one that did
 * not get going, or of which nothing passed. With `.not`, at least one budget must have failed: inconclusive ones
 * decide nothing either way.
 *
 * @example expect(await runLoad({ ...options, budgets: { p99: '100ms' } })).toMeetItsBudgets()
 */
function toMeetItsBudgets(this: MatcherContext, received: unknown): MatcherResult {
  const call = { context: this, matcher: 'toMeetItsBudgets', of: 'report' }
  if (!isLoadReport(received)) return notFor(call, 'a LoadReport, as runLoad resolves with', received)
  const { verdicts } = received
  const hooks = whyHooksFailed(received)
  if (hooks !== undefined) return undecided(call, () => ({ ...sides(verdicts), why: ended(hooks) }))
  if (verdicts.length === 0)
    return undecided(call, () => ({ expected: EXPECTED, received: 'no verdicts', why: noVerdicts(received) }))

  const failed = verdicts.some(({ verdict }) => verdict === 'fail')
  const open = verdicts.some(({ verdict }) => verdict === 'inconclusive')
  const missed = verdicts.some(({ verdict, judged }) => verdict === 'fail' && judged !== undefined)
  const nothing = missed ? undefined : whyNothingPassed(received)
  if (nothing !== undefined) return undecided(call, () => ({ ...sides(verdicts), why: `Nothing passed: ${nothing}.` }))
  return !failed && open ? undecided(call, () => sides(verdicts)) : decided(call, !failed, () => sides(verdicts))
}

function noVerdicts({ state, cause }: LoadReport): string {
  return state === 'not run'
    ? `The load did not run: ${cause ?? 'the cause is not known'}`
    : 'The run had no budgets. Give runLoad budgets: { … }.'
}

function sides(verdicts: readonly Verdict[]): Sides {
  const marks = { pass: '✓', fail: '✗', inconclusive: '?' }
  const count = (of: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === of).length
  const open = count('inconclusive') > 0 ? `, ${count('inconclusive')} inconclusive` : ''
  const received = `${count('pass')} of ${verdicts.length} passed${open}`
  const lines = verdicts.map(
    ({ verdict, title, value, because, note }) =>
      `${marks[verdict]} ${because === '' ? `${title}: ${value}` : because}${note === undefined ? '' : ` ${note}`}`,
  )
  return { expected: EXPECTED, received, why: lines.join('\n') }
}

/**
 * Asserts that a workflow passed. The message shows each step's attempts, with the checks that failed and the values
 * they saw.
 *
 * @example expect(await runWorkflow('./shop.arazzo.yaml#checkout')).toPassWorkflow()
 */
function toPassWorkflow(this: MatcherContext, received: unknown): MatcherResult {
  const call = { context: this, matcher: 'toPassWorkflow', of: 'report' }
  if (!isWorkflowReport(received)) return notFor(call, 'a WorkflowReport, as runWorkflow resolves with', received)
  return decided(call, received.state === 'passed', () => ({
    expected: 'the workflow to pass',
    received: received.state === 'passed' ? 'passed' : `failed${received.because ? `: ${received.because}` : ''}`,
    why: renderWorkflowReport(received, { color: false }),
  }))
}

type Matcher = (this: MatcherContext, ...args: never[]) => MatcherResult | Promise<MatcherResult>

/**
 * Matchers that refuse unknown arguments: `toSustainRps(1_000, { latency: 'p99 < 100ms' })` would pass without a check
 * of the latency.
 */
function exact<Matchers extends Record<string, Matcher>>(matchers: Matchers): Matchers {
  return Object.fromEntries(
    Object.entries(matchers).map(([name, matcher]) => [name, refusing(name, matcher)]),
  ) as Matchers
}

function refusing(name: string, matcher: Matcher): Matcher {
  return function (this: MatcherContext, ...args: unknown[]) {
    // The first is what was received.
    const [most, given] = [matcher.length - 1, args.length - 1]
    if (given <= most) return matcher.apply(this, args as never[])
    const count = (n: number) => (n === 0 ? 'no arguments' : counted(n, 'argument'))
    return misused({ context: this, matcher: name, of: 'received', args: args.slice(1) }, () => ({
      expected: `${most > 1 ? 'at most ' : ''}${count(most)}`,
      received: count(given),
      why: 'Further arguments would be ignored. Write a separate assertion for them.',
    }))
  }
}

/**
 * Asserts that a process tree used at most so much CPU on average over the measured window.
 *
 * `bound` is a share of one core as a number (0.7), or text: `'70%'` (of one core, as `top` shows it), `'1.5 cores'`,
 * `'70% of machine'`. As in budgets the bound itself is still kept.
 *
 * @example expect(report.target).toStayUnderCpu('70%')
 */
function toStayUnderCpu(this: MatcherContext, received: unknown, bound: Bound): MatcherResult {
  const call = { context: this, matcher: 'toStayUnderCpu', of: 'report.target', args: [bound] }
  return boundedProcesses(call, received, 'cpu', bound)
}

/**
 * Asserts that the memory of a process tree never was above `bound` within the measured window.
 *
 * `bound` is bytes, or text: `'200MB'` (decimal), `'200MiB'` (binary). As in budgets the bound itself is still kept.
 *
 * @example expect(report.target).toStayUnderMemory('200MB')
 */
function toStayUnderMemory(this: MatcherContext, received: unknown, bound: Bound): MatcherResult {
  const call = { context: this, matcher: 'toStayUnderMemory', of: 'report.target', args: [bound] }
  return boundedProcesses(call, received, 'memory', bound)
}

/** A matcher on what processes used: `report.target` or `report.generator`. */
function boundedProcesses(call: Call, received: unknown, metric: 'memory' | 'cpu', bound: unknown): MatcherResult {
  if (isResourceUsage(received))
    return bounded(call, { path: [metric], metric, of: 'target' }, bound, received.cores, budget =>
      findingOfProcesses(received, budget),
    )
  return notFor(call, 'what processes used: report.target or report.generator', received, reason(received))
}

function reason(received: unknown): string | undefined {
  if (received === undefined)
    return (
      'report.target is undefined: no target process is known. Let the plugin start the application (server), or ' +
      'give runLoad target: { pid }.'
    )
  return isLoadReport(received)
    ? 'Say whose: report.target is the application, report.generator the load generator.'
    : undefined
}

/**
 * Asserts that a percentile of the latency is at most `bound`: of a run's iterations (response time in open models,
 * service time in closed ones), of all of its requests, or of those of one step (service time).
 *
 * `percentile` lies above 0 and below 100. `bound` is milliseconds, or text: `'80ms'`, `'< 1.5s'`. Too few samples for
 * the percentile decide nothing, and the assertion fails saying how many it takes.
 *
 * @example expect(report).toHoldPercentile(99.9, '250ms')
 * @example expect(report.allRequests).toHoldPercentile(99, '50ms')
 * @example expect(report.steps.search).toHoldPercentile(99, '80ms')
 */
function toHoldPercentile(this: MatcherContext, received: unknown, percentile: number, bound: Bound): MatcherResult {
  const call = callOn(this, 'toHoldPercentile', received, [percentile, bound])
  const key = `p${percentile}`
  const quantile = quantileOf(key)
  if (quantile === undefined)
    return misused(call, () => ({ expected: 'a percentile above 0 and below 100', received: String(percentile) }))
  const why =
    received === undefined
      ? 'A step that the workflow does not have is undefined. Look into Object.keys(report.steps).'
      : undefined
  return boundedRunOrStep(call, received, { path: [key], metric: 'percentile', quantile }, bound, why)
}

/**
 * Asserts that at most a share of a run's finished iterations failed, or of the requests of one step.
 *
 * `share` is a number from 0 to 1, or text: `'0.1%'`. As in budgets the bound itself is still kept, so 0 allows no
 * error.
 *
 * @example expect(report).toKeepErrorRateUnder('0.1%')
 * @example expect(report.steps.search).toKeepErrorRateUnder(0)
 */
function toKeepErrorRateUnder(this: MatcherContext, received: unknown, share: Bound): MatcherResult {
  const call = callOn(this, 'toKeepErrorRateUnder', received, [share])
  return boundedRunOrStep(call, received, { path: ['errorRate'], metric: 'errorRate' }, share)
}

/** Call of a matcher on a run's iterations, on all of its requests, or on those of one of its steps. */
function callOn(context: MatcherContext, matcher: string, received: unknown, args: readonly unknown[]): Call {
  return { context, matcher, of: isStepStatistics(received) ? 'step' : 'report', args }
}

/**
 * Matcher on a run's iterations, on all of its requests, or on those of one step.
 *
 * @param why reason for other values.
 */
function boundedRunOrStep(
  call: Call,
  received: unknown,
  measurand: Omit<Measurand, 'of'>,
  bound: unknown,
  why?: string,
): MatcherResult {
  if (isLoadReport(received))
    return bounded(call, { ...measurand, of: 'iterations' }, bound, 1, budget => findingOfRun(received, budget))
  if (isStepStatistics(received))
    return bounded(call, { ...measurand, of: 'step' }, bound, 1, budget => findingOfStep(received, budget))
  return notFor(call, 'a LoadReport, its allRequests, or one of its steps (report.steps.<stepId>)', received, why)
}

/**
 * How the rate is searched: `latency` and what else stands in `capacity` of a load (`to` is by default the rate that is
 * asked for); the rest of the load as `load`; and what else `runLoad` takes.
 */
export type SustainOptions = CapacityShape &
  Omit<LoadOptions, 'workflow' | 'load' | 'budgets' | 'onInconclusive'> & {
    load?: Omit<Extract<LoadShape, { capacity: unknown }>, 'capacity'>
  }

const MEASURAND: Measurand = { path: ['capacity'], metric: 'capacity', of: 'iterations' }
/** Width in characters: as narrow as messages of failed assertions are shown everywhere. */
const WIDTH = 100

/**
 * Asserts that an application sustains a rate of HTTP requests a second: its latency and errors hold while so much
 * comes.
 *
 * On a reference to a workflow, with options, it runs a search for the capacity up to that rate, as `runLoad` does, and
 * has to be awaited; the test needs the time for it (`load.maxDuration`, by default 5 minutes). On a `LoadReport` of
 * such a search it judges what that found.
 *
 * With `.not` the rate must have been missed for certain. A search that leaves the rate open, was limited by the
 * generator, or has found nothing fails either way, and says why.
 *
 * @example await expect('./shop.arazzo.yaml#checkout').toSustain('5000 rps', { latency: 'p99 < 100ms', errorRate: '1%'
 * })
 * @example expect(await runLoad({ ...options, load: { capacity: { latency: 'p99 < 100ms' } } })).toSustain(5_000)
 */
function toSustain(
  this: MatcherContext,
  received: unknown,
  rate: Bound,
  options?: SustainOptions,
): MatcherResult | Promise<MatcherResult> {
  const call = { context: this, matcher: 'toSustain', args: [rate] }
  if (isLoadReport(received)) return judgeReport({ ...call, of: 'report' }, received, rate, options)
  if (!isWorkflowRef(received))
    return notFor(
      { ...call, of: 'workflow' },
      "a workflow such as './shop.arazzo.yaml#checkout', or a LoadReport of a capacity load",
      received,
    )
  return search({ ...call, of: typeof received === 'string' ? `'${received}'` : 'workflow' }, received, rate, options)
}

function judgeReport(call: Call, report: LoadReport, rate: Bound, options: unknown): MatcherResult {
  if (options !== undefined)
    return misused(call, () => ({
      expected: 'no options: the load of a LoadReport is over',
      received: 'options next to a LoadReport',
      why: "Give them to a workflow: await expect('./shop.arazzo.yaml#checkout').toSustain(rate, options).",
    }))
  if (!('capacity' in report.shape))
    return misused(call, () => ({
      expected: 'a LoadReport of a capacity load',
      received: 'a LoadReport of a load that searched no capacity',
      why:
        "Write load: { capacity: { latency: 'p99 < 100ms' } }, or ask with toSustainRps for the rate that was " +
        'reached.',
    }))
  return bounded(call, MEASURAND, rate, report.generator.cores, budget => {
    const finding = findingOfRun(report, budget)
    const paragraphs = [textOf(finding.reasons), ...shown(report, finding.verdict)].filter(Boolean)
    return { ...finding, reasons: reasonsOf([paragraphs.join('\n\n')]) }
  })
}

/** Faults of the bound are reported before anything runs. */
function search(
  call: Call,
  workflow: LoadOptions['workflow'],
  rate: Bound,
  options: SustainOptions | undefined,
): MatcherResult | Promise<MatcherResult> {
  const budget = readBudget(MEASURAND, rate, 1)
  if ('wrong' in budget) return noBound(call, MEASURAND, budget.wrong)
  const faults = options === undefined ? [] : sustainFaults(options)
  if (faults.length > 0)
    return misused(call, () => ({
      expected: 'options that there are',
      received: 'others',
      why: describeFaults(faults),
    }))
  if (options?.latency === undefined)
    return misused(call, () => ({
      expected: 'options with the latency that has to hold',
      received: options === undefined ? 'no options' : 'options without latency',
      why: "Write it as toSustain(rate, { latency: 'p99 < 100ms' }).",
    }))
  const { latency, errorRate, from, to = budget.bound, hold, within, load, ...others } = options
  const capacity = { latency, errorRate, from, to, hold, within }
  const run = () => runNow({ ...others, workflow, load: { ...load, capacity }, budgets: { capacity: rate } })
  return atCaller(toSustain, run).then(report => judgeReport(call, report, rate, undefined))
}

function sustainFaults(options: SustainOptions): OptionFault[] {
  const fields = fieldsOf(options, "Write { latency: 'p99 < 100ms' }.")
  const others = LOAD_KEYS.filter(key => !['workflow', 'budgets', 'onInconclusive'].includes(key))
  fields.checkKeys([...CAPACITY_KEYS, ...others])
  if (fields.has('load')) {
    const load = fields.within('load', "Write an object: { maxDuration: '5m' }.")
    if (load?.has('capacity')) load.fault('capacity', 'its fields stand next to load here', 'Write latency, from, to.')
  }
  return fields.faults
}

/** Matchers are there in every test file; what runs load is read when it is needed. */
async function runNow(options: LoadOptions): Promise<LoadReport> {
  const { runLoad } = await import('../run.ts')
  return runLoad(options)
}

/** Interval and limiting factor, unless a missed rate shows them already; then the curve of rate against latency. */
function shown(report: LoadReport, verdict: Verdict['verdict']): string[] {
  const { capacity } = report
  const curve = curveTable(report, WIDTH, colorsOf(false))
  if (capacity === undefined || curve.length === 0) return []
  const { latency, errorRate } = capacity
  const wanted = `Tried, with ${latency} and at most ${formatShare(errorRate)} errors:`
  const found = verdict === 'fail' ? limitOf(capacity) : describeCapacity(capacity)
  return [...(found ? [`${capitalized(found)}.`] : []), [wanted, ...curve].join('\n')]
}

/**
 * Asserts that a run made at least so many HTTP requests a second within its measured window.
 *
 * `rate` is a number a second, or text: `'1000/s'`, `'1000 rps'`. A generator that could not keep up decides nothing,
 * and the assertion fails saying so; so do requests that got a response when no iteration passed.
 *
 * @example expect(await runLoad(options)).toSustainRps(1_000)
 */
function toSustainRps(this: MatcherContext, received: unknown, rate: Bound): MatcherResult {
  const call = { context: this, matcher: 'toSustainRps', of: 'report', args: [rate] }
  if (!isLoadReport(received)) return notFor(call, 'a LoadReport, as runLoad resolves with', received)
  const measurand = { path: ['rps'], metric: 'rps', of: 'iterations' } as const
  return bounded(call, measurand, rate, received.generator.cores, budget => findingOfRun(received, budget))
}
