import { counted } from '../../ground/words.ts'
import { emptySummary, mergeSummaries } from '../../measure/histogram.ts'
import { mergeUsage } from '../../measure/report/usage.ts'
import type { HostFigures, LoadReport, ResourceUsage } from '../../measure/report.ts'
import { countedAnew } from '../../measure/usage-window.ts'
import type { RunFigures } from '../metrics/figures.ts'
import type { Ledger } from '../thread/ledger.ts'
import type { ThreadEnd } from '../thread/protocol.ts'
import type { LostHost } from './lost-hosts.ts'
import { SIDE_BY_SIDE } from './merge.ts'
import type { HostOfRun } from './pool.ts'

type Used = Pick<LoadReport, 'target' | 'targets'>
type Counted = Pick<LoadReport, 'requests' | 'measured'>

/** Figures of each host of a run. Ledgers and ends are those of all threads, by their numbers. */
export function hostFigures(
  hosts: readonly HostOfRun[],
  ledgers: readonly Ledger[],
  ends: readonly ThreadEnd[],
  lost: readonly LostHost[],
): HostFigures[] {
  return hosts.map(({ host, machine, clock, first, threads, used }) => {
    const own = ends.slice(first, first + threads).flatMap(end => (end.state === 'done' ? [end.result] : []))
    const lateness = own.map(({ recorded }) => recorded.lateness).reduce(mergeSummaries, emptySummary())
    const busy = own.flatMap(({ health }) => (health ? [health.eventLoopUtilization] : []))
    const opened = own.map(({ transport }) => transport.counters.opened)
    const generator = used?.generator
    return {
      host,
      threads,
      share: threads / ledgers.length,
      lostAt: lost.find(one => one.host === host)?.at,
      machine,
      clock,
      started: startedOf(ledgers, first, threads),
      lateness: lateness.count > 0 ? lateness.p99 : undefined,
      eventLoopUtilization: busy.length > 0 ? Math.max(...busy) : undefined,
      cpu: isRead(generator, 'cpu') ? generator.cpu : undefined,
      memory: isRead(generator, 'memory') ? generator.memoryPeak : undefined,
      connectionsOpened: own.length > 0 ? sum(opened) : undefined,
    }
  })
}

/** How many iterations each host has begun by now. */
export function startedBy(
  hosts: readonly HostOfRun[],
  ledgers: readonly Ledger[],
  lost: readonly LostHost[],
): NonNullable<RunFigures['hosts']> {
  return hosts.map(({ host, first, threads }) => ({
    host,
    started: startedOf(ledgers, first, threads),
    isLost: lost.some(one => one.host === host),
  }))
}
const GONE = 'no host is left that would say'
const UNKNOWN: ResourceUsage = {
  ...{ memoryPeak: 0, memoryMean: 0, memoryStart: 0, memoryEnd: 0, cpu: 0, cores: 0, samples: 0 },
  of: 'agents',
  missing: { memory: GONE, cpu: GONE },
}

/** Resources of a load generator on several hosts: each figure is that of the host that used most. */
export function generatorOf(hosts: readonly HostOfRun[]): ResourceUsage {
  const all = hosts.flatMap(({ used }) => (used ? [used.generator] : []))
  if (all.length === 0) return UNKNOWN
  return {
    ...all.reduce((a, b) => mergeUsage(a, b, SIDE_BY_SIDE)!),
    of: `the most that one of ${counted(all.length, 'agent')} used`,
  }
}

/**
 * Usage of the application with CPU per request by the requests that threads of other hosts counted in the window.
 * Their reports at its edges are up to half a second old.
 */
export function usageBy<T extends Used>(isElsewhere: boolean, usage: T, { requests, measured }: Counted): T {
  // The length of a window without a complete host is unknown.
  if (!isElsewhere || requests === 0 || measured === 0) return usage
  const counted = (one: ResourceUsage) => countedAnew(one, measured, requests)
  const { target, targets } = usage
  const named = targets && Object.entries(targets).map(([name, one]) => [name, counted(one)])
  return { ...usage, target: target && counted(target), targets: named && Object.fromEntries(named) }
}
const startedOf = (ledgers: readonly Ledger[], first: number, threads: number): number =>
  sum(ledgers.slice(first, first + threads).map(ledger => ledger.whole().started))
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

function isRead(usage: ResourceUsage | undefined, name: string): usage is ResourceUsage {
  return usage !== undefined && usage.samples > 0 && usage.missing?.[name] === undefined
}
