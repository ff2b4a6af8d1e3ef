import { addCounts, readCounts, startOf } from '../../measure/latency-counts.ts'
import type { HeatData } from '../client/chart-data.ts'
import type { Stretch } from '../drawn.ts'

/** Latencies of each point of time by size; undefined if no iteration ended. */
export function heatOf(stretches: readonly Stretch[]): HeatData | undefined {
  const points = stretches.map(stretch =>
    stretch.reduce(
      (counts, { latencyCounts }) =>
        latencyCounts === undefined ? counts : addCounts(counts, readCounts(latencyCounts)),
      new Map<number, number>(),
    ),
  )
  const buckets = points.flatMap(counts => [...counts.keys()])
  if (buckets.length === 0) return undefined
  const [least, most] = buckets.reduce(([a, b], bucket) => [Math.min(a, bucket), Math.max(b, bucket)], [
    Number.POSITIVE_INFINITY,
    0,
  ] as [number, number])
  return {
    edges: Array.from({ length: most - least + 2 }, (_, i) => Number(startOf(least + i).toPrecision(4))),
    cells: points.map(counts => cellsOf(counts, least)),
  }
}

function cellsOf(counts: ReadonlyMap<number, number>, least: number): number[] {
  if (counts.size === 0) return []
  const [first, last] = [Math.min(...counts.keys()), Math.max(...counts.keys())]
  return [first - least, ...Array.from({ length: last - first + 1 }, (_, i) => counts.get(first + i) ?? 0)]
}
