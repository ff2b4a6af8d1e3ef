import { didYouMean } from '../ground/errors.ts'
import type { Wrong } from '../ground/fault.ts'
import { given } from '../ground/given.ts'
import { formatMs, type Milliseconds, parseDuration, UnitError } from '../ground/units.ts'
import type { Budget } from './budget.ts'
import { target } from './keys.ts'

/** What an object says about a budget besides its bound, or what is wrong with it. */
export interface RuleReading {
  bound: unknown
  rule: Pick<Budget, 'abort' | 'everyWindow'>
  /** `path` is the key at fault; empty for the whole. */
  problems: (Wrong & { path: string; hint?: string | undefined })[]
}

const KEYS = ['bound', 'abortOnFail', 'grace', 'hold', 'everyWindow']
/** What other tools call the bound. */
const BOUNDS = new Set(['max', 'min', 'limit', 'threshold', 'value', 'target', 'budget'])
const HOLD: Milliseconds = 2_000
const SECOND: Milliseconds = 1_000

/**
 * Reads the object form of a budget: `{ bound: '1%', abortOnFail: true, grace: '5s', hold: '2s', everyWindow: '10s' }`.
 */
export function readRule(written: object, { metric }: Pick<Budget, 'metric'>): RuleReading {
  const fields = new Map(Object.entries(written).filter(([, value]) => value !== undefined))
  const problems: RuleReading['problems'] = []
  const wrong = (path: string, found: string, advice?: string, hint?: string) =>
    problems.push({ path, found, advice, hint })

  for (const key of fields.keys()) {
    if (KEYS.includes(key)) continue
    const meant = BOUNDS.has(key) && !fields.has('bound') ? 'bound' : didYouMean(key, KEYS)
    const hint = meant && `Did you mean "${meant}"?`
    wrong(key, 'there is no such key', `Known keys are ${KEYS.join(', ')}.`, hint)
  }
  if (!fields.has('bound') && problems.length === 0) wrong('', 'it has no bound', "Add one, such as bound: '100ms'.")

  const duration = (key: string, otherwise: Milliseconds): Milliseconds => {
    if (!fields.has(key)) return otherwise
    try {
      return parseDuration(fields.get(key))
    } catch (error) {
      if (!(error instanceof UnitError)) throw error
      wrong(key, `${error.shown} is not a ${error.quantity}: ${error.found}`, error.advice)
      // Something that nothing else is wrong with: one fault has one message.
      return SECOND
    }
  }

  if (metric === 'capacity')
    for (const key of ['abortOnFail', 'grace', 'hold', 'everyWindow'])
      if (fields.has(key)) wrong(key, 'the capacity is known when the search is over', 'Remove it.')

  const aborts = fields.get('abortOnFail') ?? false
  if (typeof aborts !== 'boolean') wrong('abortOnFail', 'it is neither true nor false')
  const [grace, hold] = [duration('grace', 0), duration('hold', HOLD)]
  for (const key of ['grace', 'hold'])
    if (fields.has(key) && aborts === false && metric !== 'capacity')
      wrong(key, 'it says when to end the run', 'Add abortOnFail: true.')

  const everyWindow = duration('everyWindow', 0)
  if (fields.has('everyWindow') && metric !== 'capacity') {
    if (metric === 'series' || target.measures(metric) !== undefined)
      wrong('everyWindow', `${metric} is judged over the whole measured window`, 'Remove it.')
    else if (everyWindow < SECOND || everyWindow % SECOND !== 0)
      wrong('everyWindow', `${formatMs(everyWindow)} is not a whole number of seconds`, "Write such as '10s'.")
    if (fields.has('hold'))
      wrong('hold', 'a window that is missed is reason enough', 'Remove it, or make windows longer.')
  }
  return {
    bound: fields.get('bound'),
    rule: given({ abort: aborts === true ? { grace, hold } : undefined, everyWindow: everyWindow || undefined }),
    problems,
  }
}
