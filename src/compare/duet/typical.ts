import type { SideResult, SliceUse } from '../../load/thread/duet/protocol.ts'
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'

/** Fewest pairs of slices that tell what is typical. */
const LEAST = 8

/**
 * `ln(head / base)` of CPU time a request as slices typically have it; undefined where there are too few. What the host
 * of a virtual machine takes from some of them for others counts as CPU time of whatever ran, and is most of the noise
 * of their sums: of one build against itself, over 8 s, these differed by 1.9 % (deviation), this by 0.4 %.
 */
export function typicalChange([base, head]: readonly [SideResult, SideResult]): number | undefined {
  const [of, to] = [base.slices.map(costOf), head.slices.map(costOf)]
  const changes = of.map((cost, slice) => Math.log(to[slice]! / cost)).filter(Number.isFinite)
  return changes.length < LEAST ? undefined : hodgesLehmann(changes)
}

const costOf = ({ cpuTime = Number.NaN, asked }: SliceUse) => cpuTime / asked
