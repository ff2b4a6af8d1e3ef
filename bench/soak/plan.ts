import { parseBytes, parseDuration } from '../../src/ground/units.ts'

/** A stretch of time in which requests meet bad responses. */
interface Trouble {
  from: number
  to: number
  /** Moments at which the application is restarted. */
  restarts: readonly number[]
  /** Moments from which on it hangs. */
  hangs: readonly number[]
}

export interface SoakPlan {
  duration: number
  rps: number
  /** So few that all of them are busy when the application hangs: more than them there will never be. */
  maxVus: number
  /** What is not compared: compilers and heaps have not settled. */
  warmUp: number
  /** Between the first quarter and the last, so that both are of the same peace. */
  trouble: Trouble
  /**
   * Of all kinds, within the warm-up: users, connections and what failures compile are there once it is over. What
   * leaks with each failure shows all the same, for most of them come later.
   */
  rehearsal: Trouble
  /** Bytes a second that the load thread is made to leak, to see that the bars can be missed. */
  leak: number
}

const SHORTEST = 60_000
const SHORTEST_WARM_UP = 20_000
const LONGEST_WARM_UP = 180_000
const RESTARTS = 3
const HANGS = 2
/** How long the application hangs. */
export const HANG = 2_000

/** Of the command line: `30m 5000`. */
export function readSoak([time = '10m', rate = '5000', leak = '0 B']: readonly string[]): SoakPlan {
  const duration = parseDuration(time)
  const rps = Number(rate)
  if (!(duration >= SHORTEST))
    throw new Error(`Failed to soak: "${time}" leaves nothing to compare. Give '1m' or more, such as '30m'.`)
  if (!(rps > 0)) throw new Error(`Failed to soak: "${rate}" is not a rate. Give requests a second, such as 5000.`)
  const warmUp = Math.min(LONGEST_WARM_UP, Math.max(SHORTEST_WARM_UP, duration / 6))
  const quarter = (duration - warmUp) / 4
  return {
    duration,
    rps,
    warmUp,
    maxVus: Math.ceil(rps / 5),
    leak: parseBytes(leak),
    trouble: troubleBetween(warmUp + quarter, warmUp + 3 * quarter, RESTARTS, HANGS),
    rehearsal: troubleBetween(warmUp / 8, (warmUp * 3) / 4, 1, 2),
  }
}

function troubleBetween(from: number, to: number, restarts: number, hangs: number): Trouble {
  const spread = (count: number, first: number) =>
    Array.from({ length: count }, (_, n) => from + ((n + first) * (to - from)) / (restarts + 1))
  return { from, to, restarts: spread(restarts, 1), hangs: spread(hangs, 0.5) }
}

/** A moment at which memory is looked at, in the words of the table. */
export interface Moment {
  name: string
  at: number
}

/** The first is that of the first reading, the others the end of what they are named by. */
export function momentsOf({ duration, warmUp }: Pick<SoakPlan, 'duration' | 'warmUp'>): Moment[] {
  const quarter = (duration - warmUp) / 4
  return [
    { name: 'start', at: 0 },
    { name: 'warmed up', at: warmUp },
    { name: '1st quarter', at: warmUp + quarter },
    { name: '2nd', at: warmUp + 2 * quarter },
    { name: '3rd', at: warmUp + 3 * quarter },
    { name: 'end', at: duration },
  ]
}
