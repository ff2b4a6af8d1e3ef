import { suggestion } from '../ground/errors.ts'

/** What was meant, or what there is. */
export function suggest(name: string, names: Iterable<string>, word: string): string | undefined {
  const known = [...names]
  const meant = suggestion(name, known)
  if (meant !== undefined || known.length === 0) return meant
  const shown = known.slice(0, 8).join(', ')
  return `Its ${word} are ${shown}${known.length > 8 ? ` and ${known.length - 8} more` : ''}.`
}
