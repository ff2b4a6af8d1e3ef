import type { Milliseconds } from '../../../ground/units.ts'

/** Rounds of a warm-up, each side's. */
const FEWEST = 4
const MOST = 20
/** A round that is not faster than the best before it by more than this has gained nothing. */
const GAIN = 0.05
/**
 * Whether a warm-up has had rounds enough: the last one was no faster on either side.
 *
 * @param rounds iterations of each.
 * @param times how long each took, by side.
 * @param longest what rounds of both sides may take.
 */
export function isWarm(
  rounds: readonly number[],
  times: readonly [readonly Milliseconds[], readonly Milliseconds[]],
  longest: Milliseconds,
): boolean {
  if (rounds.length >= MOST) return true
  const total = times.flat().reduce((sum, time) => sum + time, 0)
  if (rounds.length > 0 && total >= longest) return true
  const each = times.map(side => side.map((time, round) => time / rounds[round]!))
  return rounds.length >= FEWEST && each.every(gainsNothing)
}

function gainsNothing(times: readonly Milliseconds[]): boolean {
  return times.at(-1)! >= (1 - GAIN) * Math.min(...times.slice(0, -1))
}
