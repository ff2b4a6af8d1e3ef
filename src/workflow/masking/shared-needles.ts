import { Needles } from './needles.ts'

/** How many are kept for who comes next with the same values. */
const KEPT = 8
/** Longer ones are made again: of a thousand characters, needles take about 100 KB. */
const LONGEST = 16_384

/** Needles by their values, the one that was asked for last at the end. */
const recent = new Map<string, Needles>()

/**
 * What a text is searched for these values with. The virtual users of a thread mostly have the same secrets: when all
 * of them meet their first failure in the same second, they share what would otherwise be made and kept for each.
 */
export function needlesFor(values: ReadonlySet<string>): Needles {
  const key = JSON.stringify([...values])
  const needles = recent.get(key) ?? needlesOf(values)
  if (key.length > LONGEST) return needles
  recent.delete(key)
  recent.set(key, needles)
  if (recent.size > KEPT) recent.delete(recent.keys().next().value!)
  return needles
}

/** Each value as text, and as the bytes of that text: what is taken out of percent-encoding or base64 is bytes. */
function needlesOf(values: Iterable<string>): Needles {
  const needles = new Needles()
  for (const value of [...values].flatMap(spellingsOf)) {
    needles.add(value)
    // Bytes of a letter beyond ASCII are others in upper case.
    if (/[^\0-\x7f]/.test(value))
      for (const one of [value, value.toLowerCase(), value.toUpperCase()])
        needles.add(Buffer.from(one).toString('latin1'))
    if (value.length < SHORT) for (const encoding of base64) needles.add(Buffer.from(value).toString(encoding))
  }
  return needles
}

const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i
/** A short key: a word of that length would be hidden wherever a sentence has it in capitals. */
const SHORT_KEY = /^(?=.*\d).{6,9}$/

/** Ways in which servers write the same value: UUIDs with hyphens and without, keys in upper and lower case. */
function spellingsOf(value: string): string[] {
  const groups = UUID.exec(value)?.slice(1)
  if (groups !== undefined) return [groups.join('-'), groups.join('')]
  return SHORT_KEY.test(value) ? [value, value.toLowerCase(), value.toUpperCase()] : [value]
}

const base64 = ['base64', 'base64url'] as const
/** Length below which the base64 of a secret, on its own, is a run that is not decoded. */
const SHORT = 9
