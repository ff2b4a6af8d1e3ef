import { type Decision, LOOKS, look } from '../../src/compare/decision.ts'
import { reachOf, sampleOf } from '../../src/compare/statistics/sample.ts'
import type { Random } from '../../src/ground/random.ts'

export type Tails = 'normal' | 'heavy'

/** Relative deviation of a pair of blocks, and how many of them a launch has: notes of measurements. */
const BLOCK = 0.06
const BLOCKS = 10

/** Student's t with 4 degrees of freedom, which has a deviation of √2: one launch in a hundred is far off. */
function draw(random: Random, tails: Tails): number {
  if (tails === 'normal') return random.normal()
  let squares = 0
  for (let i = 0; i < 4; i++) squares += random.normal() ** 2
  return random.normal() / Math.sqrt(squares / 4) / Math.SQRT2
}

export interface Outcome {
  decision: Decision
  pairs: number
  /** Whether the plain interval of 95 % over all pairs held the true effect. */
  isCovered: boolean
}

/** A comparison of two builds that differ by `effect` (ln), of which two launches differ by `launch` (ln). */
function compareOnce(random: Random, effect: number, launch: number, allowed: number, tails: Tails): Outcome {
  const ofLaunch = Math.SQRT2 * launch
  const ofBlocks = BLOCK / Math.sqrt(BLOCKS)
  const values: number[] = []
  let decision: Decision = 'open'
  for (const at of LOOKS) {
    while (values.length < at.pairs) values.push(effect + draw(random, tails) * ofLaunch + random.normal() * ofBlocks)
    decision = look([{ sample: sampleOf(values), allowed }], at, [decision])[0]!
    if (decision !== 'open') break
  }
  const sample = sampleOf(values)
  const isCovered = Math.abs(sample.mean - effect) <= reachOf(sample, 0.025)
  return { decision, pairs: values.length, isCovered }
}

export function shares(random: Random, times: number, ...of: [number, number, number, Tails]) {
  const outcomes = Array.from({ length: times }, () => compareOnce(random, ...of))
  const share = (has: (outcome: Outcome) => boolean) => (100 * outcomes.filter(has).length) / times
  return {
    fail: share(({ decision }) => decision === 'fail'),
    pass: share(({ decision }) => decision === 'pass'),
    covered: share(({ isCovered }) => isCovered),
    pairs: outcomes.reduce((sum, { pairs }) => sum + pairs, 0) / times,
  }
}
