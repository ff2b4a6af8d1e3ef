import { suggestion } from '../ground/errors.ts'
import type { Finding } from '../ground/fault.ts'
import { EXACT, formatMs, UnitError } from '../ground/units.ts'
import type { Budget } from './budget.ts'
import { metricOf, unitOf } from './metrics/index.ts'
import { machineShareOf } from './metrics/resources.ts'
import { subjectOf } from './name.ts'

/** Budget without its bound: metric and subject. */
export type Measurand = Omit<Budget, 'key' | 'operator' | 'bound' | 'unit' | 'title' | 'as' | 'per'>

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
    return wrong === undefined ? { ...budget, unit, title: titleOf(budget, input) } : { wrong }
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

/** `p99 <= 100 ms`, `login p99 <= 50 ms`, `generator cpu <= 70 %`, `cpu <= 140 % (70 % of machine)`. */
function titleOf(budget: Omit<Budget, 'title'>, input: unknown): string {
  const { operator, bound } = budget
  const machine = machineShareOf(input)
  const share = machine === undefined ? '' : ` (${machine} % of machine)`
  const windows = budget.everyWindow === undefined ? '' : ` in every ${formatMs(budget.everyWindow, EXACT)}`
  return `${subjectOf(budget)} ${operator} ${unitOf(budget).write(bound, EXACT, bound)}${share}${windows}`
}
