import type { Finding } from '../ground/fault.ts'
import { EXACT, formatShare, parseGrowth, parseNumber, UnitError } from '../ground/units.ts'
import { type Measurand, subjectOf } from './bound.ts'
import type { Budget } from './budget.ts'
import { metricOf, unitOf } from './metrics/index.ts'

/** A budget whose bound speaks of the base: `'base + 10%'`. Plain data. */
export interface RelativeBudget
  extends Pick<
    Budget,
    'key' | 'path' | 'metric' | 'of' | 'step' | 'quantile' | 'destination' | 'operator' | 'title' | 'per'
  > {
  /** Unit of the figure; shares of one for an error rate. */
  unit: NonNullable<Budget['unit']>
  /** Maximum (`<=`) or minimum (`>=`) of head: base's figure times `factor`, or that plus `amount`, in the unit. */
  allowed: { factor: number } | { amount: number }
}

const SPEAKS_OF_BASE = /^\s*(<=|>=|<|>)?\s*base\b\s*(.*)$/is

/** Whether a bound speaks of the base. */
export function isRelative(written: unknown): written is string {
  return typeof written === 'string' && SPEAKS_OF_BASE.test(written)
}

/**
 * Joins a relative bound to its subject, or returns its fault. A percentage is relative to base's figure. For an error
 * rate, which may be zero, it means percentage points.
 *
 * @param model of the load: an open model has a given rate.
 */
export function readRelative(
  of: Measurand,
  written: string,
  model?: 'open' | 'closed',
): RelativeBudget | { wrong: Finding } {
  const wrong = (found: string, advice: string) => ({ wrong: { found, advice } })
  const { metric, path, step, quantile, destination } = of
  const { natural, compared } = metricOf(of)
  if (typeof compared === 'string') return wrong('it cannot be compared with a base', compared)
  const per = compared.per && { per: compared.per }
  if (of.latency !== undefined)
    return wrong('the time to the first event cannot be compared with a base', 'Compare a percentile of its step.')
  if (of.of === 'generator') return wrong('the load generator has no base', 'Compare figures of the application.')
  if (of.target !== undefined) return wrong('a named target has no base', 'Compare figures of the application itself.')
  if (of.abort || of.everyWindow !== undefined)
    return wrong('a comparison is decided when both sides have been measured', 'Write the bound alone.')
  const wrongLoad = compared.wrongLoad?.(model)
  if (wrongLoad !== undefined) return { wrong: wrongLoad }
  const { name: unit, write, read } = unitOf({ ...of, ...per })
  const [, operator = natural, rest = ''] = SPEAKS_OF_BASE.exec(written)!
  if (operator[0] !== natural[0])
    return wrong(`"${operator}" would be met by a change for the worse`, `Write ${natural}, or no operator.`)
  const advice = compared.isCount ? EXAMPLE_OF_COUNT : example(natural, per)
  const [, sign, size] = /^([+-])\s*(\S.*?)\s*$/s.exec(rest) ?? []
  if (size === undefined) return wrong(`"${written.trim()}" does not say how far from the base it may be`, advice)
  try {
    if (per !== undefined) {
      if (sign === '-') return wrong('a base that does not grow leaves nothing to take away', EXAMPLE_OF_GROWTH)
      if (size.endsWith('%')) return wrong('the base may not grow at all, and nothing has no share', EXAMPLE_OF_GROWTH)
      if (parseGrowth(size).per !== per.per)
        return wrong('each side gets as many requests as the other, however long they take', EXAMPLE_OF_GROWTH)
    }
    if (compared.isCount && size.endsWith('%'))
      return wrong('a base that makes none leaves nothing to take a share of', EXAMPLE_OF_COUNT)
    const isShare = size.endsWith('%') && !compared.isAmount
    const amount = (sign === '-' ? -1 : 1) * (isShare ? parseNumber(size.slice(0, -1)) / 100 : read(size, 1))
    if (amount === 0 && !compared.isCount) return wrong('no measurement is as exact as that', example(natural, per))
    if (isShare && amount <= -1) return wrong('nothing is left of the base', example(natural))
    if (compared.isAmount && Math.abs(amount) >= 1)
      return wrong('no two shares differ by more than 100 %', `Did you mean 'base ${sign} 1%'?`)
    const shown = isShare ? formatShare(Math.abs(amount), EXACT) : write(Math.abs(amount), EXACT, amount)
    const key = path.join('.')
    const subject = subjectOf({ ...of, key })
    return {
      ...{ key, path, metric, of: of.of, operator: operator as Budget['operator'], unit },
      ...(step !== undefined && { step }),
      ...(quantile !== undefined && { quantile }),
      ...(destination !== undefined && { destination }),
      ...per,
      allowed: isShare ? { factor: 1 + amount } : { amount },
      title: `${subject} ${operator} base ${sign} ${shown}`,
    }
  } catch (error) {
    if (!(error instanceof UnitError)) throw error
    return wrong(`${error.shown} is not a ${error.quantity}: ${error.found}`, error.advice)
  }
}

const EXAMPLE_OF_COUNT = "Write such as 'base + 0'."
const EXAMPLE_OF_GROWTH = "Write such as 'base + 20KB/1000 requests'."

const example = (natural: '<=' | '>=', growth?: object) =>
  growth === undefined ? `Write such as 'base ${natural === '<=' ? '+ 10%' : '- 3%'}'.` : EXAMPLE_OF_GROWTH
