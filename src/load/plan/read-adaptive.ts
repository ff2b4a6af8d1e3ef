import type { Fields } from '../../ground/fields.ts'
import type { AdaptivePlan } from './load-plan.ts'

const ADAPTIVE_KEYS = ['maxVus', 'latency', 'from'] as const

/** Reads `adaptive`. Its faults go to the faults of the fields. */
export function readAdaptive(load: Fields): (AdaptivePlan & { maxVus: number }) | undefined {
  const example = "{ maxVus: 100, latency: '50ms' }"
  if (!load.has('adaptive'))
    return load.fault('mode', 'the mode is adaptive, but there is no adaptive', `Add adaptive: ${example}.`)
  const fields = load.within('adaptive', `Write it as ${example}.`)
  if (fields === undefined) return undefined
  fields.checkKeys(ADAPTIVE_KEYS)
  for (const key of ['maxVus', 'latency'])
    if (!fields.has(key))
      fields.fault('', `it has no ${key}`, `Add ${key}${key === 'maxVus' ? ', such as 100' : ", such as '50ms'"}.`)
  const maxVus = fields.count('maxVus', 1)
  const latency = fields.length('latency', 1, true)
  const from = fields.count('from', Math.max(1, Math.round(maxVus / 10)))
  if (fields.has('from') && from > maxVus)
    fields.fault('from', `it is more than maxVus, ${maxVus}`, 'Begin with fewer.')
  return { model: 'closed', kind: 'adaptive', maxVus, latency, from }
}
