import { formatCount } from './units.ts'

/** Faults that are told of one value: of a list of a million there may be as many. */
const MOST_FAULTS = 20

/** What is wrong with a value, by its place: `comparison.took: Invalid input: expected number`. Of many the first. */
export function faultsOf(issues: readonly { path: readonly PropertyKey[]; message: string }[]): string[] {
  const shown = issues
    .slice(0, MOST_FAULTS)
    .map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`)
  const left = issues.length - shown.length
  return left > 0 ? [...shown, `and ${formatCount(left)} more`] : shown
}
