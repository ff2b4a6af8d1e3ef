import { studentAtMost, studentQuantile } from './student.ts'

/** Failures among the requests, or iterations, of one launch. */
export interface Counted {
  failed: number
  of: number
}

/** Failures of base and head by launch, under the same load. */
export interface Rates {
  base: readonly Counted[]
  head: readonly Counted[]
}

/** Student's distribution with so many degrees of freedom is the normal one to four digits. */
const NORMAL = 10_000
/** Steps of a search by halves: in [-1, 1] to 1e-12. */
const HALVES = 41

function totalOf(launches: readonly Counted[]): Counted {
  return launches.reduce(({ failed, of }, launch) => ({ failed: failed + launch.failed, of: of + launch.of }), {
    failed: 0,
    of: 0,
  })
}

/** By how much head's share of failures is above base's. */
export function differenceOfRates(rates: Rates): number {
  const [base, head] = [totalOf(rates.base), totalOf(rates.head)]
  return head.failed / head.of - base.failed / base.of
}

/**
 * How much more launches differ in their failures than chance makes them: Pearson's chi-square of each side by its
 * degrees of freedom, at least 1. Source: P. McCullagh and J. Nelder, Generalized Linear Models, 1989, section 4.5.
 */
function dispersionOf(rates: Rates): { factor: number; freedom: number } {
  let [sum, freedom] = [0, 0]
  for (const launches of [rates.base, rates.head]) {
    const { failed, of } = totalOf(launches)
    if (failed === 0 || failed === of) continue
    const share = failed / of
    for (const launch of launches)
      if (launch.of > 0) sum += (launch.failed - launch.of * share) ** 2 / (launch.of * share * (1 - share))
    freedom += launches.length - 1
  }
  return sum > freedom && freedom > 0 ? { factor: sum / freedom, freedom } : { factor: 1, freedom: NORMAL }
}

/**
 * The two shares that are most likely if head's is `bound` above base's. The likelihood falls on both sides of its
 * maximum, which is found by halves. Source: O. Miettinen and M. Nurminen, Comparative Analysis of Two Rates, 1985.
 */
function restricted(base: Counted, head: Counted, bound: number): [base: number, head: number] {
  const slope = ({ failed, of }: Counted, share: number) =>
    (failed === 0 ? 0 : failed / share) - (failed === of ? 0 : (of - failed) / (1 - share))
  const isBelow = (share: number) => slope(base, share) + slope(head, share + bound) > 0
  const share = searched(isBelow, Math.max(0, -bound), Math.min(1, 1 - bound))
  return [share, share + bound]
}

/** The difference, less `bound`, in standard errors; launches that differ by more than chance enlarge these. */
function scoreOf(rates: Rates, bound: number): { score: number; freedom: number } {
  const [base, head] = [totalOf(rates.base), totalOf(rates.head)]
  const { factor, freedom } = dispersionOf(rates)
  const [ofBase, ofHead] = restricted(base, head, bound)
  const all = base.of + head.of
  const variance = ((ofBase * (1 - ofBase)) / base.of + (ofHead * (1 - ofHead)) / head.of) * (all / (all - 1))
  const above = head.failed / head.of - base.failed / base.of - bound
  if (above === 0) return { score: 0, freedom }
  return { score: above / Math.sqrt(variance * factor), freedom }
}

/** Chance of a difference as large as this one, or larger, if the true one is `bound` (score test of two rates). */
export function chanceOfRates(rates: Rates, bound: number): number {
  const { score, freedom } = scoreOf(rates, bound)
  return 1 - studentAtMost(score, freedom)
}

/** The largest difference that is not refuted at a one-sided level. */
export function mostOfRates(rates: Rates, level: number): number {
  const least = studentQuantile(level, dispersionOf(rates).freedom)
  return searched(bound => scoreOf(rates, bound).score > least)
}

/** The smallest difference that is not refuted at a one-sided level. */
export function leastOfRates(rates: Rates, level: number): number {
  const most = studentQuantile(1 - level, dispersionOf(rates).freedom)
  return searched(bound => scoreOf(rates, bound).score > most)
}

/** Value at which `isBelow` stops to hold. */
function searched(isBelow: (value: number) => boolean, low = -1, high = 1): number {
  for (let step = 0; step < HALVES; step++) {
    const middle = (low + high) / 2
    if (isBelow(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}
