import { parseDuration } from '../../src/ground/units.ts'

interface Trouble {
  from: number
  to: number
  /** Moments at which the application is restarted. */
  restarts: readonly number[]
}

export interface SoakPlan {
  duration: number
  rps: number
  /** What is not compared: compilers and heaps have not settled. */
  warmUp: number
  /** Between the first quarter and the last, so that both are of the same peace. */
  trouble: Trouble
  /**
   * Within the warm-up: what failures compile and heaps grow to, they do once. What leaks with each shows all the same,
   * for of these there are far fewer.
   */
  rehearsal: Trouble
}

const SHORTEST = 60_000
const RESTARTS = 3

/** Of the command line: `30m 5000`. */
export function readSoak([time = '10m', rate = '5000']: readonly string[]): SoakPlan {
  const duration = parseDuration(time)
  const rps = Number(rate)
  if (!(duration >= SHORTEST))
    throw new Error(`Failed to soak: "${time}" leaves nothing to compare. Give '1m' or more, such as '30m'.`)
  if (!(rps > 0)) throw new Error(`Failed to soak: "${rate}" is not a rate. Give requests a second, such as 5000.`)
  const warmUp = Math.min(120_000, duration / 10)
  const quarter = (duration - warmUp) / 4
  const from = warmUp + quarter
  const restarts = Array.from({ length: RESTARTS }, (_, n) => from + ((n + 1) * 2 * quarter) / (RESTARTS + 1))
  return {
    ...{ duration, rps, warmUp },
    trouble: { from, to: from + 2 * quarter, restarts },
    rehearsal: { from: warmUp / 4, to: warmUp / 2, restarts: [(warmUp * 3) / 8] },
  }
}
