import type { Capacity, CapacityProbe, LoadReport } from '../../src/measure/report.ts'
import { aReport } from './report.ts'

/** A rate that held for its whole time. */
export const heldProbe = (rate: number, over: Partial<CapacityProbe> = {}): CapacityProbe => ({
  at: 1_000,
  length: 5_000,
  rate,
  achieved: rate,
  iterations: rate * 5,
  latency: 40,
  errorRate: 0,
  held: true,
  isShort: false,
  ranAway: false,
  because: 'p99 40 ms, errors 0 %',
  ...over,
})

/** A rate at which requests piled up. */
export const missedProbe = (rate: number, over: Partial<CapacityProbe> = {}): CapacityProbe =>
  heldProbe(rate, {
    length: 1_200,
    achieved: rate * 0.95,
    latency: 130,
    held: false,
    ranAway: true,
    limitedBy: 'latency',
    because: 'p99 130 ms is over 100 ms (given up after 1.2 s)',
    ...over,
  })

/** A search that found 4,200/s, and that 4,400/s are too many. */
export function aCapacityRun(over: Partial<Capacity> = {}, report: Partial<LoadReport> = {}): LoadReport {
  const missed = missedProbe(4_400)
  const capacity: Capacity = {
    latency: 'p99 < 100 ms',
    errorRate: 0.01,
    to: 1_000_000,
    held: 4_200,
    missed: 4_400,
    hold: 5_000,
    certain: { from: over.held ?? 4_200, to: 'missed' in over ? over.missed : 4_400 },
    limitedBy: 'latency',
    because: missed.because,
    probes: [heldProbe(2_100, { isShort: true }), missed, heldProbe(4_200)],
    ...over,
  }
  return aReport({ shape: { capacity: { latency: 'p99 < 100ms' } }, capacity, ...report })
}
