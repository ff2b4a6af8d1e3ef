import { suggestion } from '../ground/errors.ts'

/** A hint for a word that is not one of those known: `Did you mean "inputs"?`, or what there is to choose from. */
export function suggest(word: string, words: readonly string[]): string {
  return suggestion(word, words) ?? `Use one of ${words.slice(0, -1).join(', ')} or ${words.at(-1)}.`
}
