import { Fields } from '../../ground/fields.ts'
import { given } from '../../ground/given.ts'
import { EVENTS_FIELD } from '../extension-fields.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context } from '../loaded/context.ts'
import type { Reading } from '../loaded/loaded.ts'
import type { Criterion, EventRule, Step } from '../model.ts'
import { has, isRaw, member, type Raw, scalar } from '../raw.ts'
import { readCondition, readCriterion } from './language.ts'

const KEYS = ['until', 'most', 'within']
const PARTS = ['condition', 'context', 'type', 'version']

/** As many events as a step reads that does not say how many, while its `until` does not hold. */
const MOST = 1_000
/** More than any step has use for. */
const HIGHEST = 1_000_000

/** Reads `x-events` of a step; what is wrong with it is reported. Undefined where there is none that could be used. */
export function readEvents(
  step: Raw,
  of: string,
  target: Step['target']['kind'] | undefined,
  context: Context,
  reading: Reading,
): EventRule | undefined {
  if (!has(step, EVENTS_FIELD)) return undefined
  const at = placeOfKey(step, EVENTS_FIELD)
  const thing = `${EVENTS_FIELD} of ${of}`
  const value = member(step, EVENTS_FIELD)
  const { problems } = reading
  if (!isRaw(value)) {
    const hint = `Write such as \`${EVENTS_FIELD}: { most: 1 }\`.`
    const found = 'it is not an object'
    return problems.addFirm({
      code: 'wrong-type',
      at: placeOfValue(step, EVENTS_FIELD),
      failed: `read ${thing}`,
      found,
      hint,
    })
  }
  if (target === 'workflow' || target === 'channel') {
    const found = `a step ${target === 'workflow' ? 'that runs a workflow' : 'on a channel'} has no event stream`
    problems.addFirm({
      code: 'irrelevant-field',
      at,
      failed: `read ${thing}`,
      found,
      hint: 'Move it to a step of an operation.',
    })
  }
  const fields = new Fields(value, '')
  fields.checkKeys(KEYS)
  const most = fields.count('most', MOST, 1, HIGHEST)
  const within = fields.has('within') ? fields.length('within', 0, true) : undefined
  if (!fields.has('until') && !fields.has('most'))
    fields.fault(
      '',
      'it says neither how long it reads nor how much',
      'Give it `until`, a condition, or `most`, a number of events.',
    )
  for (const { path, found, advice: hint } of fields.faults) {
    const key = path.slice(1)
    const place = key === '' ? at : KEYS.includes(key) ? placeOfValue(value, key) : placeOfKey(value, key)
    const what = key === '' ? thing : `"${key}" in ${thing}`
    problems.addFirm({ code: 'invalid-value', at: place, failed: `read ${what}`, found, hint: hint ?? '' })
  }
  return given({ at, until: readUntil(value, thing, context, reading), most, within })
}

/** A condition, a Criterion Object, or a list of those. */
function readUntil(rule: Raw, of: string, context: Context, reading: Reading): Criterion[] {
  const until = member(rule, 'until')
  if (until === undefined) return []
  if (!Array.isArray(until)) return readOne(rule, 'until', `"until" in ${of}`, context, reading)
  if (until.length === 0) {
    const at = placeOfValue(rule, 'until')
    const hint = 'Give it a condition, or leave it out.'
    reading.problems.addFirm({
      code: 'invalid-value',
      at,
      failed: `read "until" in ${of}`,
      found: 'the list is empty',
      hint,
    })
  }
  return until.flatMap((_, i) => readOne(until, i, `criterion ${i + 1} of "until" in ${of}`, context, reading))
}

function readOne(owner: object, key: string | number, thing: string, context: Context, reading: Reading): Criterion[] {
  const value = (owner as Record<string | number, unknown>)[key]
  if (!isRaw(value)) {
    if (typeof value === 'string') return [readCondition(owner, key, thing, context, reading) ?? []].flat()
    const hint = "Write such as `until: $response.body#/0/data == 'done'`."
    const found = 'it is neither a condition nor a Criterion Object'
    const at = placeOfValue(owner, key)
    return reading.problems.addFirm({ code: 'wrong-type', at, failed: `read ${thing}`, found, hint }) ?? []
  }
  const stranger = Object.keys(value).find(name => !PARTS.includes(name) && !name.startsWith('x-'))
  if (stranger !== undefined) {
    const at = placeOfKey(value, stranger)
    const found = `a Criterion Object has no field \`${stranger}\``
    const hint = `Its fields are ${PARTS.join(', ')}.`
    reading.problems.addFirm({ code: 'unknown-field', at, failed: `read ${thing}`, found, hint })
  }
  const test = readCriterion(value, thing, context, reading)
  return test ? [{ test, text: scalar(value, 'condition') ?? '', at: placeInside(value, 'condition', 0) }] : []
}
