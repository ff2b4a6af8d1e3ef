import { didYouMean } from '../../ground/errors.ts'
import { failed } from '../../ground/fault.ts'
import { grouped } from '../../ground/group.ts'
import { counted, wordsOf } from '../../ground/words.ts'
import { type Flags, Misuse } from '../flags.ts'
import { isAttended } from '../init/questions.ts'
import type { Finding } from './secrets.ts'
import { looksRandom } from './shapes.ts'
import type { Written } from './steps.ts'

/* Long random text becomes an input, unless the user says that it is no secret. */

/** Questions that are asked; the names beyond them are inputs. */
const MOST_ASKED = 20
/** Characters of a value that are shown. */
const SHOWN = 12

/** Names whose random values stay, by `--keep` or by an answer. Throws Misuse for a name without such a value. */
export async function keptOf({ inputs }: Written, flags: Flags): Promise<string[]> {
  const byName = grouped(inputs.random, ({ of }) => wordsOf(of))
  const kept = flags.list('keep')
  for (const name of kept) {
    if (byName.has(wordsOf(name))) continue
    const meant = didYouMean(name, [...byName.keys()])
    const advice = meant === undefined ? 'Leave it out.' : `Did you mean --keep ${meant}?`
    throw new Misuse(failed('keep', `"${name}"`, 'no long random text that would be an input has this name', advice))
  }
  const open = [...byName].filter(([name]) => !kept.some(one => wordsOf(one) === name)).slice(0, MOST_ASKED)
  if (!isAttended(flags) || open.length === 0) return kept
  const { askWhether } = await import('../ask.ts')
  for (const [name, values] of open) {
    const shown = `${values[0]!.value.slice(0, SHOWN)}…`
    const which = `${counted(values.length, 'long random text')} (${shown})`
    if (await askWhether(`${name} has ${which}. Is it no secret, so that the files may hold it?`, false))
      kept.push(name)
  }
  return kept
}

/** Findings but for random ones of these names. */
export const withoutKept = (secrets: readonly Finding[], kept: readonly string[]): Finding[] =>
  secrets.filter(({ name, isRandom }) => !(isRandom && kept.some(one => wordsOf(one) === wordsOf(name))))

/** Words of a written file that look random, shortened. */
export const randomWords = (text: string): string[] =>
  [...text.matchAll(/[\w~+-]{16,}/g)]
    .flatMap(([word]) => (looksRandom(word) ? [word] : []))
    .map(word => (word.length > SHOWN ? `${word.slice(0, SHOWN)}…` : word))
