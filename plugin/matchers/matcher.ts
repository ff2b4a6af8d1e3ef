import { type Measurand, readBudget } from '../../src/budget/bound.ts'
import type { Budget } from '../../src/budget/budget.ts'
import { textOf } from '../../src/budget/cause.ts'
import { besideOf, type Judgement } from '../../src/budget/judge.ts'
import { type Finding, sentenceOf } from '../../src/ground/fault.ts'
import { capitalized } from '../../src/ground/words.ts'
import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { LoadReport, ResourceUsage, StepStatistics } from '../../src/measure/report.ts'
import type { WorkflowReport } from '../../src/workflow/outcome.ts'

/** Vitest context of a matcher, as a structure that fits the types of both 4 and 5. */
export interface MatcherContext {
  isNot?: boolean
  promise?: string
  utils: {
    matcherHint(
      name: string,
      received?: string,
      expected?: string,
      options?: { isNot?: boolean; promise?: string },
    ): string
    EXPECTED_COLOR(text: string): string
    RECEIVED_COLOR(text: string): string
  }
}

export interface MatcherResult {
  pass: boolean
  message: () => string
}

/** One call of a matcher, for its messages. */
export interface Call {
  context: MatcherContext
  matcher: string
  /** Argument of `expect(…)`: `report`, `report.target`. */
  of: string
  args?: readonly unknown[]
}

export interface Sides {
  expected: string
  received: string
  /** A paragraph below. */
  why?: string
}

/** The received value has what was expected, or it has not. */
export function decided(call: Call, pass: boolean, sides: () => Sides): MatcherResult {
  const not = call.context.isNot ? 'not ' : ''
  return {
    pass,
    message() {
      const { expected, ...rest } = sides()
      return layOut(call, { expected: not + expected, ...rest })
    },
  }
}

/** Fails an assertion that nothing decides: no data, or data that decide nothing. Fails with `.not` as well. */
export function undecided(call: Call, sides: () => Sides): MatcherResult {
  return decided(call, call.context.isNot === true, sides)
}

/**
 * It cannot have it: the question itself is wrong. Fails with `.not` as well; `expected` is what to ask of, or with.
 */
export function misused(call: Call, sides: () => Sides): MatcherResult {
  return { pass: call.context.isNot === true, message: () => layOut(call, sides()) }
}

function layOut({ context, matcher, of, args = [] }: Call, { expected, received, why }: Sides): string {
  const { utils, isNot = false, promise = '' } = context
  const hint = utils.matcherHint(matcher, of, args.map(show).join(', '), { isNot, promise })
  const lines = [hint, '', `Expected: ${utils.EXPECTED_COLOR(expected)}`, `Received: ${utils.RECEIVED_COLOR(received)}`]
  return [...lines, ...(why ? ['', why] : [])].join('\n')
}

const show = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value))

/**
 * A matcher that is one budget: judged as `budgets` of a load test are, with the same doubts. What has no data, or
 * decides nothing, fails with `.not` as well.
 */
export function bounded(
  call: Call,
  measurand: Measurand,
  bound: unknown,
  cores: number,
  find: (budget: Budget) => Judgement,
): MatcherResult {
  const budget = readBudget(measurand, bound, cores)
  if ('wrong' in budget) return noBound(call, measurand, budget.wrong)

  const { title: expected } = budget
  const found = find(budget)
  const { verdict, value, note } = found
  const [why, beside] = [textOf(found.reasons), besideOf(found)]
  if (value === undefined) return undecided(call, () => ({ expected, received: 'no data', why: capitalized(why) }))
  if (verdict === 'inconclusive')
    return undecided(call, () => ({ expected, received: `${value}, which decides nothing`, why }))
  return decided(call, verdict === 'pass', () => ({
    expected,
    received: beside === '' ? value : `${value} (${beside})`,
    why: [why, note].filter(Boolean).join(' '),
  }))
}

export function noBound(call: Call, { path }: Measurand, wrong: Finding): MatcherResult {
  return misused(call, () => ({
    expected: `a bound for ${path.join('.')}`,
    received: 'no such bound',
    why: sentenceOf({ verb: 'read', thing: 'the bound', ...wrong }),
  }))
}

export function isLoadReport(value: unknown): value is LoadReport {
  return has(value, 'measuredArrivals', 'responseTime', 'steps', 'verdicts')
}

export function isStepStatistics(value: unknown): value is StepStatistics {
  return has(value, 'requests', 'errors', 'serviceTime') && !isLoadReport(value)
}

export function isResourceUsage(value: unknown): value is ResourceUsage {
  return has(value, 'memoryPeak', 'cpu', 'cores', 'samples')
}

export function isWorkflowReport(value: unknown): value is WorkflowReport {
  return has(value, 'state', 'outputs', 'steps') && Array.isArray((value as WorkflowReport).steps)
}

export function isWorkflowRef(value: unknown): value is LoadOptions['workflow'] {
  if (typeof value === 'string') return true
  if (!has(value, 'document')) return false
  const { document } = value as { document: unknown }
  return typeof document === 'string' || document instanceof URL
}

/** Description of a wrong value: `undefined`, `a LoadReport`, `a promise (await it)`. */
function kindOf(value: unknown): string {
  if (isLoadReport(value)) return 'a LoadReport'
  if (isStepStatistics(value)) return 'the statistics of a step'
  if (isResourceUsage(value)) return 'the resource usage of processes'
  if (isWorkflowReport(value)) return 'a WorkflowReport'
  if (value instanceof Promise) return 'a promise (await it first)'
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'another object' : `the ${typeof value} ${String(value)}`
}

/** Fails a matcher that was asked of something else than what it is for. */
export function notFor(call: Call, expected: string, received: unknown, why?: string): MatcherResult {
  return misused(call, () => ({ expected, received: kindOf(received), ...(why !== undefined && { why }) }))
}

function has(value: unknown, ...keys: string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every(key => key in value)
}
