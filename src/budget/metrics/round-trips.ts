import { own } from '../../ground/object.ts'
import { formatMs, formatNumber } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { RoundTrips } from '../../measure/report.ts'
import { type Figures, type Measure, type Measured, NONE, requestsFor, usageOf } from '../figures.ts'
import { standing } from '../standing.ts'
import type { Metric } from './metric.ts'
import { node, ofProcesses, unreadNode } from './resources.ts'
import { number } from './units.ts'

type Trips = Pick<RoundTrips['to'][string], 'count' | 'waited'>

/** A share of requests that is cut by the ends of the window: up to it, a count near a whole number is that number. */
const LEAST_EXACT = 0.02

/** Round trips of the application to other services, for each request. */
export const roundTrips: Metric = ofProcesses({
  ...node,
  unit: number,
  isEstimate: true,
  late: 'round trips are counted when the run is over',
  // A destination without round trips looks like one whose name is wrong.
  wrongBound: ({ bound, destination }) =>
    bound === 0 && destination !== undefined
      ? {
          found: 'the bound is 0, and no round trip to a destination looks like a destination that is not there',
          advice: 'Write roundTrips: 0 for all destinations, or what it may be.',
        }
      : undefined,
  figure: () => undefined,
  measure: (figures, budget) => {
    const { node, samples = 0, missing } = usageOf(figures, budget) ?? {}
    if (node?.roundTrips === undefined || missing?.node !== undefined) return NONE
    const { count } = tripsOf(node.roundTrips, budget.destination)
    const { requests } = node.roundTrips
    if (requests <= 0 || (count === 0 && budget.bound !== 0)) return { value: undefined, count: samples }
    return { count: requests, ...estimate(count / requests, cutShare(figures, requests)) }
  },
  none: (usage, budget) => (usage.node?.roundTrips ? noTrips(usage.node.roundTrips, budget) : node.none(usage)),
  behind: ({ node, of }, { destination }) => {
    const { requests, to } = node!.roundTrips!
    const names = destination === undefined ? Object.keys(to) : [destination]
    return `${names.map(name => wordsOfTrips(name, own(to, name)!, requests)).join('; ')}; ${of}`
  },
  open: (budget, measured) => {
    if (measured.limits === undefined || standing(measured, budget) !== 'open') return []
    const [from, to] = [measured.limits.lower, measured.limits.upper].map(value => formatNumber(value))
    return [
      `The count is only known to be between ${from} and ${to}, because requests in progress at the ends of the ` +
        'window count in part. Measure longer, or leave some room.',
    ]
  },
  unseen: ({ node, ...usage }, value) =>
    node?.unread ? { ...unreadNode({ node, ...usage }, value), more: Number.POSITIVE_INFINITY } : undefined,
  reachOfFailures: (_report, _budget, value, share) => ({ less: 0, more: value / (1 - share) - value }),
  compared: {
    figure: ({ roundTrips: trips }, { destination }) => trips && tripsOf(trips, destination).count / trips.requests,
    words: { worse: 'head makes more round trips for a request', none: 'no more round trips for a request' },
    isCount: true,
    whyNone: ({ roundTrips: trips }, budget) => noTrips(trips!, budget),
    parts: ({ roundTrips: of }, { roundTrips: trips }) => (of && trips ? changesIn(of, trips) : []),
  },
})

/** `12 to 127.0.0.1:5432, base made 2`: for each request, where they differ. */
function changesIn(of: RoundTrips, trips: RoundTrips): string[] {
  const names = [...new Set([of, trips].flatMap(({ to }) => Object.keys(to)))]
  const each = names.map(name => {
    const [base, head] = [of, trips].map(all => formatNumber(tripsOf(all, name).count / all.requests, 3))
    return base === head ? [] : [`${head} to ${name}, base made ${base}`]
  })
  return each.flat()
}

/** Round trips to one destination, or to all. */
export function tripsOf({ to }: Pick<RoundTrips, 'to'>, destination: string | undefined): Trips {
  const all = destination === undefined ? Object.values(to) : [own(to, destination) ?? { count: 0, waited: 0 }]
  return all.reduce((sum, { count, waited }) => ({ count: sum.count + count, waited: sum.waited + waited }), {
    ...{ count: 0, waited: 0 },
  })
}

export function noTrips(trips: RoundTrips, { destination }: Pick<Measure, 'destination'>): string {
  const { requests, to } = trips
  if (requests <= 0) return 'no request got a response between its first reading and its last.'
  const names = Object.keys(to)
  if (destination !== undefined && names.length > 0)
    return `no round trip to ${destination} was seen. Those that were seen went to ${names.join(', ')}.`
  return (
    `no round trip was seen while ${counted(requests, 'request')} got a response. The probe sees sockets of Node.js, ` +
    'and not those of a driver in native code or of HTTP/2.'
  )
}

/**
 * Share of the requests that were in progress at an end of the window, by Little's law: of them, a part is counted. A
 * few more got a response while the ends were marked.
 */
function cutShare(figures: Figures, requests: number): number {
  const mean = requestsFor(figures, { of: 'requests' })?.serviceTime.mean ?? 0
  return (2 + 1.5 * (figures.rps / 1_000) * mean) / requests
}

/** Each request makes a whole number of round trips: if all make the same, the value is exact. */
function estimate(value: number, share: number): Pick<Measured, 'value' | 'limits'> {
  const limits = { lower: value * (1 - share), upper: value * (1 + share) }
  const whole = Math.round(value)
  return share <= LEAST_EXACT && limits.lower <= whole && whole <= limits.upper ? { value: whole } : { value, limits }
}

/** `12.0 to 127.0.0.1:5432, waited 4.1 ms`: for each request. */
export const wordsOfTrips = (name: string, { count, waited }: Trips, requests: number): string =>
  `${formatNumber(count / requests)} to ${name}, waited ${formatMs(waited / requests)}`
