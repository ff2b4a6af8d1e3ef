import { formatMs, formatShare, type Milliseconds } from '../../ground/units.ts'
import { lowered } from '../../ground/words.ts'
import type { Doubt } from '../../measure/report.ts'
import type { Findings } from './doubts.ts'
import { doubtsOfMachine } from './machine-doubts.ts'
import type { HostOfRun } from './pool.ts'

/** Clocks that went apart by less are as good as clocks get. */
const DRIFT: Milliseconds = 5

/** Doubts about the machine under one of several hosts, by its part of the load, and about its clock. */
export function doubtsOfHosts({ hosts = [], measured, plan }: Pick<Findings, 'hosts' | 'measured' | 'plan'>): Doubt[] {
  return hosts.flatMap(host => [...machineOf(host, measured, host.threads / plan.threads), ...driftOf(host)])
}

function machineOf({ host, used }: HostOfRun, measured: Milliseconds, part: number): Doubt[] {
  if (used === undefined) return []
  return doubtsOfMachine({ machine: used.machine, measured }).map(doubt =>
    'share' in doubt && 'longest' in doubt
      ? {
          ...doubt,
          host,
          share: doubt.share * part,
          found: `On ${host}, which had ${formatShare(part)} of the load, ${lowered(doubt.found)}`,
        }
      : doubt,
  )
}

function driftOf({ host, clock: { drift } }: HostOfRun): Doubt[] {
  if (drift === undefined || Math.abs(drift) <= DRIFT) return []
  const found = `The clock of ${host} went ${formatMs(Math.abs(drift))} ${drift > 0 ? 'ahead' : 'behind'} in the run`
  const cause = 'its part of the load began and ended at other moments than that of the others'
  const advice = ['look at its machine and at the network to it (its clock is asked over it), and run again']
  return [{ kind: 'clock drift', host, drift, found, cause, advice }]
}
