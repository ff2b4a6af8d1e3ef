import { quantileOf } from '../../budget/keys.ts'
import type { Fields } from '../../ground/fields.ts'
import { type Milliseconds, parseShare } from '../../ground/units.ts'
import { type AdaptivePlan, LIMIT_NAMES, type Signal } from './load-plan.ts'

const ADAPTIVE_KEYS = ['maxVus', 'latency', 'limit', 'signal', 'window', 'deadBand', 'from'] as const
const WINDOW: Milliseconds = 1000

/** Far from the latency, many responses tell enough in a quarter of a second. */
const SHORTEST_WINDOW: Milliseconds = 250

/** Length of a window, in latencies: within a single one the users of the last limit would still be seen. */
const LATENCIES_A_WINDOW = 5
const DEAD_BAND = 0.1

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
  const least = LATENCIES_A_WINDOW * latency
  const window = fields.length('window', Math.max(WINDOW, least), true)
  return {
    model: 'closed',
    kind: 'adaptive',
    maxVus,
    latency,
    from,
    limit: fields.word('limit', LIMIT_NAMES, 'step'),
    signal: readSignal(fields),
    window,
    shortestWindow: fields.has('window') ? window : Math.max(SHORTEST_WINDOW, least),
    deadBand: readDeadBand(fields),
  }
}

function readSignal(fields: Fields): Signal {
  const signal = fields.get('signal') ?? 'mean'
  const quantile = typeof signal === 'string' ? quantileOf(signal) : undefined
  if (quantile === undefined && signal !== 'mean')
    fields.fault(
      'signal',
      `${JSON.stringify(signal)} is neither the mean nor a percentile`,
      "Write 'mean', 'p95' or the like.",
    )
  return quantile ?? 'mean'
}

function readDeadBand(fields: Fields): number {
  const share = fields.quantity('deadBand', DEAD_BAND, parseShare)
  if (share >= 0.5) fields.fault('deadBand', 'it is half of the latency or more', "Write less, such as '10%'.")
  return share
}
