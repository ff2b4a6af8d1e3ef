import type { Milliseconds } from '../ground/units.ts'
import type { SlowRequest } from '../measure/report.ts'

/** Requests that ended at one moment: one stall held all of them up. */
export interface SlowGroup {
  requests: readonly [SlowRequest, ...SlowRequest[]]
  /** When the last of them ended, from the start of the run. */
  at: Milliseconds
  /** The longest of them. */
  longest: Milliseconds
}

/** Responses that a stall held up come this close to one another: a share of how long they took, or milliseconds. */
const CLOSE = { share: 0.1, atLeast: 10 }

/** The slowest requests by the moment at which they ended; the group of the slowest one first. */
export function slowGroups(slowest: readonly SlowRequest[]): SlowGroup[] {
  const ended = ({ at, latency }: SlowRequest) => at + latency
  const groups: [SlowRequest, ...SlowRequest[]][] = []
  for (const request of [...slowest].sort((a, b) => ended(a) - ended(b))) {
    const group = groups.at(-1)
    const apart = group === undefined ? Number.POSITIVE_INFINITY : ended(request) - ended(group[0])
    // A group contains no request that was sent after another one had ended.
    const isHeldUp = group?.every(other => request.at < ended(other))
    if (isHeldUp && apart <= Math.max(CLOSE.atLeast, CLOSE.share * request.latency)) group!.push(request)
    else groups.push([request])
  }
  return groups
    .map(group => {
      const requests = [...group].sort((a, b) => b.latency - a.latency) as [SlowRequest, ...SlowRequest[]]
      return { requests, at: Math.max(...requests.map(ended)), longest: requests[0].latency }
    })
    .sort((a, b) => b.longest - a.longest)
}
