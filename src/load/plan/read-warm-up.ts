import type { Fields } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { PlanTimes } from './load-plan.ts'

const AT_LEAST: Milliseconds = 2_000
const AT_MOST: Milliseconds = 30_000

/**
 * Reads `warmUp`: a length, or `'auto'` (with its limits: `{ atLeast, atMost }`) for one that lasts until the load is
 * steady.
 */
export function readWarmUp(fields: Fields, otherwise: Milliseconds): Pick<PlanTimes, 'warmUp' | 'steady'> {
  const value = fields.get('warmUp')
  if (value === 'auto') return { warmUp: AT_MOST, steady: { atLeast: AT_LEAST } }
  if (!isObject(value)) return { warmUp: fields.length('warmUp', otherwise) }
  const limits = fields.within('warmUp', "Write 'auto', or { atLeast: '5s', atMost: '60s' }.")!
  limits.checkKeys(['atLeast', 'atMost'])
  const given = limits.has('atMost') ? limits.length('atMost', AT_MOST, true) : undefined
  const atLeast = limits.length('atLeast', Math.min(AT_LEAST, given ?? AT_LEAST))
  const atMost = given ?? Math.max(AT_MOST, 3 * atLeast)
  if (atLeast > atMost) limits.fault('atLeast', 'it is more than atMost', 'Let it begin earlier, or wait longer.')
  return { warmUp: atMost, steady: { atLeast } }
}
