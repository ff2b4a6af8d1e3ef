import { Fields } from '../ground/fields.ts'
import { isObject } from '../ground/object.ts'
import { decoded } from '../ground/tried.ts'
import { formatBytes } from '../ground/units.ts'
import type { Extract } from './ast.ts'
import { ExpressionError, within } from './expression-error.ts'
import { EXTRACT_FIELD } from './extract-field.ts'
import { compileLinear } from './regex.ts'

/** Characters of the longest text that is searched: a page, but not a download. */
const LONGEST = 1 << 20

/** Reads an `x-extract`. Throws ExpressionError at the place of its first fault. */
export function readExtract(value: unknown): Extract {
  const form = `Write such as \`${EXTRACT_FIELD}: { regex: 'page=(\\d+)' }\`.`
  if (!isObject(value))
    throw new ExpressionError('expected an object with a `regex`', 0, form, { field: EXTRACT_FIELD })
  const fields = new Fields(value, '')
  fields.checkKeys(['regex', 'decode'])
  if (typeof value.regex !== 'string') fields.fault('regex', 'it is not a text', form)
  const decode = fields.word('decode', ['none', 'url'], 'none')
  const [fault] = fields.faults
  if (fault !== undefined) {
    const key = fault.path.slice(1)
    const path = key in value ? [EXTRACT_FIELD, key] : [EXTRACT_FIELD]
    throw new ExpressionError(`"${key}" in ${EXTRACT_FIELD}: ${fault.found}`, 0, fault.advice, { path })
  }
  const extract = { regex: (value.regex as string).replace(/[\r\n]+$/, ''), isUrl: decode === 'url' }
  within(0, { path: [EXTRACT_FIELD, 'regex'] }, () => compileExtract(extract))
  return extract
}

/**
 * The first group of the pattern's first match in a text, in time that is linear in the text (RE2). Throws
 * ExpressionError for a pattern that is invalid or has no group, the function for a text that is too long.
 */
export function compileExtract({ regex, isUrl }: Extract): (text: string) => string | undefined {
  const pattern = compileLinear(regex)
  if (pattern.groupCount() === 0) {
    const hint = 'Put parentheses around the text to take, as in page=(\\d+).'
    throw new ExpressionError(`expected a regular expression with a group, found ${JSON.stringify(regex)}`, 0, hint)
  }
  return text => {
    if (text.length > LONGEST)
      throw new ExpressionError(
        `expected a text of at most ${formatBytes(LONGEST)} for ${EXTRACT_FIELD}, found ${formatBytes(text.length)}`,
      )
    const matcher = pattern.matcher(text)
    const found = matcher.find() ? (matcher.group(1) ?? undefined) : undefined
    return isUrl && found !== undefined ? decoded(found.replaceAll('+', ' ')) : found
  }
}
