import type { SideResult, SliceUse } from '../../load/thread/duet/protocol.ts'
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'

/** Fewest pairs of slices that tell what is typical. */
const LEAST = 8

/**
 * `ln(head / base)` of CPU time a request as slices typically have it; undefined where there are too few. What the host
 * of a virtual machine takes from some of them for others counts as CPU time of whatever ran, and is most of the noise
 * of sums: pairs of launches differed by 1.8 to 4 % (deviation) in their sums, by 0.6 to 1.5 in this.
 */
export function typicalChange([base, head]: readonly [SideResult, SideResult]): number | undefined {
  const [of, to] = [base.slices.map(workOf), head.slices.map(workOf)]
  const changes = of.map((cost, slice) => Math.log(to[slice]! / cost)).filter(Number.isFinite)
  return changes.length < LEAST ? undefined : hodgesLehmann(changes)
}

/** CPU time a request. */
const workOf = ({ cpuTime = Number.NaN, asked }: SliceUse) => cpuTime / asked
