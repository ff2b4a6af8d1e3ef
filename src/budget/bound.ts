import { suggestion } from '../ground/errors.ts'
import type { Wrong } from '../ground/fault.ts'
import { EXACT, formatMs, parseGrowth, UnitError } from '../ground/units.ts'
import type { Budget } from './budget.ts'
import { isRate } from './budget-kinds.ts'
import { isCount, metricOf } from './metric.ts'
import { subjectOf } from './name.ts'

/** A budget without its bound: what is measured, and of what. */
export type Measurand = Omit<Budget, 'key' | 'operator' | 'bound' | 'unit' | 'title' | 'as' | 'per'>

/** A bound as written, joined to what it bounds; or what is wrong with it. */
export function readBudget(of: Measurand, written: unknown, cores: number): Budget | { wrong: Wrong } {
  const [, operator, text] = typeof written === 'string' ? (/^\s*(<=|>=|<|>)?(.*)$/s.exec(written) ?? []) : []
  const input = text === undefined ? written : text.trim()
  const metric = metricOf(of)
  try {
    const bound = metric.read(input, cores)
    const budget: Omit<Budget, 'title'> = {
      ...of,
      key: of.path.join('.'),
      operator: (operator as Budget['operator'] | undefined) ?? metric.natural,
      bound,
      ...((of.metric === 'dropped' || of.metric === 'resent') && { as: isCount(bound, input) ? 'count' : 'share' }),
      ...(of.metric === 'memoryGrowth' && { per: parseGrowth(input).per }),
    }
    const wrong = impossible(budget, input)
    const { unit } = metricOf(budget)
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

const usesSome = new Set<Budget['metric']>(['memory', 'memoryMean', 'heap', 'cpu', 'cpuPerRequest'])

/** Bounds that no run can meet, or that every run meets. */
function impossible(budget: Omit<Budget, 'title'>, input: unknown): Wrong | undefined {
  const { metric, operator, bound, of } = budget
  if (metric === 'capacity' && operator.startsWith('<'))
    return wrong(
      'it is wanted at least, not at most: a search finds the highest rate that holds',
      'Write >=, or no operator.',
    )
  if (metricOf(budget).unit === 'share') return wrongOfWhole(operator, bound, input) ?? wrongOfNone(operator, bound)
  if (metric === 'cpu' && isMachine(input))
    return wrong('no run uses more than the whole machine', "Write less, such as '70% of machine'.")
  if (bound !== 0 || metric === 'series') return undefined
  if (metric === 'mean' || metric === 'max' || metric === 'percentile')
    return wrong(
      'the bound is 0 ms, and every response takes some time',
      "Write the time it may take, such as '100ms'.",
    )
  if (metric === 'eventLoopDelay')
    return wrong('the bound is 0 ms, and every event loop comes round late', "Write how late, such as '50ms'.")
  if (isRate(budget) && operator === '<=')
    return wrong('a run in which nothing comes has no data, which keeps no budget', 'Write what it may be at most.')
  if (metric === 'memoryGrowth')
    return wrong(
      'the bound is 0, and no figure is as exact as that',
      "Write how little does not matter, such as '100KB/min'.",
    )
  const none = wrongOfNone(operator, bound)
  if (none !== undefined || !usesSome.has(metric)) return none
  const who = of === 'generator' ? 'generator' : 'application'
  return wrong(`the bound is 0, and a running ${who} uses some`, 'Write what it may use.')
}

const wrong = (found: string, advice: string): Wrong => ({ found, advice })

/** Shares that are the whole, or more: a number of 1 is meant as a percentage. */
export function wrongOfWhole(operator: Budget['operator'], bound: number, input: unknown): Wrong | undefined {
  if (bound < 1 || operator === '<') return undefined
  if (operator === '>') return wrong('nothing is more than 100 %', "Write a share such as '1%'.")
  const meant = Number(input) === 1 ? "Did you mean '1%'?" : "Write a share such as '1%'."
  return operator === '<='
    ? wrong('the bound is 100 %, which no run can miss', meant)
    : wrong('the bound is 100 %, which a run keeps in which nothing passes', meant)
}

function wrongOfNone(operator: Budget['operator'], bound: number): Wrong | undefined {
  if (bound !== 0) return undefined
  if (operator === '<') return wrong('nothing is less than 0', 'Write <= 0 to allow none.')
  if (operator === '>=') return wrong('every run has at least 0', 'Write what is wanted, or leave the budget out.')
  return undefined
}

/** Whether a bound is all that the machine has, or more, and says so: another machine may have more cores. */
const isMachine = (input: unknown): boolean => typeof input === 'string' && Number(OF_MACHINE.exec(input)?.[1]) >= 100

const OF_MACHINE = /^([\d.]+)\s*% of (?:the )?machine$/i

/** `p99 <= 100 ms`, `login p99 <= 50 ms`, `generator cpu <= 70 %`, `cpu <= 140 % (70 % of machine)`. */
function titleOf(budget: Omit<Budget, 'title'>, input: unknown): string {
  const { operator, bound } = budget
  const machine = typeof input === 'string' ? OF_MACHINE.exec(input)?.[1] : undefined
  const share = machine === undefined ? '' : ` (${machine} % of machine)`
  const windows = budget.everyWindow === undefined ? '' : ` in every ${formatMs(budget.everyWindow, EXACT)}`
  return `${subjectOf(budget)} ${operator} ${metricOf(budget).write(bound, EXACT, bound)}${share}${windows}`
}
