import type { Milliseconds } from '../../../ground/units.ts'

/** Rounds of a warm-up, each side's. */
const FEWEST = 4
const MOST = 20
/** A round that is not faster than the best before it by more than this has gained nothing. */
const GAIN = 0.05
/** What rounds of both sides may take, beyond the first two of each. */
const LONGEST: Milliseconds = 3_000

/** Whether more rounds of a warm-up are needed. @param times how long each round took, by side. */
export function isWarm(times: readonly [readonly Milliseconds[], readonly Milliseconds[]]): boolean {
  const rounds = times[0].length
  if (rounds >= MOST) return true
  const total = times.flat().reduce((sum, time) => sum + time, 0)
  if (rounds >= 2 && total >= LONGEST) return true
  return rounds >= FEWEST && times.every(gainsNothing)
}

function gainsNothing(times: readonly Milliseconds[]): boolean {
  return times.at(-1)! >= (1 - GAIN) * Math.min(...times.slice(0, -1))
}
