import { type Measurand, readBudget } from '../../src/budget/bound.ts'
import { reasonsOf, textOf } from '../../src/budget/cause.ts'
import { findingOfRun } from '../../src/budget/judge.ts'
import { describeFaults, fieldsOf, type OptionFault } from '../../src/ground/fields.ts'
import { formatShare } from '../../src/ground/units.ts'
import { capitalized } from '../../src/ground/words.ts'
import type { Bound, LoadOptions, LoadReport, LoadShape, Verdict } from '../../src/index.ts'
import { LOAD_KEYS } from '../../src/load/plan/check-options.ts'
import { CAPACITY_KEYS } from '../../src/load/plan/read-capacity.ts'
import type { CapacityShape } from '../../src/measure/shape.ts'
import { colorsOf } from '../../src/report/color.ts'
import { curveTable, describeCapacity, limitOf } from '../../src/report/figures.ts'
import { atCaller } from '../runtime/site.ts'
import {
  bounded,
  type Call,
  isLoadReport,
  isWorkflowRef,
  type MatcherContext,
  type MatcherResult,
  misused,
  noBound,
  notFor,
} from './matcher.ts'

/**
 * How the rate is searched: `latency` and what else stands in `capacity` of a load (`to` is by default the rate that is
 * asked for); the rest of the load as `load`; and what else `runLoad` takes.
 */
export type SustainOptions = CapacityShape &
  Omit<LoadOptions, 'workflow' | 'load' | 'budgets' | 'onInconclusive' | 'metrics'> & {
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
export function toSustain(
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
  const { latency, errorRate, from, to = budget.bound, hold, load, ...others } = options
  const capacity = { latency, errorRate, from, to, hold }
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
export function toSustainRps(this: MatcherContext, received: unknown, rate: Bound): MatcherResult {
  const call = { context: this, matcher: 'toSustainRps', of: 'report', args: [rate] }
  if (!isLoadReport(received)) return notFor(call, 'a LoadReport, as runLoad resolves with', received)
  const measurand = { path: ['rps'], metric: 'rps', of: 'iterations' } as const
  return bounded(call, measurand, rate, received.generator.cores, budget => findingOfRun(received, budget))
}
