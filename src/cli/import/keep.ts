import { didYouMean } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { grouped } from '../../ground/group.ts'
import { wordsOf } from '../../ground/words.ts'
import { type Flags, Misuse } from '../flags.ts'
import type { SecretMatch } from './secrets.ts'
import { looksRandom } from './shapes.ts'
import type { Written } from './steps.ts'

/* Long random text becomes an input, unless the user says that it is no secret. */

/** Characters of a value that are shown. */
const SHOWN = 12

/** Names whose random values stay, by `--keep`. Throws Misuse for a name without such a value. */
export function keptOf({ inputs }: Written, flags: Flags): string[] {
  const byName = grouped(inputs.random, ({ of }) => wordsOf(of))
  const kept = flags.list('keep')
  for (const name of kept) {
    if (byName.has(wordsOf(name))) continue
    const meant = didYouMean(name, [...byName.keys()])
    const advice = meant === undefined ? 'Leave it out.' : `Did you mean --keep ${meant}?`
    throw new Misuse(failed('keep', `"${name}"`, 'no long random text that would be an input has this name', advice))
  }
  return kept
}

/** Findings but for random ones of these names. */
export const withoutKept = (secrets: readonly SecretMatch[], kept: readonly string[]): SecretMatch[] =>
  secrets.filter(({ name, isRandom }) => !(isRandom && kept.some(one => wordsOf(one) === wordsOf(name))))

/** Words of a written file that look random, shortened. */
export const randomWords = (text: string): string[] =>
  [...text.matchAll(/[\w~+-]{16,}/g)]
    .flatMap(([word]) => (looksRandom(word) ? [word] : []))
    .map(word => (word.length > SHOWN ? `${word.slice(0, SHOWN)}…` : word))
