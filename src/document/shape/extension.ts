import { didYouMean } from '../../ground/errors.ts'
import { EVENTS_FIELD, EXTRACT_FIELD, LOAD_TEST_FIELD, VITEST_FIELD } from '../extension-fields.ts'

const OURS = [LOAD_TEST_FIELD, VITEST_FIELD, EVENTS_FIELD, EXTRACT_FIELD] as const

/**
 * The extension of ours that a field is, or was probably meant to be: `x-loadtest`, `loadTest`. What they all begin
 * with does not make names alike.
 */
export function meantExtension(field: string): (typeof OURS)[number] | undefined {
  const bare = (name: string) => name.replace(/^(x[-_]?)?/i, '')
  const same = OURS.find(name => bare(name) === bare(field))
  if (same !== undefined) return same
  const meant = didYouMean(bare(field), OURS.map(bare))
  return OURS.find(name => bare(name) === meant)
}
