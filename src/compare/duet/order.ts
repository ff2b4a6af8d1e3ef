import { Random } from '../../ground/random.ts'
import type { Place } from '../../load/thread/duet/protocol.ts'

const AB: readonly Place[] = [0, 1]
const BA: readonly Place[] = [1, 0]

/**
 * Who has each block of so many pairs of blocks. Two pairs after one another are ABBA or BAAB, at random: a drift and
 * what spills over from one block to the next hit both alike. Of an odd number of pairs the last one is at random.
 */
export function turnsOf(pairs: number, seed: number): Place[] {
  const random = new Random(seed, 'blocks')
  const turns: Place[] = []
  for (let pair = 0; pair < pairs; pair += 2) {
    const [one, other] = random.below(2) === 0 ? [AB, BA] : [BA, AB]
    turns.push(...one, ...(pair + 1 < pairs ? other : []))
  }
  return turns
}
