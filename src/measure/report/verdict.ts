import { type Kind, list, number, type Of, object, oneOf, optional, text } from '../kinds.ts'
import type { Doubt } from './doubt.ts'

const ends = { lower: optional(number), upper: optional(number) }

export const VERDICTS = ['pass', 'fail', 'inconclusive'] as const
export const DOUBTED = list(object({ kind: text as Kind<Doubt['kind'] | 'own delay' | 'failures', false>, ...ends }))

const JUDGED = {
  /** What was measured. */
  value: number,
  /** Bound that the value is held against. */
  bound: number,
  /** By which share of the bound the value is above it, below it where negative; absent where the bound is 0. */
  margin: optional(number),
  /**
   * Lower end of the range in which the value would lie without the doubts, and with as many samples as one likes (95 %
   * confidence). An end that is absent is not known. Where both keep to the bound, or neither does, the verdict is
   * certain.
   */
  lower: optional(number),
  /** Upper end of that range. */
  upper: optional(number),
  /** The doubts that touch the value, and between which values it would lie without each. */
  doubts: DOUBTED,
}

/** What a verdict was made by, in the metric's own unit: milliseconds, a second, shares of one, bytes. */
export interface Judged extends Of<typeof JUDGED> {}

const VERDICT = {
  /** `p99`, `steps.login.p99`, `memory`. */
  budget: text,
  /** `p99 <= 100 ms`. */
  title: text,
  /** The value as text with its unit: `87.2 ms`; `no data` when there is none. */
  value: text,
  /** `inconclusive`: what was measured does not tell. */
  verdict: oneOf(...VERDICTS),
  /** One or more sentences, worded from the parts: what was seen, why, what to do. Empty for a pass. */
  because: text,
  /**
   * Figures that belong next to a value that misses its bound: `65 % over; service time 198 ms: …`. Next to an error
   * rate that keeps to its bound: the upper limit of so few (95 % confidence), if that is above the bound.
   */
  aside: optional(text),
  /**
   * Sentences: why there are no data, why it decides nothing, or where to look; absent in results of versions before
   * it.
   */
  why: optional(list(text)),
  /** A footnote: doubts that touch the value and do not change the verdict, with what it would be without them. */
  note: optional(text),
  /** Figures behind the verdict; absent where there are no data. */
  judged: optional(object(JUDGED)),
}

/** One budget, judged. */
export interface Verdict extends Of<typeof VERDICT> {}

export const verdict = object(VERDICT)
