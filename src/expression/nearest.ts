import { distance } from 'fastest-levenshtein'

/**
 * The word that was probably meant, if one is near: at most two edits, and fewer than half of the letters.
 */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const sought = word.toLowerCase()
  let best: string | undefined
  let least = Math.min(3, Math.ceil((word.length + 1) / 2))
  for (const candidate of words) {
    const edits = distance(sought, candidate.toLowerCase())
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}

/** `Did you mean "inputs"?`, or what there is to choose from. */
export function didYouMean(word: string, words: readonly string[]): string {
  const found = nearest(word, words)
  if (found !== undefined) return `Did you mean "${found}"?`
  if (words.length < 2) return words.length === 0 ? 'There is none.' : `Use ${words[0]}.`
  return `Use one of ${words.slice(0, -1).join(', ')} or ${words.at(-1)}.`
}
