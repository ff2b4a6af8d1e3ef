import type { Random } from '../../ground/random.ts'
import type { Milliseconds } from '../../ground/units.ts'

/** A length of time that may be drawn anew each time. Plain data. */
export type Pause =
  | { kind: 'fixed'; length: Milliseconds }
  /** Any of a range, all alike. */
  | { kind: 'uniform'; from: Milliseconds; to: Milliseconds }
  /** The normal distribution, with what is below zero taken for zero. */
  | { kind: 'normal'; mean: Milliseconds; deviation: Milliseconds }

export function drawPause(pause: Pause, random: Random): Milliseconds {
  switch (pause.kind) {
    case 'fixed':
      return pause.length
    case 'uniform':
      return pause.from + (pause.to - pause.from) * random.next()
    case 'normal':
      return Math.max(0, pause.mean + pause.deviation * random.normal())
  }
}
