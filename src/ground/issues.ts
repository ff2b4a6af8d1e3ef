import { formatCount } from './units.ts'
import { firstOf } from './words.ts'

/** Maximum number of faults that are listed for a value, because a list of a million may have as many. */
const MOST_FAULTS = 20

/**
 * Faults of a value with their places: `comparison.took: Invalid input: expected number`. Only the first ones of many.
 */
export function faultsOf(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string[] {
  const all = issues.map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`)
  return firstOf(all, MOST_FAULTS, left => `and ${formatCount(left)} more`)
}
