import { Random } from '../../../ground/random.ts'
import type { Place } from './protocol.ts'

/** A time in which one side has the load. */
export interface Turn {
  side: Place
  /** Whether it is a slice of a block, or a whole one. */
  isSlice: boolean
  /** Whether a block of this side ends with it. */
  endsBlock: boolean
}

const AB: readonly Place[] = [0, 1]
const BA: readonly Place[] = [1, 0]

/**
 * Turns of so many pairs of blocks. Two pairs after one another are ABBA or BAAB, at random: a drift and what spills
 * over from one block to the next hit both alike. Of an odd number of pairs the last one is at random. So are the
 * slices of a pair of blocks among themselves.
 *
 * @param slices of each side in a pair of blocks that is sliced; 0 where none is.
 * @param areBetween whether the pairs are whole, and a sliced one comes after each second of them, or the only one.
 */
export function turnsOf(pairs: number, seed: number, slices = 0, areBetween = false): Turn[] {
  const random = new Random(seed, 'blocks')
  const sliced = () => {
    const places = alternating(slices, random)
    return places.map((side, at) => ({ side, isSlice: true, endsBlock: places.lastIndexOf(side) === at }))
  }
  if (slices > 0 && !areBetween) return Array.from({ length: pairs }, sliced).flat()
  const whole = alternating(pairs, random).map(side => ({ side, isSlice: false, endsBlock: true }))
  if (slices === 0) return whole
  return Array.from({ length: pairs }, (_, pair) => {
    const isFollowed = pair % 2 === 1 || pairs === 1
    return [...whole.slice(2 * pair, 2 * pair + 2), ...(isFollowed ? sliced() : [])]
  }).flat()
}

function alternating(pairs: number, random: Random): Place[] {
  const places: Place[] = []
  for (let pair = 0; pair < pairs; pair += 2) {
    const [one, other] = random.below(2) === 0 ? [AB, BA] : [BA, AB]
    places.push(...one, ...(pair + 1 < pairs ? other : []))
  }
  return places
}
