import { given } from '../../ground/given.ts'
import { formatCount, formatMs, type Milliseconds } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { LimitSettling } from '../../measure/report.ts'

/** What became of a window: how many users there may be from then on, and on which side its signal was. */
export interface Decided {
  /** Time from the start of the run. */
  at: Milliseconds
  users: number
  side: 'slow' | 'fast' | 'near'
}

/** Windows that have to agree. Of so many in a row a climb by a tenth in each has gone far beyond the swing. */
const WINDOWS = 6
/** How far the limit may swing, as a share of its mean, where it has settled; few users swing by two. */
const SWING = 0.2
const FEW = 2

/**
 * Whether the limit of an adaptive run has come to where the latency is what was asked for: its last windows swing
 * little, and not all of them are on one side, unless it stands at one of its ends.
 */
export function settlingOf(decisions: readonly Decided[], maxVus: number): LimitSettling {
  const tail = steadyTail(decisions)
  const last = decisions.at(-1)
  if (last === undefined || decisions.length < WINDOWS)
    return { settled: false, because: `only ${counted(decisions.length, 'window')} came to an end: measure longer` }
  const windows = decisions.slice(-WINDOWS)
  const isAll = (side: Decided['side']) => windows.every(one => one.side === side)
  const isHeld = (users: number) => windows.every(one => one.users === users)
  if (isAll('fast') && !isHeld(maxVus)) return { settled: false, because: 'it still rose at the end: measure longer' }
  if (isAll('slow') && !isHeld(1)) return { settled: false, because: 'it still fell at the end: measure longer' }
  const [least, most] = [Math.min(...tail.map(users)), Math.max(...tail.map(users))]
  if (tail.length < WINDOWS) {
    const [low, high] = [Math.min(...windows.map(users)), Math.max(...windows.map(users))]
    const found = `it went between ${formatCount(low)} and ${formatCount(high)} in the last ${WINDOWS} windows`
    return { settled: false, because: `${found}: measure longer, or give a longer window` }
  }
  const where = least === most ? counted(most, 'user') : `${formatCount(least)} to ${formatCount(most)} users`
  const since = tail[0]!.at
  const end = isAll('fast') ? ', which is maxVus' : isAll('slow') ? ', and one is too many for the latency' : ''
  return given({ settled: true, since, because: `${where} since ${formatMs(since)}${end}` })
}

const users = (one: Decided) => one.users

/** The longest stretch up to the end in which the limit swings little. */
function steadyTail(decisions: readonly Decided[]): readonly Decided[] {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, 0, 0]
  for (let i = decisions.length - 1; i >= 0; i--) {
    const { users } = decisions[i]!
    least = Math.min(least, users)
    most = Math.max(most, users)
    sum += users
    if (most - least > Math.max(FEW, (SWING * sum) / (decisions.length - i))) return decisions.slice(i + 1)
  }
  return decisions
}
