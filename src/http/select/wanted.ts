import type { Bytes } from '../../ground/units.ts'
import { QUOTE } from './bytes.ts'
import type { Found } from './found.ts'
import { pluck } from './pluck.ts'
import type { Place, Selection } from './selection.ts'
import { sift } from './sift.ts'
import { jsonValue } from './values.ts'

/** A string that is compared with the one before it is not longer. */
const LONGEST_KEPT: Bytes = 64

/** The wanted item of an array. */
export function itemAt({ children }: Place, index: number): Place | undefined {
  for (let i = 0; i < children.length; i++) if (children[i]!.index === index) return children[i]
  return undefined
}

/** The first index from this one on of which the item is wanted; this one, where none is. */
export function indexFrom({ children }: Place, index: number): number {
  let first = Number.POSITIVE_INFINITY
  for (let i = 0; i < children.length; i++) {
    const other = children[i]!.index
    if (other >= index && other < first) first = other
  }
  return first === Number.POSITIVE_INFINITY ? index : first
}

/** The wanted member whose name is these bytes. */
export function childNamed({ children }: Place, bytes: Uint8Array, from: number, to: number): Place | undefined {
  for (let i = 0; i < children.length; i++) {
    if (children[i]!.size !== to - from) continue
    const name = children[i]!.name!
    let n = 0
    while (n < name.length && name[n] === bytes[from + n]) n++
    if (n === name.length) return children[i]
  }
  return undefined
}

/**
 * Takes what is wanted of a value of which these are the bytes.
 * @param isLast whether the document is gone afterwards: what may be explained is then read as a whole.
 */
export function takeWanted(
  found: Found,
  selection: Selection,
  place: Place,
  bytes: Uint8Array,
  from: number,
  end: number,
  isLast: boolean,
): void {
  const plucked = isLast ? place.lastPlucked : place.plucked
  if (plucked.length < place.last - place.first) {
    const sieve = isLast ? place.lastSieve : place.sieve
    const value = sieve === undefined ? textOrValue(place, bytes, from, end) : sift(sieve, bytes, from, end)
    found.take(selection, place, value)
  }
  for (const plucking of plucked)
    found.values[plucking.index] = pluck(plucking, bytes, from, end) ?? jsonValue(bytes, from, end)
}

/** A string that is the one that stood there last, as a status often is, is not made again. */
function textOrValue(place: Place, bytes: Uint8Array, from: number, end: number): unknown {
  const last = place.text
  const length = end - from - 2
  if (bytes[from] === QUOTE && last.length === length) {
    let n = 0
    while (n < length && last.charCodeAt(n) === bytes[from + 1 + n]) n++
    if (n === length) return last
  }
  const value = jsonValue(bytes, from, end)
  // One with other than ASCII has fewer characters than bytes.
  if (typeof value === 'string' && length <= LONGEST_KEPT && value.length === length) place.text = value
  return value
}
