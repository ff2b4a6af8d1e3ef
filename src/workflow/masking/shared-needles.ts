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
  for (const value of values) {
    needles.add(value)
    const bytes = Buffer.from(value).toString('latin1')
    if (bytes !== value) needles.add(bytes)
    if (value.length < SHORT) for (const encoding of base64) needles.add(Buffer.from(value).toString(encoding))
  }
  return needles
}

const base64 = ['base64', 'base64url'] as const
/** Length below which the base64 of a secret, on its own, is a run that is not decoded. */
const SHORT = 9
