import { median } from '../target.ts'
import type { Measured } from './rounds.ts'
import type { Sample } from './sample.ts'
import type { WorkloadName } from './workloads.ts'

export function medianOf(measured: Measured, of: (sample: Sample) => number): number {
  return median(measured.samples.flatMap(sample => (sample ? [of(sample)] : [])))
}

/** Median of the quotients of requests/s within each round: what changes from round to round concerns both alike. */
export function ratioOf(a: Measured, b: Measured): number | undefined {
  const ratios = a.samples.flatMap((sample, round) => {
    const other = b.samples[round]
    return sample && other ? [sample.requestsPerSecond / other.requestsPerSecond] : []
  })
  return ratios.length > 0 ? median(ratios) : undefined
}

export function pick(
  all: readonly Measured[],
  workload: WorkloadName,
  generator: string,
  does?: string,
): Measured | undefined {
  return all.find(
    ({ row }) =>
      row.workload.name === workload && row.generator === generator && (does === undefined || row.does === does),
  )
}
