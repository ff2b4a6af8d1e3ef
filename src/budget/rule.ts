import { didYouMean } from '../ground/errors.ts'
import type { Fields } from '../ground/fields.ts'
import { formatMs, type Milliseconds } from '../ground/units.ts'
import type { Budget } from './budget.ts'
import { metricOf } from './metrics/index.ts'

const TIMES = ['grace', 'hold', 'everyWindow']
const KEYS = ['bound', 'abortOnFail', ...TIMES]
/** Names of the bound in other tools. */
const BOUNDS = new Set(['max', 'min', 'limit', 'threshold', 'value', 'target', 'budget'])
const HOLD: Milliseconds = 2_000
const SECOND: Milliseconds = 1_000

/**
 * Reads the other fields of a budget object: `{ bound: '1%', abortOnFail: true, grace: '5s', hold: '2s', everyWindow:
 * '10s' }`. Undefined if it has a fault.
 */
export function readRule(
  fields: Fields,
  { metric }: Pick<Budget, 'metric'>,
): Pick<Budget, 'abort' | 'everyWindow'> | undefined {
  const before = fields.faults.length
  fields.checkKeys(KEYS, KEYS, key => (BOUNDS.has(key) && !fields.has('bound') ? 'bound' : didYouMean(key, KEYS)))
  if (!fields.has('bound') && fields.faults.length === before)
    fields.fault('', 'it has no bound', "Add one, such as bound: '100ms'.")
  const aborts = fields.flag('abortOnFail')
  const [grace, hold, everyWindow] = [fields.length('grace', 0), fields.length('hold', HOLD), windowOf(fields, metric)]
  const { late } = metricOf({ metric })
  if (late !== undefined) {
    for (const key of ['abortOnFail', ...TIMES]) if (fields.has(key)) fields.fault(key, late, 'Remove it.')
  } else if ((fields.get('abortOnFail') ?? false) === false) {
    for (const key of ['grace', 'hold'])
      if (fields.has(key)) fields.fault(key, 'it says when to end the run', 'Add abortOnFail: true.')
  }
  if (fields.faults.length > before) return undefined
  return { ...(aborts && { abort: { grace, hold } }), ...(everyWindow > 0 && { everyWindow }) }
}

function windowOf(fields: Fields, metric: Budget['metric']): Milliseconds {
  const every = fields.length('everyWindow', 0)
  const { late, family } = metricOf({ metric })
  if (!fields.has('everyWindow') || late !== undefined) return every
  if (family === 'resources')
    fields.fault('everyWindow', `${metric} is judged over the whole measured window`, 'Remove it.')
  else if (every < SECOND || every % SECOND > 0)
    fields.fault('everyWindow', `${formatMs(every)} is not a whole number of seconds`, "Write such as '10s'.")
  if (fields.has('hold'))
    fields.fault('hold', 'a window that is missed is reason enough', 'Remove it, or make windows longer.')
  return every
}
