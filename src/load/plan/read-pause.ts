import type { Fields } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { show } from '../../ground/show.ts'
import { parseDuration } from '../../ground/units.ts'
import type { Pause } from './pause.ts'

const ADVICE =
  "Write a length such as '500ms', { uniform: ['200ms', '800ms'] } or { normal: { mean: '500ms', deviation: '100ms' " +
  '} }.'

/** Reads a pause: a length, or `uniform` or `normal` for one that is drawn anew each time. */
export function readPause(fields: Fields, key: string): Pause | undefined {
  if (!fields.has(key)) return undefined
  const value = fields.get(key)
  if (!isObject(value)) {
    return { kind: 'fixed', length: fields.parsed(key, value, parseDuration) }
  }
  const within = fields.within(key, ADVICE)!
  if (within.checkKeys(['uniform', 'normal']).size > 0) return undefined
  if (within.has('uniform') === within.has('normal')) {
    const found = within.has('uniform') ? 'it is uniform and normal at once' : 'it says neither of them'
    return fields.fault(key, found, ADVICE)
  }
  return within.has('uniform') ? readUniform(within) : readNormal(within)
}

function readUniform(fields: Fields): Pause | undefined {
  const range = fields.get('uniform')
  if (!Array.isArray(range) || range.length !== 2) {
    return fields.fault('uniform', `${show(range)} is not a valid range`, "Write ['200ms', '800ms']: from, to.")
  }
  const [from, to] = range.map(bound => fields.parsed('uniform', bound, parseDuration)) as [number, number]
  if (from > to) fields.fault('uniform', 'it ends before it begins', 'Write the shorter length first.')
  return { kind: 'uniform', from, to }
}

function readNormal(fields: Fields): Pause | undefined {
  const normal = fields.within('normal', "Write { mean: '500ms', deviation: '100ms' }.")
  if (!normal) return undefined
  const meant = normal.checkKeys(['mean', 'deviation'])
  for (const key of ['mean', 'deviation'])
    if (!normal.has(key) && !meant.has(key)) normal.fault('', `it has no ${key}`, `Add ${key}.`)
  return { kind: 'normal', mean: normal.length('mean', 0), deviation: normal.length('deviation', 0) }
}
