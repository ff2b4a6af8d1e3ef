import type { Milliseconds } from '../ground/units.ts'

/** Round trips from which an offset is taken at the most: the shortest is the one that was held up least. */
const TRIPS = 25
/** Trips over a far link end after so long; a few are made however long they take. */
const LONGEST: Milliseconds = 2_000
const FEWEST = 3

/** How far another clock is ahead of this one, and how far off that may be at the most. */
export interface ClockOffset {
  offset: Milliseconds
  within: Milliseconds
}

/**
 * Compares another clock with this one (Cristian, Probabilistic clock synchronization, 1989): its time is taken to be
 * that of the middle of the shortest of several round trips.
 *
 * @param ask what resolves with the other clock's time, in milliseconds since the epoch.
 * @param now this clock's.
 * @param enough no more trips are made once the offset is known so well.
 */
export async function compareClocks(
  ask: () => Promise<Milliseconds>,
  now: () => Milliseconds,
  enough: Milliseconds = 0,
): Promise<ClockOffset> {
  let best: ClockOffset | undefined
  const end = now() + LONGEST
  const isEnough = (trips: number) => (best && best.within <= enough) || (trips >= FEWEST && now() >= end)
  for (let trip = 0; trip < TRIPS && !isEnough(trip); trip++) {
    const before = now()
    const other = await ask()
    const within = (now() - before) / 2
    if (best === undefined || within < best.within) best = { offset: other - (before + within), within }
  }
  return best!
}
