import type { Random } from '../src/ground/random.ts'

/** How long answers take, in milliseconds. */
export type Distribution =
  | { kind: 'none' }
  | { kind: 'constant'; length: number }
  | { kind: 'exponential'; mean: number }
  /** Of so many answers a share is slow. */
  | { kind: 'bimodal'; fast: number; slow: number; share: number }
  /** The logarithm is normally distributed about that of the median: a heavy tail. */
  | { kind: 'lognormal'; median: number; sigma: number }

export function delayOf(distribution: Distribution, random: Random): number {
  switch (distribution.kind) {
    case 'none':
      return 0
    case 'constant':
      return distribution.length
    case 'exponential':
      return distribution.mean * random.exponential()
    case 'bimodal':
      return random.next() < distribution.share ? distribution.slow : distribution.fast
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma * random.normal())
  }
}

/** The value that a share `q` of answers does not exceed. */
export function quantileOf(distribution: Distribution, q: number): number {
  switch (distribution.kind) {
    case 'none':
      return 0
    case 'constant':
      return distribution.length
    case 'exponential':
      return -distribution.mean * Math.log(1 - q)
    case 'bimodal':
      return q > 1 - distribution.share ? distribution.slow : distribution.fast
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma * normalQuantile(q))
  }
}

/** Of the standard normal distribution: Abramowitz and Stegun 26.2.23, within 4.5e-4. */
function normalQuantile(q: number): number {
  if (q < 0.5) return -normalQuantile(1 - q)
  const t = Math.sqrt(-2 * Math.log(1 - q))
  const over = 2.515517 + 0.802853 * t + 0.010328 * t ** 2
  return t - over / (1 + 1.432788 * t + 0.189269 * t ** 2 + 0.001308 * t ** 3)
}
