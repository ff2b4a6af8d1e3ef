import { bounded } from '../../expression/bounded.ts'
import { ExpressionError } from '../../expression/index.ts'

/** Put into each schema that is referred to: only by references can a short schema mean endless work. */
export const VISITED = 'countsVisits'

/** A response that costs more than this to be held against its schema has not been held against it. */
export class EffortError extends Error {
  override readonly name = 'EffortError'
}

/** A value of fewer parts cannot take long, except by references, which are counted. */
const SHORT = 2_000
const LONGEST = 5_000
const MOST_VISITS = 200_000
const MOST_VISITS_EACH = 50

let visits = 0
let allowed = MOST_VISITS
let looked: unknown

/**
 * Counts the visit of a schema that is referred to. Throws EffortError when there were too many for the value in hand.
 */
export function visit(): void {
  if (++visits < allowed) return
  allowed = Math.max(MOST_VISITS, MOST_VISITS_EACH * partsOf(looked, Number.POSITIVE_INFINITY))
  if (visits < allowed) return
  throw new EffortError(
    `it takes more than ${allowed.toLocaleString('en')} visits to schemas that it refers to; alternatives within ` +
      'alternatives multiply',
  )
}

/** Holds a value against a schema within a time and a number of visits. Throws EffortError beyond them. */
export function withinEffort<T>(value: unknown, hold: () => T): T {
  visits = 0
  allowed = MOST_VISITS
  looked = value
  try {
    return partsOf(value, SHORT) < SHORT
      ? shallow(hold)
      : bounded(() => shallow(hold), LONGEST, { expected: 'its end' })
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw new EffortError(error.message)
  } finally {
    looked = undefined
  }
}

function shallow<T>(hold: () => T): T {
  try {
    return hold()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new EffortError('one of the two is nested too deeply, or refers to itself without end')
  }
}

/** How many values there are within one, itself included; not counted beyond `most`. */
export function partsOf(value: unknown, most: number): number {
  let parts = 0
  const pending = [value]
  while (pending.length > 0 && parts < most) {
    const one = pending.pop()
    parts++
    if (typeof one !== 'object' || one === null) continue
    const members = Array.isArray(one) ? one : Object.values(one)
    if (parts + pending.length + members.length >= most) return most
    for (const member of members) pending.push(member)
  }
  return parts
}
