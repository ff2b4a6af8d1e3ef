import { formatCount } from './units.ts'

/** `1 user`, `1,000 users`. */
export function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? '' : 's'}`
}

/** The first letter small, as within a sentence. */
export const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** The first letter large, as at the beginning of a sentence. */
export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The first of texts, and another one on how many are left. */
export function firstOf(texts: readonly string[], most: number, wordsFor: (left: number) => string): string[] {
  const left = texts.length - most
  return left > 0 ? [...texts.slice(0, most), wordsFor(left)] : [...texts]
}

/** `"a", "b"`. */
export function quoted(names: readonly string[]): string {
  return names.map(name => `"${name}"`).join(', ')
}

/** A text as an id: letters and digits, joined by dashes. */
export function wordsOf(text: string): string {
  const words = text.normalize('NFKD').match(/[A-Za-z0-9]+/g) ?? []
  return words.join('-') || 'api'
}
