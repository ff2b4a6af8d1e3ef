import { suggestion } from '../ground/errors.ts'
import type { Finding } from '../ground/fault.ts'
import { EXACT, formatMs, formatShare, UnitError } from '../ground/units.ts'
import type { Budget } from './budget.ts'
import { metricOf, unitOf } from './metrics/index.ts'
import type { RelativeBudget } from './relative.ts'

/** Budget without its bound: metric and subject. */
export type Measurand = Omit<Budget, 'key' | 'operator' | 'bound' | 'unit' | 'title' | 'as' | 'per' | 'ofMachine'>

/** Joins a written bound to its subject, or returns its fault. */
export function readBudget(of: Measurand, written: unknown, cores: number): Budget | { wrong: Finding } {
  const [, operator, text] = typeof written === 'string' ? (/^\s*(<=|>=|<|>)?(.*)$/s.exec(written) ?? []) : []
  const input = text === undefined ? written : text.trim()
  const metric = metricOf(of)
  try {
    const bound = metric.unit.read(input, cores)
    const budget: Omit<Budget, 'title'> = {
      ...of,
      key: of.path.join('.'),
      operator: (operator as Budget['operator'] | undefined) ?? metric.natural,
      bound,
      ...metric.traitsOf?.(bound, input),
    }
    const wrong = impossible(budget, input)
    const { name: unit } = unitOf(budget)
    return wrong === undefined ? { ...budget, unit, title: titleOf(budget) } : { wrong }
  } catch (error) {
    if (!(error instanceof UnitError)) throw error
    const { shown, quantity, found, advice } = error
    const [, word] = /^([a-z]+)\s*[+-]/i.exec(String(input)) ?? []
    const meant = word && suggestion(word, ['base'])
    return {
      wrong: { found: `${shown} is not a ${quantity}: ${found}`, advice: meant ? `${meant} ${advice}` : advice },
    }
  }
}

/** Bounds that no run can meet, or that every run meets. */
function impossible(budget: Omit<Budget, 'title'>, input: unknown): Finding | undefined {
  const { wrongBound, isSigned } = metricOf(budget)
  const wrong = wrongBound?.(budget, input)
  if (wrong !== undefined || budget.bound !== 0 || isSigned) return wrong
  if (budget.operator === '<') return { found: 'nothing is less than 0', advice: 'Write <= 0 to allow none.' }
  if (budget.operator !== '>=') return undefined
  return { found: 'every run has at least 0', advice: 'Write what is wanted, or leave the budget out.' }
}

/** `p99 <= 100 ms`, `login p99 <= 50 ms`, `generator cpu <= 70 %`. */
const titleOf = (budget: Omit<Budget, 'title'>): string => `${subjectOf(budget)} ${limitOf(budget)}`

/** `<= 100 ms`, `<= 140 % (70 % of machine)`, `<= 50 ms in every 10 s`. */
export function limitOf(budget: Omit<Budget, 'title'>): string {
  const { operator, bound, ofMachine, everyWindow } = budget
  const share = ofMachine === undefined ? '' : ` (${formatShare(ofMachine, EXACT)} of machine)`
  const windows = everyWindow === undefined ? '' : ` in every ${formatMs(everyWindow, EXACT)}`
  return `${operator} ${unitOf(budget).write(bound, EXACT, bound)}${share}${windows}`
}

type Whose = Pick<Budget, 'key' | 'path' | 'of' | 'step' | 'target' | 'latency'>

/** Subject of a budget, in words: `p99`, `requests p99`, `login p99`, `watch firstEvent p99`, `generator cpu`. */
export function subjectOf({ key, path, of, step, target, latency }: Whose): string {
  if (latency !== undefined) return path.slice(step === undefined ? 0 : 1).join(' ')
  const isOne = of === 'generator' || of === 'requests'
  const whose = step ?? target ?? (isOne ? of : undefined)
  return whose === undefined ? key : `${whose} ${path.slice(isOne ? 1 : 2).join('.')}`
}

/**
 * Name of a budget's test. Vitest shows a duration after it, so the name says that it is a budget. It does not contain
 * the bound, so that the history on CI servers continues when a bound changes, and it is unique in the load test.
 * `budget: p99`, `budget: login p99`; `budget: p99 (base)` for a relative bound, `budget: p99 (at least)` and
 * `budget: rps (at most)` for a bound on the unusual side.
 */
export function testNameOf(budget: Budget | RelativeBudget): string {
  const { key, step, target, operator } = budget as Budget
  // A target may have the name that stands for the load generator, and a step the one that stands for all requests.
  const subject = target === 'generator' || step === 'requests' ? key : subjectOf(budget)
  const isNatural = operator[0] === metricOf(budget).natural[0]
  const side = operator[0] === '<' ? ' (at most)' : ' (at least)'
  return `budget: ${subject}${'allowed' in budget ? ' (base)' : isNatural ? '' : side}`
}
