import { formatCount } from './units.ts'
import { firstOf } from './words.ts'

/** Faults that are told of one value: of a list of a million there may be as many. */
const MOST_FAULTS = 20

/** What is wrong with a value, by its place: `comparison.took: Invalid input: expected number`. Of many the first. */
export function faultsOf(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string[] {
  const all = issues.map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`)
  return firstOf(all, MOST_FAULTS, left => `and ${formatCount(left)} more`)
}
