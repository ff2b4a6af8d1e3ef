import { PROBLEM_CODES } from '../ground/errors.ts'
import { type Fields, isText, keysOf } from '../ground/fields.ts'
import type { ReadOptions } from './model.ts'

export const READ_KEYS = keysOf<ReadOptions>({ sources: true, severities: true })

/**
 * Checks the values of `sources` and `severities`, wherever they stand; a name that no source has is the document's to
 * know.
 */
export function checkReadOptions(fields: Fields): void {
  if (fields.has('sources')) {
    const sources = fields.within('sources', "Write an object: { shop: './openapi.yaml' }.")
    for (const name of sources?.keys ?? []) sources!.expect(name, isText, "Write the path of a file: './openapi.yaml'.")
  }
  if (!fields.has('severities')) return
  const severities = fields.within('severities', "Write an object: { 'newer-field': 'off' }.")
  severities?.checkKeys(PROBLEM_CODES)
  for (const code of severities?.keys ?? []) severities!.word(code, ['error', 'warning', 'off'], 'error')
}
