import { didYouMean } from '../ground/errors.ts'

/** What was meant, or what there is. */
export function suggest(name: string, names: Iterable<string>, word: string): string | undefined {
  const known = [...names]
  const meant = didYouMean(name, known)
  if (meant !== undefined) return `Did you mean "${meant}"?`
  if (known.length === 0) return undefined
  const shown = known.slice(0, 8).join(', ')
  return `Its ${word} are ${shown}${known.length > 8 ? ` and ${known.length - 8} more` : ''}.`
}
