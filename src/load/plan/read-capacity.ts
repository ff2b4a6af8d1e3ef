import { type Measurand, readBudget } from '../../budget/bound.ts'
import { firstEvent } from '../../budget/keys.ts'
import { findingOfWholeBound } from '../../budget/metrics/share.ts'
import { type Fields, HIGHEST_RATE } from '../../ground/fields.ts'
import { show } from '../../ground/show.ts'
import { type Milliseconds, parseShare } from '../../ground/units.ts'
import type { Budget } from '../../measure/report.ts'
import { type CapacityPlan, LOWEST_RATE } from './load-plan.ts'

export const CAPACITY_KEYS = ['latency', 'errorRate', 'from', 'to', 'hold'] as const
const FROM = 50
const RAMP = 16
const ERROR_RATE = 0.01
const SHORTEST_HOLD: Milliseconds = 5000

/**
 * A rate that is a share s above what a server can do lets a queue grow by s of the time: held for so many times the
 * latency, it is noticed from 4 % on.
 */
const LATENCIES_A_HOLD = 25
const LATENCY_ADVICE = "Write a figure, an operator and a bound, such as 'p99 < 100ms'."

/** Content of `capacity`, without the decisions around it. */
type CapacityReading = Omit<CapacityPlan, 'limit'>

/** Reads `capacity`. Its faults go to the faults of the fields. */
export function readCapacity(load: Fields): CapacityReading | undefined {
  const example = "{ latency: 'p99 < 100ms' }"
  if (!load.has('capacity')) {
    return load.fault('mode', 'the mode is capacity, but there is no capacity', `Add capacity: ${example}.`)
  }
  const fields = load.within('capacity', `Write it as ${example}.`)
  if (fields === undefined) return undefined
  const meant = fields.checkKeys(CAPACITY_KEYS)
  const latency = readLatency(fields, meant)
  const rate = (key: string, otherwise: number) => {
    const value = fields.rate(key, otherwise)
    if (fields.has(key) && value < LOWEST_RATE)
      fields.fault(key, `it is less than ${LOWEST_RATE} a second`, 'Give a rate that can be held.')
    return value
  }
  const to = rate('to', HIGHEST_RATE)
  const from = rate('from', fields.has('to') ? Math.min(to, Math.max(FROM, to / RAMP)) : FROM)
  if (fields.has('from') && from > to) fields.fault('from', 'it is higher than to', 'Begin lower.')
  const errorRate = fields.quantity('errorRate', ERROR_RATE, parseShare)
  const whole = findingOfWholeBound({ operator: '<=', bound: errorRate }, fields.get('errorRate'))
  if (whole !== undefined) fields.fault('errorRate', whole.found, whole.advice)
  const hold = fields.length('hold', Math.max(SHORTEST_HOLD, LATENCIES_A_HOLD * (latency?.bound ?? 0)), true)
  if (fields.has('hold') && hold < 1000) fields.fault('hold', 'it is less than a second', 'Let a rate hold longer.')
  return latency && { model: 'open', kind: 'capacity', latency, errorRate, from, to, hold }
}

/** `p99 < 100ms` as the budget that it is. */
function readLatency(fields: Fields, meant: ReadonlySet<string>): Budget | undefined {
  const written = fields.get('latency')
  if (written === undefined) {
    if (!meant.has('latency')) fields.fault('', 'it has no latency', "Add latency, such as 'p99 < 100ms'.")
    return undefined
  }
  const [, key = '', bound] = typeof written === 'string' ? (/^\s*([a-z][\w.]*)\s*(<.*)$/is.exec(written) ?? []) : []
  const measured = firstEvent.measures(key)
  if (bound === undefined || measured === undefined) {
    const found =
      bound === undefined
        ? `${show(written)} does not name the latency that it limits`
        : `"${key}" is not mean, max or a percentile (p50, p99, p99.9)`
    return fields.fault('latency', found, LATENCY_ADVICE)
  }
  const measurand: Measurand = { ...measured, path: [key], of: 'iterations' }
  const budget = readBudget(measurand, bound, 1)
  if ('wrong' in budget) {
    return fields.fault('latency', budget.wrong.found, budget.wrong.advice)
  }
  return budget
}
