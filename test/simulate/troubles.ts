import type { Milliseconds } from '../../src/ground/units.ts'
import type { Clock } from '../../src/measure/clock.ts'
import type { MakeServer } from './servers.ts'

/**
 * A stretch of time in which something does only this share of what it does else: 0 stands still. From the start of the
 * run.
 */
export interface Trouble {
  from: Milliseconds
  to: Milliseconds
  speed: number
}

/** Longer than any search. */
const LENGTH: Milliseconds = 400_000

export interface Recurring {
  /** Mean time between two, and how long each lasts. */
  every: Milliseconds
  lasts: readonly [from: Milliseconds, to: Milliseconds]
  /** Between 0, standing still, and 1. */
  speed: number
}

/** Troubles that come at random: after gaps that are exponentially distributed. */
export function recurring({ every, lasts: [shortest, longest], speed }: Recurring, random: () => number) {
  const troubles: Trouble[] = []
  let to = 0
  while (to < LENGTH) {
    const from = to - every * Math.log(1 - random())
    to = from + shortest + (longest - shortest) * random()
    troubles.push({ from, to, speed })
  }
  return troubles
}

/** Milliseconds of troubles within a stretch of time. */
export function within(troubles: readonly Trouble[], from: Milliseconds, to: Milliseconds): Milliseconds {
  return troubles.reduce((sum, one) => sum + Math.max(0, Math.min(to, one.to) - Math.max(from, one.from)), 0)
}

/** A server that lives in a time of its own, which runs more slowly, or not at all, while it is in trouble. */
export function troubled(make: MakeServer, troubles: readonly Trouble[]): MakeServer {
  return (clock, random) => make(slowed(clock, troubles), random)
}

function slowed(clock: Clock, troubles: readonly Trouble[]): Clock {
  const began = clock.now()
  /** Where the last reading was: time goes one way only. */
  let [index, lost] = [0, 0]
  const own = (now: Milliseconds) => {
    while (index < troubles.length && troubles[index]!.to <= now) {
      const { from, to, speed } = troubles[index++]!
      lost += (to - from) * (1 - speed)
    }
    const current = troubles[index]
    return now - lost - (current && current.from < now ? (now - current.from) * (1 - current.speed) : 0)
  }
  return {
    now: () => own(clock.now() - began),
    after(delay, callback) {
      let left = delay
      let now = clock.now() - began
      own(now)
      for (let i = index; i < troubles.length && left > 0; i++) {
        const { from, to, speed } = troubles[i]!
        const healthy = Math.max(0, from - now)
        if (left <= healthy) break
        left -= healthy
        now = Math.max(now, from)
        const done = (to - now) * speed
        if (left <= done) return clock.after(now + left / speed - (clock.now() - began), callback)
        left -= done
        now = to
      }
      return clock.after(now + left - (clock.now() - began), callback)
    },
  }
}

/** A clock whose timers come late when they are due while its owner stands still. */
export function paused(clock: Clock, troubles: readonly Trouble[]): Clock {
  const start = clock.now()
  return {
    now: () => clock.now(),
    after(delay, callback) {
      const at = clock.now() - start + delay
      const pause = troubles.find(({ from, to }) => from <= at && at < to)
      return clock.after(pause === undefined ? delay : delay + Math.max(0, pause.to - at), callback)
    },
  }
}
