import { ended, failed } from '../../ground/fault.ts'
import { formatMs, formatShare, type Milliseconds } from '../../ground/units.ts'
import type { Doubt } from '../../measure/report.ts'
import { windowOf } from '../plan/load-plan.ts'
import type { Findings } from './doubts.ts'
import type { LostHost } from './lost-hosts.ts'

/** Hosts that were lost by the same within so long were lost at once. */
const AT_ONCE: Milliseconds = 1000

/** Why no load began: what each host had to say. */
export function lostBefore(lost: readonly LostHost[]): string {
  return lost.map(({ host, why }) => ended(failed('run', `the share of agent ${host}`, why))).join(' ')
}

/** The share of a lost host is not given to another host: it is missing from load and figures. */
export function doubtsOfLost({ lost = [], hosts = [], arrivals, plan }: Findings): Doubt[] {
  return atOnce(lost).map(group => {
    const { at } = group[0]!
    const host = group
      .map(({ host }) => host)
      .sort()
      .join(', ')
    const share = group.reduce((sum, { share }) => sum + share, 0)
    const isKnown = group.every(({ missing }) => missing !== undefined)
    const missing = isKnown ? group.reduce((sum, { missing = 0 }) => sum + missing, 0) : undefined
    const isOne = group.length === 1
    const why = whyOf(group[0]!)
    const ofAll = missing === undefined ? '' : `, ${formatShare(missing / (arrivals.due + missing))} of all at the most`
    const were = `${group.length} of ${hosts.length} hosts ${isOne ? 'was' : 'were'} lost ${momentOf(at, plan)}`
    const what = `${formatShare(share)} of ${plan.model === 'open' ? 'arrivals' : 'users'} from then on${ofAll}`
    const found = `${were} (${host}, ${why}), and with ${isOne ? 'it' : 'them'} ${what}`
    return { kind: 'lost host' as const, host, at, share, missing, found, advice: [adviceFor(group)] }
  })
}

/** Reason as a part of a sentence, without the text after a colon. */
const whyOf = ({ why }: LostHost) => why.replace(/^it (was )?/, '').replace(/[.:](?= )/g, ',')

function atOnce(lost: readonly LostHost[]): LostHost[][] {
  const groups: LostHost[][] = []
  for (const one of lost) {
    const group = groups.find(([first]) => first!.why === one.why && Math.abs(first!.at - one.at) < AT_ONCE)
    if (group) group.push(one)
    else groups.push([one])
  }
  return groups
}

/** `12.0 s after the start, 10.0 s into the measured window`. */
function momentOf(at: Milliseconds, plan: Findings['plan']): string {
  const start = `${formatMs(at)} after the start`
  const { from, to } = windowOf(plan)
  if (from === 0 || plan.kind === 'capacity') return start
  if (at < from) return `${start}, in the warm-up`
  return at < to ? `${start}, ${formatMs(at - from)} into the measured window` : `${start}, after the measured window`
}

function adviceFor(group: readonly LostHost[]): string {
  if (group.some(({ why }) => /\bNATS\b/.test(why))) return 'see that NATS stays within reach, and run again'
  return `look at ${group.length === 1 ? `the log of ${group[0]!.host}` : 'their logs'}, and run again`
}
