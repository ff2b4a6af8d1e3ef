import {
  compileReplacement,
  ExpressionError,
  parseSelectorType,
  type SelectorType,
  trimmed,
} from '../../expression/index.ts'
import { given } from '../../ground/given.ts'
import { isJsonType } from '../../ground/media-type.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context } from '../loaded/context.ts'
import type { Reading } from '../loaded/loaded.ts'
import type { Replacement, RequestBody } from '../model.ts'
import { has, isRaw, member, object, objects, type Raw, text } from '../raw.ts'
import { readTemplate } from './language.ts'

/** @param mediaTypes those that the operation takes. */
export function readRequestBody(
  step: Raw,
  thing: string,
  mediaTypes: readonly string[],
  context: Context,
  reading: Reading,
): RequestBody | undefined {
  const raw = object(step, 'requestBody')
  if (!raw || context.document.misshapen.has(raw)) return undefined
  const of = `the request body of ${thing}`
  const contentType = text(raw, 'contentType')
  const media = contentType ?? mediaOf(mediaTypes)
  return given({
    contentType,
    ...(has(raw, 'payload') && { payload: readTemplate(raw, 'payload', of, context, reading) }),
    replacements: objects(raw, 'replacements').flatMap((item, index) =>
      readReplacement(item, `replacement ${index + 1} of ${thing}`, media, context, reading),
    ),
    at: placeOfKey(step, 'requestBody'),
  })
}

/** What the operation takes when the step does not say: JSON if it can be. */
function mediaOf(types: readonly string[]): string {
  return types.find(isJsonType) ?? types[0] ?? 'application/json'
}

function readReplacement(raw: Raw, thing: string, media: string, context: Context, reading: Reading): Replacement[] {
  const selector = member(raw, 'targetSelectorType')
  const { misshapen } = context.document
  const written = text(raw, 'target')
  if (written === undefined || misshapen.has(raw) || (isRaw(selector) && misshapen.has(selector))) return []
  const value = readTemplate(raw, 'value', thing, context, reading)
  const at = placeInside(raw, 'target', 0)
  try {
    const type = selector === undefined ? guessType(written, media) : parseSelectorType(selector)
    const target = trimmed(type.type, written)
    compileReplacement(type, target)
    if (selector === undefined && type.type === 'jsonpath') {
      const found = 'a target is a JSON Pointer unless it says otherwise; this one is read as JSONPath'
      const hint = context.document.version === '1.0' ? undefined : 'Add `targetSelectorType: jsonpath`.'
      reading.problems.warn({ code: 'expression-form', at, failed: `read ${thing}`, found, hint })
    }
    return [{ target, targetType: type.type, targetVersion: type.version, value, at }]
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const place =
      error.field === 'version' || error.field === 'type'
        ? placeOfValue(raw, 'targetSelectorType')
        : placeInside(raw, 'target', error.offset)
    const { message: found, hint } = error
    reading.problems.addFirm({ code: 'invalid-expression', at: place, failed: `read ${thing}`, found, hint })
    return []
  }
}

/** "MUST be interpreted as JSON Pointer if the payload is `application/json`", as XPath if it is XML. */
function guessType(target: string, media: string): SelectorType {
  if (/[/+]xml\b/.test(media)) return { type: 'xpath', version: 'xpath-31' }
  if (/^\$(?:[.[]|$)/.test(target)) return { type: 'jsonpath', version: 'rfc9535' }
  return { type: 'jsonpointer', version: 'rfc6901' }
}
