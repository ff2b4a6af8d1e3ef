import type { ArazzoDocument } from '../../document/model.ts'
import type { SideResult, SliceUse } from '../../load/thread/duet/protocol.ts'
import { sourcesOf } from '../../workflow/check-options.ts'
import type { ServerOverride } from '../../workflow/server.ts'
import type { Launch } from '../pair.ts'
import { hodgesLehmann } from '../statistics/signed-rank.ts'

/** Fewest pairs of slices that tell what is typical. */
const LEAST = 8

/**
 * `ln(head / base)` of CPU time per request in a typical slice; undefined with too few slices. The host of a virtual
 * machine takes processors away, and this time counts as CPU time of the running process. It is most of the noise of
 * sums: pairs of launches differed by 1.8 to 4 % (deviation) in their sums, and by 0.6 to 1.5 % in this.
 */
export function typicalChange([base, head]: readonly [SideResult, SideResult]): number | undefined {
  const [of, to] = [base.slices.map(workOf), head.slices.map(workOf)]
  const changes = of.map((cost, slice) => Math.log(to[slice]! / cost)).filter(Number.isFinite)
  return changes.length < LEAST ? undefined : hodgesLehmann(changes)
}

/** CPU time a request. */
const workOf = ({ cpuTime = Number.NaN, asked }: SliceUse) => cpuTime / asked

/**
 * Destination of requests to a launch: what the load test itself says of a source comes first, as a stub that base and
 * head share. One URL for all sources says where the application is, which a launch knows better.
 */
export function serversOf(document: ArazzoDocument, launch: Launch['servers'], own: ServerOverride): Launch['servers'] {
  if (launch === undefined || own === undefined || typeof own === 'string') return launch
  if (typeof launch !== 'string') return { ...launch, ...own }
  const ofSources = [...sourcesOf(document)].map(source => [source, launch])
  return { ...Object.fromEntries(ofSources), ...own }
}
