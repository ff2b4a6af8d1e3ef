import { tripsOf } from '../budget/metrics/round-trips.ts'
import type { SideName } from '../compare/pair.ts'
import type { Milliseconds, Share } from '../ground/units.ts'
import type { Cause, RoundTrips } from '../measure/report.ts'

type OfTrips = Extract<Cause, { kind: 'round trips' }>
type Trips = Record<SideName, RoundTrips>

/** Fewer additional round trips for each request can be connections that are opened anew. */
const LEAST_MORE = 0.1
/** Part of the time on base by which a wait has to be longer, and the least of it for each request. */
const LONGER: Share = 1 / 3
const LEAST_LONGER: Milliseconds = 0.1

/** Service to which head makes more round trips than base; undefined without one. */
export function moreTrips(trips: Trips): OfTrips | undefined {
  return most(trips, ({ trips: { base, head } }) => (head - base >= LEAST_MORE ? head - base : 0))
}

/** Service for which head waits longer than base; undefined without one. */
export function longerWait(trips: Trips): OfTrips | undefined {
  return most(trips, ({ waited: { base, head } }) =>
    head - base >= Math.max(LEAST_LONGER, LONGER * base) ? head - base : 0,
  )
}

/** Service with the most of a figure. */
function most({ base, head }: Trips, figure: (of: OfTrips) => number): OfTrips | undefined {
  const all = Object.keys(head.to).map((to): OfTrips => {
    const [of, now] = [base, head].map(side => {
      const { count, waited } = tripsOf(side, to)
      return { trips: count / side.requests, waited: waited / side.requests }
    }) as [Record<'trips' | 'waited', number>, Record<'trips' | 'waited', number>]
    return {
      kind: 'round trips',
      to,
      trips: { base: of.trips, head: now.trips },
      waited: { base: of.waited, head: now.waited },
    }
  })
  const [first] = all.toSorted((a, b) => figure(b) - figure(a))
  return first !== undefined && figure(first) > 0 ? first : undefined
}
