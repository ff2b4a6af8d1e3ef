import { formatCount, formatMs, formatShare, type Milliseconds, type Share } from '../../ground/units.ts'
import { CROWDED, isStarved, OTHERS } from '../../measure/cpu-wait.ts'
import type { Doubt, ThreadHealth } from '../../measure/report.ts'
import { moreThreads, notable } from './doubt-words.ts'
import type { Findings } from './doubts.ts'

/** Share of time above which responses wait for the generator, and their time is measured with that wait in it. */
export const BUSY: Share = 0.9

/** Long pauses that make up less than this cannot be seen in a p99. */
const FEW: Share = 0.001

/** A wait of this share is met by one in a hundred requests. */
const SEEN_IN_P99: Share = 0.005

/** A thread that does nothing for so long was not merely busy. */
const STILL: Milliseconds = 1000

/** Doubts about the load threads themselves. */
export function doubtsOfThreads(findings: Findings): Doubt[] {
  if (findings.threads.length === 0) return []
  return [
    ...saturated(findings),
    ...starved(findings),
    ...applicationStarved(findings),
    ...lateResponses(findings),
    ...stoodStill(findings),
    ...collected(findings),
  ]
}

function saturated({ plan, threads }: Findings): Doubt[] {
  const busy = threads.filter(thread => thread.eventLoopUtilization > BUSY)
  if (busy.length === 0) return []
  const eventLoopUtilization = worst(threads, thread => thread.eventLoopUtilization)
  const share = formatShare(eventLoopUtilization)
  const who =
    threads.length === 1
      ? `The load thread was busy ${share} of the time`
      : busy.length === 1
        ? `1 of ${threads.length} load threads${hostsOf(busy)} was busy ${share} of the time`
        : `${busy.length} of ${threads.length} load threads${hostsOf(busy)} were busy up to ${share} of the time`
  const found = `${who}, so that responses had to wait for ${busy.length === 1 ? 'it' : 'them'}`
  const cause = "the figures may be the generator's rather than the API's"
  const advice = [moreThreads(plan), 'ask for less load', 'run the generator on a machine of its own']
  return [{ kind: 'generator saturated', eventLoopUtilization, found, cause, advice }]
}

/** ` (on eu-1)`, where threads are on several hosts. */
function hostsOf(threads: readonly ThreadHealth[]): string {
  const names = [...new Set(threads.flatMap(({ host }) => host ?? []))].sort()
  return names.length === 0 ? '' : ` (on ${names.join(', ')})`
}

function starved(findings: Findings): Doubt[] {
  const { threads } = findings
  const isLocal = findings.isLocal && findings.starvation === undefined
  const hungry = hungryOf(threads)
  if (hungry.length === 0) return []
  const share = worst(hungry, thread => thread.waited ?? 0)
  const longest = worst(hungry, thread => thread.longestWait ?? 0)
  const thread = threads.length === 1 ? 'The load thread' : `One of ${threads.length} load threads${hostsOf(hungry)}`
  const found = `${thread} had work to do but no core for ${formatShare(share)} of the time, ${withinSecond(longest)}`
  const whose = isLocal ? "the generator's CPU, and the application's on the same machine" : "the generator's CPU"
  const cause = `something else takes ${whose}, and that wait is in every latency`
  const advice = ['end other programs', 'give the generator a core of its own']
  return [{ kind: 'generator starved', share, longest, isShared: isLocal || undefined, found, cause, advice }]
}
const SECOND: Milliseconds = 1000

/** A look that comes late counts the waits of more than a second. */
const withinSecond = (longest: Milliseconds) =>
  longest < SECOND ? `up to ${formatMs(longest)} of a second` : 'at times for a whole second'

/** ` on eu-1`: the host of the thread of which most is, where threads are on several. */
function hostOfWorst(threads: readonly ThreadHealth[], of: (thread: ThreadHealth) => number): string {
  const most = worst(threads, of)
  const host = threads.find(thread => of(thread) === most)?.host
  return host === undefined ? '' : ` on ${host}`
}

function hungryOf(threads: Findings['threads']): readonly ThreadHealth[] {
  return threads.filter(({ waited = 0, spareCores: spare }) => isStarved({ share: waited, spare }))
}

/**
 * Waits of an application for other programs, not for itself: as many busy threads as cores wait for one another. Next
 * to a starved generator, waits of up to the size that a p99 allows.
 */
function applicationStarved({ threads, starvation }: Findings): Doubt[] {
  if (starvation === undefined || starvation.others < OTHERS) return []
  const { spare, others, ...waits } = starvation
  const { share, longest } = waits
  const isHungry = hungryOf(threads).length > 0 ? share > SEEN_IN_P99 : isStarved({ share, spare })
  if (!isHungry) return []
  const found =
    `The application had work to do but no core for ${formatShare(share)} of the time, ${withinSecond(longest)}, ` +
    `while other programs used ${formatShare(others)} of one`
  const advice = ['end other programs', 'give the application cores of its own']
  return [{ kind: 'application starved', ...waits, found, cause: 'that wait is in every latency', advice }]
}

/** Also of closed models, where no start is late: it is the responses that wait. */
function lateResponses({ plan, threads, responseTime }: Findings): Doubt[] {
  const delay = (thread: ThreadHealth) => thread.delay.p99
  const p99 = worst(threads, delay)
  const waited = worst(threads, thread => thread.waited ?? 0)
  if (p99 <= notable(responseTime)) return []
  const crowded = waited > CROWDED
  const cause = crowded
    ? `for ${formatShare(waited, 2)} of the time it was ready to run, other programs had the cores`
    : 'its work comes in lumps, or it stood still'
  const advice = crowded
    ? ['end other programs', 'give the generator cores of its own', moreThreads(plan)]
    : [moreThreads(plan), 'ask for less load']
  const where = hostOfWorst(threads, delay)
  const found = `At one in a hundred moments a load thread${where} got to what was due more than ${formatMs(p99)} late`
  return [{ kind: 'late answers', p99, waited: crowded ? waited : undefined, found, cause, advice }]
}

function stoodStill({ threads, measured }: Findings): Doubt[] {
  const delay = (thread: ThreadHealth) => thread.delay.longest
  const longest = worst(threads, delay)
  if (longest < STILL) return []
  const found = `A load thread${hostOfWorst(threads, delay)} stood still for ${formatMs(longest)}`
  const cause = 'the process was stopped or swapped out, its machine slept, or it was long without a core'
  const advice = ['let nothing else run on the machine, and run again']
  return [{ kind: 'stood still', longest, share: shareOf(longest, measured), found, cause, advice }]
}

function collected({ threads, measured, responseTime }: Findings): Doubt[] {
  const longestOf = ({ gc }: ThreadHealth) => gc.longest
  const longest = worst(threads, longestOf)
  const long = worst(threads, ({ gc }) => gc.long)
  const share = shareOf(long, measured)
  if (longest <= notable(responseTime) || (share < FEW && longest <= responseTime.max / 2)) return []
  const pauses = worst(threads, ({ gc }) => gc.count)
  const total = formatMs(worst(threads, ({ gc }) => gc.total))
  const times = `${formatCount(pauses)} times, for ${formatMs(longest)} at the longest and ${total} in all`
  const where = hostOfWorst(threads, longestOf)
  const often = pauses === 1 ? `once, for ${total}` : times
  const found = `The garbage collector of a load thread${where} paused it ${often}`
  const advice = [
    'take smaller inputs and responses',
    'use more threads',
    'give Node more room (NODE_OPTIONS=--max-semi-space-size=64)',
  ]
  return [{ kind: 'GC pauses', longest, share, found, cause: 'responses waited meanwhile', advice }]
}

function worst(threads: readonly ThreadHealth[], of: (thread: ThreadHealth) => number): number {
  return Math.max(...threads.map(of))
}

export function shareOf(time: Milliseconds, measured: Milliseconds): Share {
  return measured > 0 ? Math.min(1, time / measured) : 0
}
